"""Marks, last prices and volume by minute, for readers of a run who do not have its tape."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from crashsim.data.schema import TIME, Tape
from crashsim.engine.record.tables import polars_schema

MINUTE_MS = 60_000

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


def prices_1m(tape: Tape) -> pl.DataFrame:
    """One row a minute of UTC and market with a price in it, columns of `engine.record.tables`."""
    minute, starts = np.unique(tape.time_ms // MINUTE_MS, return_index=True)
    ends = np.append(starts[1:], tape.time_ms.size) - 1
    known = np.isfinite(tape.mark[ends])
    place, market = np.nonzero(known)
    columns = {
        "time": pl.Series(minute[place] * MINUTE_MS).cast(TIME),
        "market": pl.Series(list(tape.markets), dtype=pl.String).gather(market),
        **_bars(tape.mark, starts, known),
        "volume_usd": np.add.reduceat(tape.volume_usd, starts, axis=0)[known],
        **_last_bars(tape, starts, known),
    }
    return pl.DataFrame(columns, schema=polars_schema("prices_1m")).sort("market", "time")


def _bars(price: Floats, starts: Ints, known: Bools, prefix: str = "") -> dict[str, Floats]:
    """Open, high, low and close of minutes that begin at starts (N,), where known (N, M)."""
    first = np.isfinite(price).argmax(axis=0)
    # NaN stands only before a market's first price: that price opens its first minute.
    price = np.where(np.isnan(price), price[first, np.arange(first.size)], price)
    ends = np.append(starts[1:], len(price)) - 1
    return {
        f"{prefix}open": price[starts][known],
        f"{prefix}high": np.maximum.reduceat(price, starts, axis=0)[known],
        f"{prefix}low": np.minimum.reduceat(price, starts, axis=0)[known],
        f"{prefix}close": price[ends][known],
    }


def _last_bars(tape: Tape, starts: Ints, known: Bools) -> dict[str, pl.Series]:
    """Those of last prices, null for a market that has none beside its marks."""
    if tape.last is None:
        absent = pl.repeat(None, int(known.sum()), dtype=pl.Float64, eager=True)
        return dict.fromkeys(("last_open", "last_high", "last_low", "last_close"), absent)
    bars = _bars(tape.last, starts, known, "last_")
    return {name: pl.Series(values).fill_nan(None) for name, values in bars.items()}
