"""The positions that auto-deleveraging may ask, as arrays."""

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crashsim.engine.arrays import Floats, Indices


@dataclass(frozen=True, slots=True)
class Candidates:
    """Candidates of several keys, arrays (n,). `place` is the index into the sorted keys."""

    place: Indices
    row: Indices
    market: Indices
    size: Floats
    entry: Floats
    tie: Floats

    def take(self, keep: Indices) -> "Candidates":
        """The candidates at these indices."""
        return Candidates(*(column[keep] for column in self._columns()))

    def with_more(self, more: "Candidates") -> "Candidates":
        """These candidates, then those."""
        pairs = zip(self._columns(), more._columns(), strict=True)
        return Candidates(*(np.concatenate(pair) for pair in pairs))

    def _columns(self) -> list[NDArray[Any]]:
        return [getattr(self, column.name) for column in fields(self)]
