"""The exceptions of the engine."""

from collections.abc import Iterable
from difflib import get_close_matches


class PolicyError(ValueError):
    """A ranking or sharing rule is unknown or cannot be understood; the message says what is."""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """` (did you mean "x"?)` for the nearest known word, or nothing."""
    near = get_close_matches(word, list(known), n=1, cutoff=0.75)
    return f' (did you mean "{near[0]}"?)' if near else ""


class ConservationError(Exception):
    """Money or positions appeared or vanished in a replay: a bug, never the user's input."""
