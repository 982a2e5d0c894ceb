"""The moving state of a replay: units, their positions, debts, absorbers, platform and outside.

A unit is what is margined together: a cross account, or one isolated position. Units never open
positions during a replay, so the rows of a unit are a fixed slice and closing sets a size to 0.
"""

from dataclasses import dataclass, field

import numpy as np
import polars as pl

from crashsim.data.schema import Book, Tape
from crashsim.engine.arrays import Flags, Floats, Indices, dot, index_in, sum_by
from crashsim.engine.state.absorber_state import AbsorberState, by_market, open_absorbers
from crashsim.engine.state.collateral import Collateral, open_collateral
from crashsim.scenarios.models.venue import Venue

CROSS = -1  # unit_market of a cross unit


@dataclass(slots=True)
class Outside:
    """The counterparty of every book fill; its cash is kept against an entry price of 0."""

    cash_usd: float
    size: Floats


@dataclass(frozen=True, slots=True)
class Fixed:
    """What never moves, as Python lists: reading one element of an array costs three times more."""

    first_row: list[int]
    row_unit: list[int]
    row_market: list[int]
    entry: list[float]
    unit_market: list[int]
    unit_account: list[int]


@dataclass(slots=True)
class State:
    """All that moves, and the fixed shape it moves in. N accounts, U units, P positions, M markets.

    unit_first_row: (U + 1,) rows of unit u are unit_first_row[u] : unit_first_row[u + 1], ordered
    by market. cross_unit: (N,) the cross unit of each account. charged_usd: (U,) losses shared so
    far. serving: for each market its absorbers, in their order; None where all serve every market.
    absorber_size: (A, M) the sizes of all absorbers, who hold its rows.
    """

    accounts: list[str]
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
    serving: list[list[int]] | None = field(init=False)
    absorber_size: Floats = field(init=False)

    def __post_init__(self) -> None:
        shape = (len(self.absorbers), len(self.markets))
        self.absorber_size = np.array([each.size for each in self.absorbers]).reshape(shape)
        for absorber, size in zip(self.absorbers, self.absorber_size, strict=True):
            absorber.size = size
        self.serving = by_market(self.absorbers, len(self.markets))
        self.fixed = Fixed(
            first_row=self.unit_first_row.tolist(),
            row_unit=self.row_unit.tolist(),
            row_market=self.row_market.tolist(),
            entry=self.entry.tolist(),
            unit_market=self.unit_market.tolist(),
            unit_account=self.unit_account.tolist(),
        )

    def rows_of(self, unit: int) -> range:
        """Row indices of one unit, open or not."""
        return range(self.fixed.first_row[unit], self.fixed.first_row[unit + 1])

    def has_position(self, unit: int) -> bool:
        """Whether any position of the unit is open."""
        first, end = self.fixed.first_row[unit], self.fixed.first_row[unit + 1]
        return any(self.size[first:end].tolist())

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
        return self.accounts[self.fixed.unit_account[unit]]


def open_state(tape: Tape, book: Book, venue: Venue) -> State:
    """The state before the first step. Frames are as `data.schema` documents them, in any order."""
    accounts = book.accounts.sort("account")
    names = accounts["account"].to_list()
    units = _units(accounts, book.positions, tape.markets)
    rows = _rows(book.positions, units, tape.markets)
    unit_market = units["unit_market"].to_numpy().astype(np.intp)
    cross_unit = np.flatnonzero(unit_market == CROSS)
    unit_account = units["unit_account"].to_numpy().astype(np.intp)
    counts = np.bincount(rows["unit"].to_numpy(), minlength=units.height)
    size = _floats(rows["size"])
    row_market = rows["market_index"].to_numpy().astype(np.intp)
    mark0 = np.nan_to_num(tape.mark[0], nan=1.0)
    net = sum_by(row_market, size, len(tape.markets))
    return State(
        accounts=names,
        markets=tape.markets,
        unit_account=unit_account,
        unit_market=unit_market,
        unit_first_row=np.concatenate(([0], np.cumsum(counts))).astype(np.intp),
        cross_unit=cross_unit,
        row_unit=rows["unit"].to_numpy().astype(np.intp),
        row_market=row_market,
        row_opened_ms=_floats(rows["opened_ms"]),
        entry=_floats(rows["entry_price"]),
        size=size,
        cash=_floats(units["cash"]),
        charged_usd=np.zeros(units.height),
        funding_usd=np.zeros(units.height),
        debt=np.zeros(len(names)),
        debt_peak=np.zeros(len(names)),
        collateral=open_collateral(book, venue, names, cross_unit, tape.markets),
        absorbers=open_absorbers(venue, tape, book),
        outside=Outside(cash_usd=dot(net, mark0), size=-net),
    )


def _floats(column: pl.Series) -> Floats:
    return column.to_numpy().astype(np.float64, copy=True)


def _units(
    accounts: pl.DataFrame, positions: pl.DataFrame, markets: tuple[str, ...]
) -> pl.DataFrame:
    """Units ascending by (account, market of the isolated position or empty)."""
    cross = accounts.select("account", pl.lit("").alias("isolated_market"), "cash")
    isolated = positions.filter(pl.col("margin_mode") == "isolated").select(
        "account",
        pl.col("market").alias("isolated_market"),
        pl.col("isolated_margin").alias("cash"),
    )
    return (
        pl.concat([cross, isolated])
        .sort("account", "isolated_market")
        .with_columns(
            unit_account=index_in("account", accounts["account"].to_list()),
            unit_market=index_in("isolated_market", markets).fill_null(CROSS),
        )
        .with_row_index("unit")
    )


def _rows(positions: pl.DataFrame, units: pl.DataFrame, markets: tuple[str, ...]) -> pl.DataFrame:
    """Positions with their unit and market index, ordered by unit, then market."""
    isolated = pl.col("margin_mode") == "isolated"
    return (
        positions.with_columns(
            pl.when(isolated).then("market").otherwise(pl.lit("")).alias("isolated_market"),
            pl.col("opened_at")
            .dt.epoch("ms")
            .cast(pl.Float64)
            .fill_null(np.nan)
            .alias("opened_ms"),
            market_index=index_in("market", markets),
        )
        .drop_nulls("market_index")
        .join(units.select("account", "isolated_market", "unit"), on=["account", "isolated_market"])
        .sort("unit", "market_index")
    )
