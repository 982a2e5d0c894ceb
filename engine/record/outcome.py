"""What a replay returns."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import polars as pl

from crashsim.engine.arrays import Lazily
from crashsim.engine.record.equity_path import EquityPath
from crashsim.engine.record.tables import TABLES


@dataclass(frozen=True)
class Refusal:
    """The first takeover that an absorber refused for lack of funds."""

    absorber: str
    step: int
    time_ms: int


class _Table:
    """A table of an outcome, made when it is first read."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, outcome: "Outcome", owner: type) -> pl.DataFrame:
        return outcome.frames[self._name]


@dataclass(frozen=True, repr=False)
class Outcome:
    """Every table of a run folder (columns in `engine.record.tables.TABLES`) and the run's facts.

    frames: TABLES and adl_capacity by name, each made when it is first read. A sweep reads metrics
    only, and most of the tables it never makes.
    conservation_residual_frac: the largest residual of docs/semantics.md, section 4, over gross.
    deficit_usd: sum of the negative equity of bankrupt units when their ADL began.
    adl_capacity: market, step, capacity_usd: what candidates held, at mark, where ADL was needed.
    default_margin_markets: markets served by the "*" table.
    equity_path: what every account had after every step, where the replay was asked to keep it.
    """

    frames: Mapping[str, pl.DataFrame]
    platform_cash_usd: float
    conservation_residual_frac: float
    deficit_usd: float
    first_refusals: tuple[Refusal, ...]
    default_margin_markets: tuple[str, ...]
    warnings: tuple[str, ...]
    equity_path: EquityPath | None = None

    accounts = _Table()
    positions_start = _Table()
    positions_end = _Table()
    units = _Table()
    liquidations = _Table()
    adl_fills = _Table()
    shortfalls = _Table()
    loss_shares = _Table()
    flows = _Table()
    collateral_sales = _Table()
    absorbers = _Table()
    timeline = _Table()
    prices_1m = _Table()
    adl_capacity = _Table()

    def tables(self) -> Mapping[str, pl.DataFrame]:
        """The tables of a run folder by name, in the order they are written."""
        return Lazily({name: self._maker(name) for name in TABLES})

    def with_table(self, name: str, frame: pl.DataFrame) -> "Outcome":
        """The same with another table of this name."""
        others = {each: self._maker(each) for each in self.frames}
        return replace(self, frames=Lazily(others | {name: lambda _: frame}))

    def _maker(self, name: str) -> Callable[[object], pl.DataFrame]:
        return lambda _: self.frames[name]

    def __getstate__(self) -> dict[str, object]:
        """For another process: all tables, as the journal they are made of stays in this one."""
        return self.__dict__ | {"frames": dict(self.frames)}

    def __repr__(self) -> str:
        deleveraged = self.accounts["was_deleveraged"].sum()
        indebted = self.accounts["ended_in_debt"].sum()
        return (
            f"Outcome: {self.accounts.height:,} accounts, {self.timeline.height:,} steps, "
            f"{deleveraged:,} deleveraged, {indebted:,} in debt at the end; "
            f"{len(self.tables())} tables"
        )
