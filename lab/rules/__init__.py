"""The rules that a run is given by name: found, and made ready."""
