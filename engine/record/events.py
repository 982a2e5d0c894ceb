"""What a replay records while it runs, as named rows of indices and numbers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import nan
from typing import NamedTuple

import numpy as np

from crashsim.engine.arrays import Floats, Indices


class Closing(NamedTuple):
    """One closing by book, takeover or unwind. account and row are -1 for an unwind."""

    step: int
    market: int
    side: int  # of the position closed
    qty: float
    price: float
    stage: str
    account: int = -1
    row: int = -1
    absorber: int = -1  # counterparty of a takeover, account of an unwind
    bankruptcy_price: float = nan
    fee_usd: float = 0.0


class AdlFill(NamedTuple):
    """One auto-deleveraging fill. Rows are -1 for an absorber, whose index is then given."""

    step: int
    market: int
    winner_row: int
    winner_absorber: int
    loser_row: int
    loser_absorber: int
    side: int  # of the winner's position
    qty: float
    price: float
    bankruptcy_price: float
    rank: int
    score: float
    winner_entry: float


@dataclass(frozen=True, slots=True)
class FillInputs:
    """What the score read for some fills.

    columns: of candidates, (n,) by name. places: theirs, in the order of the fills; a slice of
    everything where each was filled once.
    """

    columns: Mapping[str, Floats]
    places: Indices | slice

    def of(self, name: str) -> Floats:
        """One column, a value for each of these fills."""
        return self.columns[name][self.places]


@dataclass(frozen=True, slots=True)
class Ranked:
    """All candidates of a queue from the top, (n,), and what the score read of them."""

    row: Indices
    size: Floats
    entry: Floats
    tie: Floats
    score: Floats
    inputs: Mapping[str, Floats]


@dataclass(frozen=True, slots=True)
class AdlFillBlock:
    """Fills of one loser against many units, in the order of the ranks.

    A loser may have thousands of counterparties and a queue thousands of losers: what is known of
    the candidates is held once. places: of those that took part, or all;
    qty: theirs.
    """

    step: int
    market: int
    loser_row: int
    loser_absorber: int
    side: int
    price: float
    bankruptcy_price: float
    ranked: Ranked
    places: Indices | slice
    qty: Floats

    @property
    def winner_row(self) -> Indices:
        """Position rows of the winners."""
        return self.ranked.row[self.places]

    @property
    def rank(self) -> Indices:
        """Their ranks, from 1."""
        return np.arange(1, self.ranked.row.size + 1)[self.places]

    @property
    def score(self) -> Floats:
        """Their scores."""
        return self.ranked.score[self.places]

    @property
    def winner_entry(self) -> Floats:
        """Their entry prices."""
        return self.ranked.entry[self.places]


@dataclass(slots=True)
class AdlFills:
    """Single fills and blocks, in the order they came."""

    parts: list[list[AdlFill] | AdlFillBlock] = field(default_factory=list)

    def append(self, fill: AdlFill) -> None:
        """Note one fill."""
        if not self.parts or isinstance(self.parts[-1], AdlFillBlock):
            self.parts.append([])
        singles = self.parts[-1]
        assert isinstance(singles, list)
        singles.append(fill)

    def extend(self, block: AdlFillBlock) -> None:
        """Note a block of fills."""
        self.parts.append(block)


class Shortfall(NamedTuple):
    """One shortfall of rule 8."""

    step: int
    account: int
    shortfall_usd: float
    paid_by_absorbers_usd: float
    carried_usd: float = 0.0
    written_off_usd: float = 0.0
    shared_usd: float = 0.0


class LossShare(NamedTuple):
    """What one account was charged in one step for losses of others."""

    step: int
    account: int
    amount_usd: float


class FlowResult(NamedTuple):
    """What became of one deposit or withdrawal."""

    time_ms: int
    account: int
    kind: str
    amount_usd: float
    credited_usd: float
    to_debt_usd: float
    refused_usd: float


class CollateralSale(NamedTuple):
    """One sale of collateral; asset is its market, price its mark less the haircut."""

    step: int
    account: int
    asset: int
    quantity: float
    price: float
    proceeds_usd: float


@dataclass(slots=True)
class AbsorberColumns:
    """Every absorber after every step, in their order: one value each, step after step."""

    cash_usd: list[float] = field(default_factory=list)
    equity_usd: list[float] = field(default_factory=list)
    notional_usd: list[float] = field(default_factory=list)

    def repeat(self, absorbers: int, steps: int) -> None:
        """The last step's values again, for so many steps."""
        for column in (self.cash_usd, self.equity_usd, self.notional_usd):
            column += column[len(column) - absorbers :] * steps


class TimelineRow(NamedTuple):
    """Totals of one step; quiet_after: how many follow it in which nothing happens."""

    step: int
    liquidated_usd: float
    taken_over_usd: float
    adl_usd: float
    shortfall_usd: float
    debt_usd: float
    units_below_mm: int
    units_bankrupt: int
    platform_cash_usd: float
    quiet_after: int = 0


@dataclass(frozen=True, slots=True)
class Held:
    """What the candidates of some markets and sides held when ADL ranked them, at mark.

    code: (k,) 2 * market, + 1 for longs; capacity_usd: (k,), summed in the order of the rows.
    """

    step: int
    code: Indices
    capacity_usd: Floats


@dataclass(slots=True)
class Events:
    """The journal of a run.

    score_inputs: what the score read, of all ADL fills in their order.
    refusals: by absorber the step of the first takeover that it refused, as it would have crossed
    its floor.
    """

    closings: list[Closing] = field(default_factory=list)
    adl_fills: AdlFills = field(default_factory=AdlFills)
    shortfalls: list[Shortfall] = field(default_factory=list)
    loss_shares: list[LossShare] = field(default_factory=list)
    flows: list[FlowResult] = field(default_factory=list)
    absorbers: AbsorberColumns = field(default_factory=AbsorberColumns)
    timeline: list[TimelineRow] = field(default_factory=list)
    collateral_sales: list[CollateralSale] = field(default_factory=list)
    score_inputs: list[FillInputs] = field(default_factory=list)
    held: list[Held] = field(default_factory=list)
    refusals: dict[int, int] = field(default_factory=dict)
    deficit_usd: float = 0.0

    def note_quiet(self, absorbers: int, steps: int) -> None:
        """So many steps follow in which nothing happens to anybody, these absorbers among them."""
        last = self.timeline[-1]
        self.timeline[-1] = last._replace(quiet_after=last.quiet_after + steps)
        self.absorbers.repeat(absorbers, steps)
