"""Marks second by second: those recorded, and between them the trades, shifted to meet both."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

_SECOND_MS = 1000
_SAMPLE_S = 60  # a sample of the mark is taken every minute, and stands for it

_UNKNOWN = ("volume", "volume_usd")

_Ints = NDArray[np.int64]
_Floats = NDArray[np.float64]


def marks_by_second(
    contexts: pl.LazyFrame, fills: pl.LazyFrame, last: pl.DataFrame
) -> pl.DataFrame:
    """Bars of one second with the mark in all four prices, and is_recorded.

    contexts, fills: rows of these kinds: samples of the mark, and the marks that liquidations carry
    (the last of a second counts). last: bars of one second made of trades; their volume is not
    taken. Between two recorded marks

        mark = last trade * exp(b),  b = log(mark / last trade), linear in time between the two,

    so the mark steps with the trades. Before a market's first trade the recorded mark stands; after
    its last recorded mark b stays, to the last trade or the end of the sample's minute.
    """
    recorded = _recorded(contexts, fills)
    trades = {
        str(market): (_seconds(rows["time"]), rows["close"].to_numpy())
        for (market,), rows in last.sort("time", maintain_order=True).group_by("market")
    }
    nothing = (np.empty(0, np.int64), np.empty(0))
    parts = [
        _path(
            str(market),
            _seconds(rows["time"]),
            rows["mark"].to_numpy(),
            *trades.get(str(market), nothing),
        )
        for (market,), rows in recorded.group_by("market", maintain_order=True)
    ]
    return pl.concat(parts) if parts else last.clear()


def _recorded(contexts: pl.LazyFrame, fills: pl.LazyFrame) -> pl.DataFrame:
    """(market, time, mark): the last mark of every second that has one."""
    samples = contexts.select("market", "time", "mark")
    carried = fills.sort("time", "block_number", "block_index", maintain_order=True).select(
        "market", "time", mark="liquidation_mark"
    )
    return (
        pl.concat([samples, carried])
        .filter(pl.col("mark") > 0)
        .sort("market", "time", maintain_order=True)
        .group_by("market", pl.col("time").dt.truncate("1s"), maintain_order=True)
        .agg(pl.col("mark").last())
        .collect()
    )


def _seconds(times: pl.Series) -> _Ints:
    return times.dt.epoch("s").to_numpy()


def _path(market: str, at: _Ints, mark: _Floats, traded_at: _Ints, price: _Floats) -> pl.DataFrame:
    end = max(at[-1] + _SAMPLE_S - 1, traded_at.max(initial=0))
    second = np.arange(at[0], end + 1)
    stands = mark[np.searchsorted(at, second, side="right") - 1]
    trade = np.searchsorted(traded_at, second, side="right") - 1  # the last; -1 before the first
    shifted = trade[at - at[0]] >= 0
    path = stands.copy()
    if shifted.any():
        last_price = price[np.maximum(trade, 0)]
        known = at[shifted]
        basis = np.interp(second, known, np.log(mark[shifted] / last_price[known - at[0]]))
        path = np.where(trade >= 0, last_price * np.exp(basis), stands)
    is_recorded = np.isin(second, at)
    path[is_recorded] = mark
    columns = dict.fromkeys(("open", "high", "low", "close"), path)
    times = pl.Series(second * _SECOND_MS).cast(pl.Datetime("ms", "UTC"))
    return pl.DataFrame({"time": times, **columns, "is_recorded": is_recorded}).with_columns(
        pl.lit(market).alias("market"), *(pl.lit(None, pl.Float64()).alias(n) for n in _UNKNOWN)
    )
