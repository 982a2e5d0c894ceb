"""Pure array arithmetic: the replay and its rules."""
