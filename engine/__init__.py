"""Pure array arithmetic: the replay and its rules."""

from crashsim.engine.record.outcome import Outcome
from crashsim.engine.replay import replay

__all__ = ["Outcome", "replay"]
