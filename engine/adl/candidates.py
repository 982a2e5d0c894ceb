"""The positions that auto-deleveraging may ask: by market and side, and as arrays."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crashsim.engine.arrays import Floats, Indices
from crashsim.engine.state.state import State


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """A market index and a side (+1 long, -1 short): whose positions are asked."""

    market: int
    side: int

    @property
    def code(self) -> int:
        """Its index where there is one for each market and side."""
        return 2 * self.market + (self.side < 0)


@dataclass(frozen=True, slots=True)
class Candidates:
    """Candidates of several keys, arrays (n,). `place` is the index into the sorted keys."""

    place: Indices
    row: Indices
    market: Indices
    size: Floats
    entry: Floats
    tie: Floats

    def take(self, keep: Indices | slice) -> "Candidates":
        """The candidates at these indices."""
        return Candidates(*(column[keep] for column in self._columns()))

    def with_more(self, more: "Candidates") -> "Candidates":
        """These candidates and those, key by key, those after these."""
        pairs = zip(self._columns(), more._columns(), strict=True)
        both = Candidates(*(np.concatenate(pair) for pair in pairs))
        return both.take(np.argsort(both.place, kind="stable"))

    def _columns(self) -> list[NDArray[Any]]:
        return [getattr(self, column.name) for column in fields(self)]


_NOBODY = np.zeros(0, dtype=np.intp)


class SideRows:
    """Rows of each market and side. Units never open positions, so a row's side never changes.

    A list is shortened once half of its rows are closed. The best entry of a side is that of the
    row that would be the last to be in profit; while even that one is not, nobody is.
    """

    def __init__(self, state: State) -> None:
        self._state = state
        code = 2 * state.row_market + (state.size < 0)
        order = np.argsort(code, kind="stable")
        bounds = np.searchsorted(code[order], np.arange(2 * len(state.markets) + 1))
        self._parts = [order[bounds[i] : bounds[i + 1]] for i in range(bounds.size - 1)]
        self._best_entry = [self._best(part, i % 2 == 1) for i, part in enumerate(self._parts)]

    def _best(self, rows: Indices, is_short: bool) -> float:
        entry = self._state.entry[rows]
        return float(entry.max(initial=-np.inf) if is_short else entry.min(initial=np.inf))

    def may_profit(self, key: Key, mark: float) -> bool:
        """Whether any open position of this side may be in profit at this mark."""
        best = self._best_entry[key.code]
        return best > mark if key.side < 0 else best < mark

    def open_rows(self, keys: Sequence[Key], prices: list[float] | None) -> tuple[Indices, Indices]:
        """The place of the key and the row of their open positions, key by key and ascending.

        prices: marks (M,), to leave out the sides of which nobody can be in profit.
        """
        parts = [
            self._parts[key.code]
            if prices is None or self.may_profit(key, prices[key.market])
            else _NOBODY
            for key in keys
        ]
        row = np.concatenate([_NOBODY, *parts])
        is_open = self._state.size[row] != 0.0
        counts = np.array([part.size for part in parts], dtype=np.intp)
        place = np.repeat(np.arange(len(keys), dtype=np.intp), counts)
        row, place = row[is_open], place[is_open]
        self._shorten(keys, row, np.bincount(place, minlength=len(keys)), counts)
        return place, row

    def _shorten(self, keys: Sequence[Key], row: Indices, left: Indices, counts: Indices) -> None:
        """Keep the rows that are left of those keys of which half are closed."""
        ends = np.cumsum(left)
        for i in np.flatnonzero(2 * left < counts).tolist():
            rows = row[ends[i] - left[i] : ends[i]].copy()
            self._parts[keys[i].code] = rows
            self._best_entry[keys[i].code] = self._best(rows, keys[i].side < 0)
