"""The moving state of a replay: units, their positions, debts, absorbers, platform and outside.

A unit is what is margined together: a cross account, or one isolated position. Units never open
positions during a replay, so the rows of a unit are a fixed slice and closing sets a size to 0.
"""

from collections.abc import MutableSequence, Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from crashsim.data.schema import Book, Tape
from crashsim.engine.arrays import Flags, Floats, Indices, dot, scalars, sum_by
from crashsim.engine.state.absorber_state import AbsorberState, by_market, open_absorbers
from crashsim.engine.state.collateral import Collateral, open_collateral
from crashsim.engine.state.shape import shape_of
from crashsim.scenarios.models.venue import Venue


@dataclass(slots=True)
class Outside:
    """The counterparty of every book fill; its cash is kept against an entry price of 0."""

    cash_usd: float
    size: Floats


@dataclass(frozen=True, slots=True)
class Fixed:
    """What never moves, to be read one element at a time as Python numbers."""

    first_row: Sequence[int]
    row_unit: Sequence[int]
    row_market: Sequence[int]
    entry: Sequence[float]
    unit_market: Sequence[int]
    unit_account: Sequence[int]


@dataclass(slots=True)
class State:
    """All that moves, and the fixed shape it moves in. N accounts, U units, P positions, M markets.

    unit_first_row: (U + 1,) rows of unit u are unit_first_row[u] : unit_first_row[u + 1], ordered
    by market. cross_unit: (N,) the cross unit of each account. charged_usd: (U,) losses shared so
    far. size_at, cash_at: size and cash, for reading and writing one element. serving: for each
    market its absorbers, in their order; None where all serve every market.
    absorber_size: (A, M) the sizes of all absorbers, who hold its rows.
    """

    accounts: pl.Series
    markets: tuple[str, ...]
    unit_account: Indices
    unit_market: Indices
    unit_first_row: Indices
    cross_unit: Indices
    row_unit: Indices
    row_market: Indices
    row_opened_ms: Floats
    entry: Floats
    size: Floats
    cash: Floats
    charged_usd: Floats
    funding_usd: Floats
    debt: Floats
    debt_peak: Floats
    collateral: Collateral
    absorbers: list[AbsorberState]
    outside: Outside
    platform_cash_usd: float = 0.0
    debt_touched: set[int] = field(default_factory=set)
    fixed: Fixed = field(init=False)
    size_at: MutableSequence[float] = field(init=False)
    cash_at: MutableSequence[float] = field(init=False)
    serving: list[list[int]] | None = field(init=False)
    absorber_size: Floats = field(init=False)

    def __post_init__(self) -> None:
        shape = (len(self.absorbers), len(self.markets))
        self.absorber_size = np.array([each.size for each in self.absorbers]).reshape(shape)
        for absorber, size in zip(self.absorbers, self.absorber_size, strict=True):
            absorber.size = size
        self.serving = by_market(self.absorbers, len(self.markets))
        self.size_at, self.cash_at = scalars(self.size), scalars(self.cash)
        self.fixed = Fixed(
            first_row=scalars(self.unit_first_row),
            row_unit=scalars(self.row_unit),
            row_market=scalars(self.row_market),
            entry=scalars(self.entry),
            unit_market=scalars(self.unit_market),
            unit_account=scalars(self.unit_account),
        )

    def rows_of(self, unit: int) -> range:
        """Row indices of one unit, open or not."""
        return range(self.fixed.first_row[unit], self.fixed.first_row[unit + 1])

    def has_position(self, unit: int) -> bool:
        """Whether any position of the unit is open."""
        return any(self.size_at[row] for row in self.rows_of(unit))

    def holding(self, units: Indices) -> Flags:
        """Whether each of these units has an open position, (n,)."""
        is_open = self.size[self.expand(units)] != 0.0
        return sum_by(self.owners(units), is_open, units.size) > 0

    def owners(self, units: Indices) -> Indices:
        """For each row of `expand`, the place of its unit among these."""
        counts = self.unit_first_row[units + 1] - self.unit_first_row[units]
        return np.repeat(np.arange(units.size, dtype=np.intp), counts)

    def expand(self, units: Indices) -> Indices:
        """Rows of many units, in the order of the units. Shape (sum of their positions,)."""
        first = self.unit_first_row[units]
        counts = self.unit_first_row[units + 1] - first
        offsets = np.cumsum(counts) - counts
        return np.repeat(first - offsets, counts) + np.arange(int(counts.sum()), dtype=np.intp)

    def holding_absorbers(self) -> list[int]:
        """The absorbers with an open position, in their order; most funds have none most times."""
        if not self.absorbers:
            return []
        return np.flatnonzero(self.absorber_size.any(axis=1)).tolist()

    def absorbers_of(self, market: int | None) -> list[AbsorberState]:
        """The absorbers that serve a market, in their order; of None those that serve every one."""
        if self.serving is None:
            return self.absorbers
        if market is None:
            return [each for each in self.absorbers if each.serves is None]
        return [self.absorbers[i] for i in self.serving[market]]

    def account_name(self, unit: int) -> str:
        """Account id of a unit."""
        name: str = self.accounts[self.fixed.unit_account[unit]]
        return name


def open_state(tape: Tape, book: Book, venue: Venue) -> State:
    """The state before the first step. Frames are as `data.schema` documents them, in any order."""
    shape = shape_of(book, tape.markets)
    held = book.positions
    if shape.position.size < held.height or (np.diff(shape.position) != 1).any():
        held = held[shape.position]
    size = held["size"].to_numpy().astype(np.float64, copy=True)
    mark0 = np.nan_to_num(tape.mark[0], nan=1.0)
    net = sum_by(shape.row_market, size, len(tape.markets))
    return State(
        accounts=shape.accounts,
        markets=tape.markets,
        unit_account=shape.unit_account,
        unit_market=shape.unit_market,
        unit_first_row=shape.unit_first_row,
        cross_unit=shape.cross_unit,
        row_unit=shape.row_unit,
        row_market=shape.row_market,
        row_opened_ms=_opened_ms(held["opened_at"]),
        entry=held["entry_price"].to_numpy().astype(np.float64, copy=True),
        size=size,
        cash=shape.cash,
        charged_usd=np.zeros(shape.cash.size),
        funding_usd=np.zeros(shape.cash.size),
        debt=np.zeros(len(shape.accounts)),
        debt_peak=np.zeros(len(shape.accounts)),
        collateral=open_collateral(book, venue, shape.accounts, shape.cross_unit, tape.markets),
        absorbers=open_absorbers(venue, tape, book),
        outside=Outside(cash_usd=dot(net, mark0), size=-net),
    )


def _opened_ms(opened_at: pl.Series) -> Floats:
    return opened_at.dt.epoch("ms").cast(pl.Float64).fill_null(np.nan).to_numpy()
