"""Finding the units below maintenance margin at each step (rule 3), densely or pruned.

The pruned search skips a unit for a block of steps when a lower bound of its health proves that it
cannot meet the trigger there. Health is concave in each price (margin tables are convex), so each
position is bounded by the worse end of its market's range in the block. Blocks are nested, and a
unit that an event changed is always evaluated until its block is searched again.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from crashsim.engine.arrays import Flags, Floats, Indices, sum_by
from crashsim.engine.state.collateral import LotsOf
from crashsim.engine.state.margin import MarginTables
from crashsim.engine.state.state import State

BLOCK_STEPS = (900, 90, 10)
SAFETY_FRAC = 1e-9  # of gross: what rounding may move the bound


@dataclass(frozen=True, slots=True)
class Health:
    """Equity and maintenance margin of some units at one moment, arrays (n,) in USD."""

    units: Indices
    equity_usd: Floats
    mm_usd: Floats


class Search(Protocol):
    """A way to evaluate every unit that might meet the trigger at a step."""

    def evaluate(self, step: int, mark: Floats) -> Health:
        """Units, ascending, that hold a position; at least all that meet the trigger."""
        ...

    def touch(self, units: Indices) -> None:
        """These units changed."""
        ...

    def restart(self) -> None:
        """Every unit may have changed."""
        ...


class RowsOf:
    """The rows of some units, gathered once for several evaluations."""

    def __init__(self, state: State, tables: MarginTables, units: Indices) -> None:
        self.units = units
        self._state = state
        self._tables = tables
        self._rows = state.expand(units)
        self._lots = LotsOf(state.collateral, units)
        self._market = state.row_market[self._rows]
        self._entry = state.entry[self._rows]
        self._local = state.owners(units)

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

    def sums(self, mark: Floats) -> dict[str, Floats]:
        """Per unit at marks (M,): equity, cash, mm, unit_notional and unit_upnl, USD, (n,) each."""
        size = self._state.size[self._rows]
        price = mark[self._market]
        notional = np.abs(size) * price
        upnl = self._sum(size * (price - self._entry))
        cash = self._state.cash[self.units]
        return {
            "equity": cash + upnl + self._lots.value_usd(mark),
            "cash": cash,
            "mm": self._sum(self._tables.many(self._market, notional)),
            "unit_notional": self._sum(notional),
            "unit_upnl": upnl,
        }

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


class DenseSearch:
    """Every unit at every step: the oracle of the pruned search."""

    def __init__(self, state: State, tables: MarginTables) -> None:
        has_rows = np.diff(state.unit_first_row) > 0
        self._rows = RowsOf(state, tables, np.flatnonzero(has_rows))

    def evaluate(self, step: int, mark: Floats) -> Health:
        """All units that ever held a position."""
        return self._rows.health(mark)

    def touch(self, units: Indices) -> None:
        """Nothing to note: all units are evaluated anyway."""

    def restart(self) -> None:
        """Nothing to note: all units are evaluated anyway."""


class _Level:
    """One block length: its candidates, and the units touched since they were found."""

    def __init__(self, steps: int, units: int) -> None:
        self.steps = steps
        self.end = 0  # first step beyond the present block
        self.pool = np.zeros(units, dtype=bool)


class PrunedSearch:
    """Nested blocks of steps; only what might breach in the outer one is searched in the inner."""

    def __init__(self, state: State, tables: MarginTables, marks: Floats) -> None:
        self._state = state
        self._tables = tables
        self._marks = marks
        self._all = np.diff(state.unit_first_row) > 0
        self._levels = [_Level(steps, self._all.size) for steps in BLOCK_STEPS]
        self._rows: RowsOf | None = None

    def evaluate(self, step: int, mark: Floats) -> Health:
        """Units that may breach in the innermost block, and those touched since."""
        self._descend(step)
        if self._rows is None:
            self._rows = RowsOf(self._state, self._tables, np.flatnonzero(self._levels[-1].pool))
        return self._rows.health(mark)

    def touch(self, units: Indices) -> None:
        """Evaluate these units until their blocks are searched again."""
        if not self._levels[-1].pool[units].all():
            self._rows = None
        for level in self._levels:
            level.pool[units] = self._all[units]

    def restart(self) -> None:
        """Search every block again, from all units."""
        for level in self._levels:
            level.end = 0

    def _descend(self, step: int) -> None:
        above = self._all
        outer_end = self._marks.shape[0]
        for level in self._levels:
            if step >= level.end:
                level.end = min(step + level.steps, outer_end)
                self._search(level, above, step)
                self._rows = None
            outer_end = level.end
            above = level.pool

    def _search(self, level: _Level, above: Flags, step: int) -> None:
        block = self._marks[step : level.end]
        rows = RowsOf(self._state, self._tables, np.flatnonzero(above))
        breach = rows.may_breach(block.min(axis=0), block.max(axis=0))
        level.pool = np.zeros_like(above)
        level.pool[rows.units[breach]] = True
