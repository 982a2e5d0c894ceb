"""Marks and volume by minute, for readers of a run who do not have its tape."""

import numpy as np
import polars as pl

from crashsim.data.schema import TIME, Tape
from crashsim.engine.record.tables import polars_schema

MINUTE_MS = 60_000


def prices_1m(tape: Tape) -> pl.DataFrame:
    """One row a minute of UTC and market with a price in it, columns of `engine.record.tables`."""
    minute, starts = np.unique(tape.time_ms // MINUTE_MS, return_index=True)
    ends = np.append(starts[1:], tape.time_ms.size) - 1
    known = np.isfinite(tape.mark[ends])
    first = np.isfinite(tape.mark).argmax(axis=0)
    # NaN stands only before a market's first price: that price opens its first minute.
    mark = np.where(np.isnan(tape.mark), tape.mark[first, np.arange(first.size)], tape.mark)
    place, market = np.nonzero(known)
    columns = {
        "time": pl.Series(minute[place] * MINUTE_MS).cast(TIME),
        "market": pl.Series(list(tape.markets), dtype=pl.String).gather(market),
        "open": mark[starts][known],
        "high": np.maximum.reduceat(mark, starts, axis=0)[known],
        "low": np.minimum.reduceat(mark, starts, axis=0)[known],
        "close": mark[ends][known],
        "volume_usd": np.add.reduceat(tape.volume_usd, starts, axis=0)[known],
    }
    return pl.DataFrame(columns, schema=polars_schema("prices_1m")).sort("market", "time")
