"""The frozen inputs of a replay: tape, book and flows. The engine takes these and nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import polars as pl
from numpy.typing import NDArray

TIME = pl.Datetime("ms", "UTC")

ACCOUNT_COLUMNS: Mapping[str, pl.DataType] = {"account": pl.String(), "cash": pl.Float64()}
POSITION_COLUMNS: Mapping[str, pl.DataType] = {
    "account": pl.String(),
    "market": pl.String(),
    "size": pl.Float64(),
    "entry_price": pl.Float64(),
    "margin_mode": pl.String(),
    "isolated_margin": pl.Float64(),
    "opened_at": TIME,
}
FLOW_COLUMNS: Mapping[str, pl.DataType] = {
    "time": TIME,
    "account": pl.String(),
    "kind": pl.String(),
    "amount": pl.Float64(),
}


COLLATERAL_COLUMNS: Mapping[str, pl.DataType] = {
    "account": pl.String(),
    "asset": pl.String(),
    "quantity": pl.Float64(),
}


def no_collateral() -> pl.DataFrame:
    """The collateral of a book whose accounts hold USD only."""
    return pl.DataFrame(schema=dict(COLLATERAL_COLUMNS))


RECONSTRUCTED_MARK = "mark (reconstructed)"  # made from last prices, which the tape holds beside it


@dataclass(frozen=True)
class MarketOrigin:
    """How one market's prices are known, for the honesty line of every output."""

    price_kind: str  # "mark", "mark (reconstructed)", "index" or "last" (used as mark: a proxy)
    provenance: str  # "recorded", "yours", "reconstructed" or "assumed"
    source: str  # file name, store name or generator
    venue: str | None = None  # whose spelling the market's name follows, where that is known

    @property
    def is_mark(self) -> bool:
        """Whether its prices are marks, not another price in the place of one."""
        return self.price_kind in ("mark", RECONSTRUCTED_MARK)


@dataclass(frozen=True)
class Tape:
    """Prices and volumes on a time grid. T steps, M markets, markets ascending by code point.

    time_ms: (T,) int64, UTC milliseconds, strictly ascending.
    mark: (T, M) USD per unit of base, finite and > 0; NaN only before a market's first price.
    volume_usd: (T, M) quote notional traded in (t_{k-1}, t_k], >= 0.
    funding_rate: (T, M) sum of the rates given in (t_{k-1}, t_k], 0 where none.
    last: (T, M) last prices beside the marks, NaN where a market has none; None where none has.
    A replay goes by the mark alone.
    """

    time_ms: NDArray[np.int64]
    markets: tuple[str, ...]
    mark: NDArray[np.float64]
    volume_usd: NDArray[np.float64]
    funding_rate: NDArray[np.float64]
    origins: Mapping[str, MarketOrigin]
    last: NDArray[np.float64] | None = None


@dataclass(frozen=True)
class Book:
    """Who holds what at the start. Frames have exactly ACCOUNT_COLUMNS and POSITION_COLUMNS.

    margin_mode is `cross` or `isolated`; isolated_margin is null for cross positions; opened_at is
    null where unknown. collateral has COLLATERAL_COLUMNS: quantities (> 0) of assets, named by
    their market in the tape, that cross accounts pledge. Rows are sorted by account, then market,
    then margin_mode. added: file -> ids of its accounts, which the user added.
    """

    accounts: pl.DataFrame
    positions: pl.DataFrame
    provenance: str
    source: str
    collateral: pl.DataFrame = field(default_factory=no_collateral)
    added: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Flows:
    """Deposits and withdrawals, FLOW_COLUMNS, sorted by time, then file order (stable).

    added: file -> flows of it, which came with accounts that the user added to the book.
    """

    frame: pl.DataFrame
    provenance: str
    source: str
    added: Mapping[str, int] = field(default_factory=dict)
