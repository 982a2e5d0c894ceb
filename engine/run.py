"""What every rule of a replay works on: the state, the venue's rules and the journal."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from crashsim.engine.adl.scores import Score
from crashsim.engine.arrays import Flags
from crashsim.engine.record.events import Events
from crashsim.engine.sharing import Rule
from crashsim.engine.state.margin import MarginTables
from crashsim.engine.state.state import State
from crashsim.scenarios.models.venue import Venue


@dataclass(slots=True)
class Run:
    """One replay under way.

    due_since_ms, due_last_step: (U,) the present unbroken run of steps in which rule 5 found the
    unit due for ADL. deficit_noted: (U,) its deficit is counted already.
    """

    state: State
    venue: Venue
    tables: MarginTables
    score: Score
    sharing: Rule
    seed: int
    due_since_ms: NDArray[np.int64]
    due_last_step: NDArray[np.int64]
    deficit_noted: Flags
    last_fill_ms: dict[int, int] = field(default_factory=dict)  # by row: its last fill on the book
    haircut_pool_usd: float = 0.0  # losses still to be taken from withdrawals
    charged_units: set[int] = field(default_factory=set)  # for losses of the last step
    events: Events = field(default_factory=Events)

    @property
    def nets_debt(self) -> bool:
        """Whether money that comes to an account repays its debt first."""
        return self.venue.loss.deposits == "net"

    def meets_trigger(self, equity_usd: float, mm_usd: float) -> bool:
        """The liquidation trigger of rule 3."""
        if self.venue.liquidation.trigger == "below":
            return equity_usd < mm_usd
        return equity_usd <= mm_usd

    def is_due(self, equity_usd: float, mm_usd: float) -> bool:
        """Whether a unit that nobody takes over goes on to ADL: bankrupt, or close to it."""
        return equity_usd <= 0.0 or equity_usd < self.venue.adl.below_mm_fraction * mm_usd
