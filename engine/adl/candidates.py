"""The positions that auto-deleveraging may ask, as arrays."""

from dataclasses import dataclass

import numpy as np

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
        return Candidates(
            self.place[keep],
            self.row[keep],
            self.market[keep],
            self.size[keep],
            entry=self.entry[keep],
            tie=self.tie[keep],
        )

    def with_more(self, more: "Candidates") -> "Candidates":
        """These candidates, then those."""
        return Candidates(
            np.concatenate([self.place, more.place]),
            np.concatenate([self.row, more.row]),
            np.concatenate([self.market, more.market]),
            np.concatenate([self.size, more.size]),
            entry=np.concatenate([self.entry, more.entry]),
            tie=np.concatenate([self.tie, more.tie]),
        )
