"""A run minute by minute; a long run in longer bins."""

from datetime import datetime

import numpy as np
import polars as pl

from crashsim.engine.arrays import rows_by
from crashsim.engine.readings import Tables

MOST_BINS = 240
BIN_MINUTES = (1, 5, 15, 60, 240, 1440)
MARKETS_SHOWN = 3


def bin_minutes(timeline: pl.DataFrame) -> int:
    """Minutes a bin: the shortest of BIN_MINUTES that cuts the run into at most MOST_BINS."""
    first, last = timeline["time"].dt.epoch("ms").to_numpy()[[0, -1]]
    minutes = (int(last) - int(first)) / 60_000 + 1
    fitting = (width for width in BIN_MINUTES if minutes / width <= MOST_BINS)
    return next(fitting, BIN_MINUTES[-1])


def bin_of(tables: Tables, time: datetime) -> datetime:
    """The start of the bin that a time lies in."""
    start: datetime = pl.Series([time]).dt.truncate(f"{bin_minutes(tables['timeline'])}m")[0]
    return start


def levels(values: pl.Series, columns: int, heights: int, *, peak: bool = False) -> list[int]:
    """The values as at most `columns` bars of height 1 to `heights`, scaled to the largest one.

    A bar is the sum over its steps, or their largest value for a `peak`; 0 is exactly nothing.
    """
    pieces = np.array_split(values.to_numpy(), min(columns, values.len()))
    bars = [float(piece.max() if peak else piece.sum()) for piece in pieces]
    top = max(bars)
    return [min(int(bar / top * heights) + 1, heights) if bar > 0 else 0 for bar in bars]


def by_minute(tables: Tables) -> pl.DataFrame:
    """time (start of the bin) and, in USD, what happened in it.

    liquidated_usd, taken_over_usd, adl_usd, shortfall_usd: sums. debt_usd: the largest of the bin.
    fund_usd: the lowest equity of all absorbers together in the bin; null where there is none.
    """
    binned = pl.col("time").dt.truncate(f"{bin_minutes(tables['timeline'])}m")
    sums = ("liquidated_usd", "taken_over_usd", "adl_usd", "shortfall_usd")
    flows = rows_by(tables["timeline"].with_columns(binned), "time").agg(
        *(pl.col(name).sum() for name in sums), pl.col("debt_usd").max()
    )
    fund = fund_curve(tables).group_by(binned).agg(pl.col("fund_usd").min())
    return flows.join(fund, on="time", how="left").sort("time")


def forced_closings(tables: Tables) -> pl.DataFrame:
    """kind, market, time (start of the minute), count and notional_usd (size times fill price).

    kind: liquidations (on the book and by takeovers, without unwinds) or adl.
    """
    liquidated = tables["liquidations"].filter(pl.col("stage") != "unwind")
    parts = (("liquidations", liquidated), ("adl", tables["adl_fills"]))
    minute = pl.col("time").dt.truncate("1m")
    return pl.concat(
        rows_by(rows.with_columns(minute, kind=pl.lit(kind)), "kind", "market", "time").agg(
            count=pl.len().cast(pl.Int64), notional_usd=(pl.col("size") * pl.col("price")).sum()
        )
        for kind, rows in parts
    )


def with_prices(bins: pl.DataFrame, prices: pl.DataFrame) -> pl.DataFrame:
    """The bins of `by_minute` with a column a market of `price_paths`: its lowest mark.

    The last one is carried on where a bin has none, the first one back to the start.
    """
    if prices.is_empty():
        return bins
    columns = prices.pivot(on="market", index="time", values="low_frac")
    return bins.join(columns, on="time", how="left").with_columns(
        pl.col(columns.columns[1:]).forward_fill().backward_fill()
    )


def fund_curve(tables: Tables) -> pl.DataFrame:
    """time, fund_usd: equity of all absorbers together after each step; empty where none."""
    return rows_by(tables["absorbers"], "time").agg(fund_usd=pl.col("equity_usd").sum())


def main_markets(tables: Tables, most: int = MARKETS_SHOWN) -> list[str]:
    """The markets in which most was traded, the largest first."""
    traded = rows_by(tables["prices_1m"], "market").agg(pl.col("volume_usd").sum())
    order = traded.sort(["volume_usd", "market"], descending=[True, False])
    return order["market"].head(most).to_list()


def price_paths(tables: Tables) -> pl.DataFrame:
    """time, market, close_frac, low_frac of the main markets, over each market's first mark."""
    width = f"{bin_minutes(tables['timeline'])}m"
    shown = main_markets(tables)
    prices = tables["prices_1m"].filter(pl.col("market").is_in(shown)).sort("market", "time")
    first = pl.col("open").first().over("market")
    return (
        prices.with_columns(close_frac=pl.col("close") / first, low_frac=pl.col("low") / first)
        .group_by("market", pl.col("time").dt.truncate(width), maintain_order=True)
        .agg(pl.col("close_frac").last(), pl.col("low_frac").min())
        .select("time", "market", "close_frac", "low_frac")
        .sort(pl.col("market").cast(pl.Enum(shown)), "time")
    )
