"""What a replay returns."""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from crashsim.engine.record.equity_path import EquityPath
from crashsim.engine.record.tables import TABLES


@dataclass(frozen=True)
class Refusal:
    """The first takeover that an absorber refused for lack of funds."""

    absorber: str
    step: int
    time_ms: int


@dataclass(frozen=True, repr=False)
class Outcome:
    """Every table of a run folder (columns in `engine.record.tables.TABLES`) and the run's facts.

    conservation_residual_frac: the largest residual of docs/semantics.md, section 4, over gross.
    deficit_usd: sum of the negative equity of bankrupt units when their ADL began.
    adl_capacity: market, step, capacity_usd: what candidates held, at mark, where ADL was needed.
    default_margin_markets: markets served by the "*" table.
    equity_path: what every account had after every step, where the replay was asked to keep it.
    """

    accounts: pl.DataFrame
    positions_start: pl.DataFrame
    positions_end: pl.DataFrame
    units: pl.DataFrame
    liquidations: pl.DataFrame
    adl_fills: pl.DataFrame
    shortfalls: pl.DataFrame
    loss_shares: pl.DataFrame
    flows: pl.DataFrame
    collateral_sales: pl.DataFrame
    absorbers: pl.DataFrame
    timeline: pl.DataFrame
    prices_1m: pl.DataFrame
    adl_capacity: pl.DataFrame
    platform_cash_usd: float
    conservation_residual_frac: float
    deficit_usd: float
    first_refusals: tuple[Refusal, ...]
    default_margin_markets: tuple[str, ...]
    warnings: tuple[str, ...]
    equity_path: EquityPath | None = None

    def tables(self) -> Mapping[str, pl.DataFrame]:
        """The tables of a run folder by name, in the order they are written."""
        return {name: getattr(self, name) for name in TABLES}

    def __repr__(self) -> str:
        deleveraged = self.accounts["was_deleveraged"].sum()
        indebted = self.accounts["ended_in_debt"].sum()
        return (
            f"Outcome: {self.accounts.height:,} accounts, {self.timeline.height:,} steps, "
            f"{deleveraged:,} deleveraged, {indebted:,} in debt at the end; "
            f"{len(self.tables())} tables"
        )
