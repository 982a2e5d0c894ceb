"""What each account had after any step of a replay: cash and sizes, kept as the changes made.

A run changes few units a step, so the changes are small beside a full state for every step, and
nothing has to be worked out again from the fills.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from crashsim.data.schema import Tape
from crashsim.engine.arrays import Flags, Floats, Indices, sum_by
from crashsim.engine.state.state import State


@dataclass(frozen=True, slots=True)
class Changes:
    """A vector (n,) over time: what it was before the first step, and every change since.

    code: (c,) int64, ascending, `place * steps + step`; value: (c,) after that step.
    """

    start: Floats
    code: Indices
    value: Floats
    steps: int

    def after(self, place: Indices, step: Indices) -> Floats:
        """The values of these places after these steps, (q,) each; step -1 is before the first."""
        if not self.code.size:
            return self.start[place]
        at = np.searchsorted(self.code, place * self.steps + step, side="right") - 1
        changed = (at >= 0) & (self.code[at] // self.steps == place)
        return np.where(changed, self.value[at], self.start[place])


@dataclass(frozen=True, slots=True)
class Worth:
    """What some accounts had at some moments, all their units together; arrays (q,) in USD."""

    equity_usd: Floats
    upnl_usd: Floats
    notional_usd: Floats


@dataclass(frozen=True, slots=True)
class EquityPath:
    """Everything needed to value any account after any step.

    accounts: (N,) ids, ascending. first_unit: (N + 1,) units of account n are first_unit[n] :
    first_unit[n + 1]; first_row: (N + 1,) its position rows likewise, first_lot: (N + 1,) its lots
    of collateral. Row and lot arrays name their market; an entry price never changes.
    """

    accounts: Sequence[str]
    first_unit: Indices
    first_row: Indices
    first_lot: Indices
    row_market: Indices
    row_entry: Floats
    lot_market: Indices
    lot_weight: Floats
    cash: Changes
    size: Changes
    lot_qty: Changes

    def places(self, accounts: Sequence[str]) -> Indices:
        """Indices of these account ids, (q,). Raises KeyError for an id that is not there."""
        index = {account: n for n, account in enumerate(self.accounts)}
        return np.array([index[account] for account in accounts], dtype=np.intp)

    def worth(self, tape: Tape, account: Indices, after: Indices, at: Indices) -> Worth:
        """What accounts had after step `after`, at the marks of step `at`; all (q,).

        With after = k - 1 and at = k this is what they had when step k began.
        """
        asked, unit = _expand(self.first_unit, account)
        equity = sum_by(asked, self.cash.after(unit, after[asked]), account.size)
        asked, row = _expand(self.first_row, account)
        market = self.row_market[row]
        size = self.size.after(row, after[asked])
        mark = np.nan_to_num(tape.mark[at[asked], market], nan=1.0)
        upnl = sum_by(asked, size * (mark - self.row_entry[row]), account.size)
        notional = sum_by(asked, np.abs(size) * mark, account.size)
        return Worth(equity + upnl + self._collateral_usd(tape, account, after, at), upnl, notional)

    def _collateral_usd(
        self, tape: Tape, account: Indices, after: Indices, at: Indices
    ) -> Floats | float:
        if not self.lot_market.size:
            return 0.0
        asked, lot = _expand(self.first_lot, account)
        price = self.lot_weight[lot] * tape.mark[at[asked], self.lot_market[lot]]
        return sum_by(asked, self.lot_qty.after(lot, after[asked]) * price, account.size)


def _expand(first: Indices, account: Indices) -> tuple[Indices, Indices]:
    """For each member of each account: which question it belongs to, and its index."""
    counts = first[account + 1] - first[account]
    asked = np.repeat(np.arange(account.size, dtype=np.intp), counts)
    offsets = np.repeat(first[account] - (np.cumsum(counts) - counts), counts)
    return asked, offsets + np.arange(asked.size, dtype=np.intp)


class _Journal:
    """The changes of one vector while a replay runs."""

    def __init__(self, values: Floats) -> None:
        self._start = values.copy()
        self._last = values.copy()
        self._places: list[Indices] = []
        self._values: list[Floats] = []
        self._steps: list[int] = []

    def note(self, step: int, places: Indices, values: Floats) -> None:
        """Keep those of these values that differ from the last ones."""
        changed: Flags = self._last[places] != values
        if changed.any():
            self._last[places[changed]] = values[changed]
            self._places.append(places[changed])
            self._values.append(values[changed])
            self._steps.append(step)

    def changes(self, steps: int) -> Changes:
        """All of them, in the order that lookups need."""
        if not self._places:
            return Changes(self._start, np.zeros(0, dtype=np.intp), np.zeros(0), steps)
        counts = [places.size for places in self._places]
        code = np.concatenate(self._places) * steps + np.repeat(self._steps, counts)
        order = np.argsort(code, kind="stable")
        return Changes(self._start, code[order], np.concatenate(self._values)[order], steps)


class PathRecorder:
    """Follows the state of a running replay."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._everyone = np.arange(state.cash.size, dtype=np.intp)
        self._lots = np.arange(state.collateral.qty.size, dtype=np.intp)
        self._cash = _Journal(state.cash)
        self._size = _Journal(state.size)
        self._lot_qty = _Journal(state.collateral.qty)

    def note(self, step: int, units: Indices | None) -> None:
        """Note the state of these units after a step; None: of all, any may have changed."""
        state = self._state
        units = self._everyone if units is None else units
        rows = state.expand(units)
        self._cash.note(step, units, state.cash[units])
        self._size.note(step, rows, state.size[rows])
        if self._lots.size:
            self._lot_qty.note(step, self._lots, state.collateral.qty)

    def path(self, steps: int) -> EquityPath:
        """The path of a finished replay over this many steps."""
        state = self._state
        accounts = np.arange(len(state.accounts) + 1, dtype=np.intp)
        first_unit = np.searchsorted(state.unit_account, accounts)
        return EquityPath(
            accounts=tuple(state.accounts),
            first_unit=first_unit,
            first_row=state.unit_first_row[first_unit],
            first_lot=np.searchsorted(state.unit_account[state.collateral.unit], accounts),
            row_market=state.row_market,
            row_entry=state.entry,
            lot_market=state.collateral.market,
            lot_weight=state.collateral.weight,
            cash=self._cash.changes(steps),
            size=self._size.changes(steps),
            lot_qty=self._lot_qty.changes(steps),
        )
