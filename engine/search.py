"""Finding the units below maintenance margin at each step (rule 3), densely or pruned.

The pruned search skips a unit for a block of steps when a lower bound of its health proves that it
cannot meet the trigger there. Health is concave in each price (margin tables are convex), so each
position is bounded by the worse end of its market's range in the block. Blocks are nested, and a
unit that an event changed is always evaluated until its block is searched again.
"""

from typing import Protocol

import numpy as np

from crashsim.engine.arrays import Flags, Floats, Indices
from crashsim.engine.state.health import Health, RowsOf
from crashsim.engine.state.margin import MarginTables
from crashsim.engine.state.state import State

_SHORTEST, _DEEPER = 10, 9  # steps of the innermost block, and how many of one fill the next


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

    def quiet_until(self, step: int) -> int:
        """A step, this one or later, before which no unit meets the trigger if none changes."""
        ...


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

    def quiet_until(self, step: int) -> int:
        """This step: every one is looked at."""
        return step


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
        self._levels = [_Level(steps, self._all.size) for steps in _block_steps(len(marks))]
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

    def quiet_until(self, step: int) -> int:
        """The end of the longest present block in which nobody is a candidate."""
        self._descend(step)
        empty = (level.end for level in self._levels if not level.pool.any())
        return step if self._levels[-1].pool.any() else next(empty)

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


def _block_steps(steps: int) -> list[int]:
    """Lengths of nested blocks for a tape of so many steps, the longest first."""
    lengths = [_SHORTEST]
    while lengths[-1] < steps:
        lengths.append(lengths[-1] * _DEEPER)
    return lengths[::-1]
