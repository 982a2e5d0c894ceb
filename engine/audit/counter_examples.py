"""What an audit finds of a rule: for each property in how many books it was broken, and one."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import polars as pl

Trial = TypeVar("Trial")

# A change that is not rounding, as a fraction of the amounts compared.
TOLERANCE_FRAC = 1e-6


@dataclass(frozen=True)
class Example:
    """A counter-example. before, after: the book as given and as changed (None: not changed)."""

    sentence: str
    before: pl.DataFrame
    after: pl.DataFrame | None


@dataclass(frozen=True)
class Finding:
    """One property: in how many of the books tried it was broken, and the first such book."""

    name: str
    question: str
    tried: int
    broken: int
    example: Example | None

    @property
    def holds(self) -> bool:
        """Whether no book broke it."""
        return self.broken == 0


@dataclass(frozen=True)
class Property(Generic[Trial]):
    """A property with its question, and what looks for a counter-example in one trial."""

    name: str
    question: str
    check: Callable[[Trial], Example | None]


def search(properties: Sequence[Property[Trial]], trials: Iterable[Trial]) -> list[Finding]:
    """Every property checked in every trial."""
    found = [[each.check(trial) for each in properties] for trial in trials]
    return [
        Finding(
            name=each.name,
            question=each.question,
            tried=len(found),
            broken=len(examples),
            example=examples[0] if examples else None,
        )
        for place, each in enumerate(properties)
        for examples in [[row[place] for row in found if row[place] is not None]]
    ]
