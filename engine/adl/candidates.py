"""The positions that auto-deleveraging may ask: by market and side, and as arrays."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crashsim.engine.arrays import Flags, Floats, Indices
from crashsim.engine.state.state import State


def key_code(market: int, is_long: bool) -> int:
    """A key, whose positions are asked, as one number: its market's index and its side."""
    return 2 * market + is_long


def key_codes(market: Indices, is_long: Flags) -> Indices:
    """The codes of many keys, (n,)."""
    return 2 * market + is_long


@dataclass(frozen=True, slots=True)
class Candidates:
    """Candidates of several keys, arrays (n,), key by key, and in the order of unit ids.

    place: index into the sorted keys. tie: that order as a number, for absorbers too.
    """

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
        """These candidates and those, key by key in the order of their ties."""
        pairs = zip(self._columns(), more._columns(), strict=True)
        both = Candidates(*(np.concatenate(pair) for pair in pairs))
        return both.take(np.lexsort((both.tie, both.place)))

    def _columns(self) -> list[NDArray[Any]]:
        return [self.place, self.row, self.market, self.size, self.entry, self.tie]


_NOBODY = np.zeros(0, dtype=np.intp)


class SideRows:
    """Rows of each market and side. Units never open positions, so a row's side never changes.

    A list is shortened once half of its rows are closed. The best entry of a side is that of the
    row that would be the last to be in profit; while even that one is not, nobody is.
    """

    def __init__(self, state: State) -> None:
        self._state = state
        code = key_codes(state.row_market, state.size > 0)
        order = np.argsort(code, kind="stable")
        bounds = np.searchsorted(code[order], np.arange(2 * len(state.markets) + 1))
        self._parts = [order[bounds[i] : bounds[i + 1]] for i in range(bounds.size - 1)]
        self._best_entry = [self._best(code, part) for code, part in enumerate(self._parts)]

    def _best(self, code: int, rows: Indices) -> float:
        entry = self._state.entry[rows]
        is_long = code % 2 == 1
        return float(entry.min(initial=np.inf) if is_long else entry.max(initial=-np.inf))

    def may_profit(self, code: int, prices: list[float]) -> bool:
        """Whether any open position of this key may be in profit at these marks, (M,)."""
        best, mark = self._best_entry[code], prices[code // 2]
        return best < mark if code % 2 == 1 else best > mark

    def open_rows(self, codes: Sequence[int]) -> tuple[Indices, Indices]:
        """The open rows of these keys, key by key and ascending: place of the key, and row."""
        if not codes:
            return _NOBODY, _NOBODY
        parts = [self._parts[code] for code in codes]
        row = np.concatenate(parts)
        is_open = self._state.size[row] != 0.0
        counts = np.array([part.size for part in parts], dtype=np.intp)
        place = np.repeat(np.arange(len(codes), dtype=np.intp), counts)
        row, place = row[is_open], place[is_open]
        self._shorten(codes, row, np.bincount(place, minlength=len(codes)), counts)
        return place, row

    def _shorten(self, codes: Sequence[int], row: Indices, left: Indices, counts: Indices) -> None:
        """Keep the rows that are left of those keys of which half are closed."""
        ends = np.cumsum(left)
        for i in np.flatnonzero(2 * left < counts).tolist():
            rows = row[ends[i] - left[i] : ends[i]].copy()
            self._parts[codes[i]] = rows
            self._best_entry[codes[i]] = self._best(codes[i], rows)
