"""L: the units that meet the liquidation trigger in a step, in order of distress."""

from dataclasses import dataclass

import numpy as np

from crashsim.engine.arrays import Flags, Floats, Indices
from crashsim.engine.run import Run
from crashsim.engine.state.health import Health


@dataclass(slots=True)
class Flagged:
    """Units of L ordered by equity / mm, ties by unit id, with their health as it is now, (n,).

    in_list turns false when a unit leaves L; the order is never recomputed within the step.
    """

    units: Indices
    equity_usd: Floats
    mm_usd: Floats
    in_list: Flags

    def remaining(self) -> Indices:
        """Places, in order, of the units still in L."""
        return np.flatnonzero(self.in_list)


NOBODY = Flagged(np.zeros(0, dtype=np.intp), np.zeros(0), np.zeros(0), np.zeros(0, dtype=bool))


def flag(run: Run, health: Health) -> Flagged:
    """Rule 3: the units that meet the trigger, in order of distress."""
    equity, mm = health.equity_usd, health.mm_usd
    meets = equity < mm if run.venue.liquidation.trigger == "below" else equity <= mm
    found = np.flatnonzero(meets)
    if not found.size:
        return NOBODY
    found = found[run.state.holding(health.units[found])]
    equity, mm, units = equity[found], mm[found], health.units[found]
    with np.errstate(divide="ignore", invalid="ignore"):
        distress = np.where(mm > 0.0, equity / mm, -np.inf)
    order = np.lexsort((units, distress))
    return Flagged(units[order], equity[order], mm[order], np.ones(order.size, dtype=bool))
