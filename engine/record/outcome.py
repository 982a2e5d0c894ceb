"""What a replay returns."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from crashsim.engine.record.equity_path import EquityPath


@dataclass(frozen=True)
class Refusal:
    """The first takeover that an absorber refused for lack of funds."""

    absorber: str
    step: int
    time_ms: int


@dataclass(frozen=True, repr=False)
class Outcome:
    """Every table of a run folder (columns in `engine.tables.TABLES`) and the run's own facts.

    conservation_residual_frac: the largest residual of SEMANTICS section 4, over gross.
    deficit_usd: sum of the negative equity of bankrupt units when their ADL began.
    score_inputs: step, time, market, side, candidates, name, value: what the ADL score read for the
    positions of the watched account, each time they were ranked; empty where nobody was watched.
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
    score_inputs: pl.DataFrame = field(default_factory=pl.DataFrame)
    equity_path: EquityPath | None = None

    def tables(self) -> Mapping[str, pl.DataFrame]:
        """The tables of a run folder by name, in the order they are written."""
        names = (
            "accounts",
            "positions_start",
            "positions_end",
            "units",
            "liquidations",
            "adl_fills",
            "shortfalls",
            "loss_shares",
            "flows",
            "collateral_sales",
            "absorbers",
            "timeline",
            "prices_1m",
        )
        return {name: getattr(self, name) for name in names}

    def __repr__(self) -> str:
        deleveraged = self.accounts["was_deleveraged"].sum()
        indebted = self.accounts["ended_in_debt"].sum()
        return (
            f"Outcome: {self.accounts.height:,} accounts, {self.timeline.height:,} steps, "
            f"{deleveraged:,} deleveraged, {indebted:,} in debt at the end; "
            f"{len(self.tables())} tables"
        )
