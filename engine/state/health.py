"""Equity and maintenance margin of units at given marks, many at once."""

from dataclasses import dataclass

import numpy as np

from crashsim.engine.arrays import Flags, Floats, Indices, Lazily, sum_by
from crashsim.engine.state.collateral import LotsOf
from crashsim.engine.state.margin import MarginTables
from crashsim.engine.state.state import State

SAFETY_FRAC = 1e-9  # of gross: what rounding may move the bound of a block


@dataclass(frozen=True, slots=True)
class Health:
    """Equity and maintenance margin of some units at one moment, arrays (n,) in USD."""

    units: Indices
    equity_usd: Floats
    mm_usd: Floats


class RowsOf:
    """The rows of some units, gathered once for several evaluations."""

    def __init__(self, state: State, tables: MarginTables, units: Indices) -> None:
        self.units = units
        self._state = state
        self._tables = tables
        self._lots = LotsOf(state.collateral, units)
        # All rows are read where they lie; those of some units are gathered.
        is_all = units.size == state.cash.size
        self._rows = slice(None) if is_all else state.expand(units)
        self._market = state.row_market[self._rows]
        self._entry = state.entry[self._rows]
        self._local = state.row_unit if is_all else state.owners(units)

    def _sum(self, values: Floats) -> Floats:
        return sum_by(self._local, values, self.units.size)

    def health(self, mark: Floats) -> Health:
        """Health at marks (M,)."""
        if not self.units.size:
            return Health(self.units, np.zeros(0), np.zeros(0))
        size = self._state.size[self._rows]
        price = mark[self._market]
        mm = self._tables.many(self._market, np.abs(size) * price)
        equity = self._state.cash[self.units] + self._sum(size * (price - self._entry))
        equity += self._lots.value_usd(mark)
        return Health(self.units, equity, self._sum(mm))

    def sums(self, mark: Floats) -> Lazily[Floats]:
        """Per unit at marks (M,): equity, cash, mm, unit_notional and unit_upnl, USD, (n,) each.

        Each is summed when it is read, which has to be before the state changes.
        """
        size = self._state.size[self._rows]
        price = mark[self._market]
        cash = self._state.cash[self.units]
        return Lazily(
            {
                "equity": lambda sums: cash + sums["unit_upnl"] + self._lots.value_usd(mark),
                "cash": lambda _: cash,
                "mm": lambda _: self._sum(self._tables.many(self._market, np.abs(size) * price)),
                "unit_notional": lambda _: self._sum(np.abs(size) * price),
                "unit_upnl": lambda _: self._sum(size * (price - self._entry)),
            }
        )

    def may_breach(self, low: Floats, high: Floats) -> Flags:
        """Whether each unit might meet the trigger while marks stay within low..high, (M,) each."""
        size = self._state.size[self._rows]
        qty = np.abs(size)
        worst = np.minimum(
            self._position_health(size, qty, low), self._position_health(size, qty, high)
        )
        bound = self._state.cash[self.units] + self._sum(worst) + self._lots.value_usd(low)
        gross = self._sum(qty * high[self._market])
        return (gross > 0.0) & ~(bound > SAFETY_FRAC * gross)

    def _position_health(self, size: Floats, qty: Floats, mark: Floats) -> Floats:
        price = mark[self._market]
        return size * (price - self._entry) - self._tables.many(self._market, qty * price)
