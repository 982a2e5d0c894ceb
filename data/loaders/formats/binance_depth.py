"""Binance bookDepth: cumulative size within bands around the price, about every 30 s.

Sample (`-5` in 2025, `-5.00` in 2026):

    2025-10-10 21:15:09,-1.00,500.0,4900.0
"""

from collections.abc import Iterator

import polars as pl

from crashsim.data.loaders.format import Batch, Format, Options
from crashsim.data.loaders.reading.any_table import table_rows
from crashsim.data.loaders.reading.blob import Blob
from crashsim.data.loaders.reading.names import market_of
from crashsim.data.loaders.reading.sample import Sample, sample


def sniff(seen: Sample) -> bool:
    """Its header, with or without a market column."""
    names = tuple(name for name in seen.names if name not in ("market", "symbol"))
    return names in (
        ("timestamp", "percentage", "depth", "notional"),
        ("ts", "percentage", "depth", "notional"),
    )


def read(blob: Blob, options: Options) -> Iterator[Batch]:
    """Bands; negative ones are below the price."""
    named = {"market", "symbol"} & set(sample(blob).names)
    market = None if named else market_of(blob, options)
    for rows in table_rows(blob):
        column = rows.pick(("market", "symbol"))
        frame = pl.DataFrame(
            [
                rows.time(rows.pick(("timestamp", "ts")) or "timestamp", options).alias("time"),
                (rows.text(column) if column else rows.constant(market, "market")).alias("market"),
                (rows.number("percentage") / 100).alias("band_frac"),
                rows.not_negative("depth").alias("size"),
                rows.not_negative("notional").alias("notional_usd"),
            ]
        )
        yield Batch("depth", frame)


FORMAT = Format("binance-um-bookDepth", "binance", sniff, read)
