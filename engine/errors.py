"""The exceptions of the engine."""


class PolicyError(ValueError):
    """A ranking or sharing rule is unknown or cannot be understood; the message says what is."""


class ConservationError(Exception):
    """Money or positions appeared or vanished in a replay: a bug, never the user's input."""
