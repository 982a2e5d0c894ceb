"""Binance funding rates, monthly files.

Sample (milliseconds with a jitter of a few; the interval is not always 8 hours):

    1760112000001,8,0.0001
"""

from collections.abc import Iterator

import polars as pl

from crashsim.data.loaders.format import Batch, Format, Options
from crashsim.data.loaders.reading.blob import Blob
from crashsim.data.loaders.reading.delimited import csv_rows
from crashsim.data.loaders.reading.names import market_of
from crashsim.data.loaders.reading.sample import Sample


def sniff(seen: Sample) -> bool:
    """Its header."""
    return seen.names == ("calc_time", "funding_interval_hours", "last_funding_rate")


def read(blob: Blob, options: Options) -> Iterator[Batch]:
    """Funding of one market."""
    market = market_of(blob, options)
    for rows in csv_rows(blob):
        frame = pl.DataFrame(
            [
                rows.time("calc_time", options, "ms").alias("time"),
                rows.constant(market, "market"),
                rows.number("last_funding_rate").alias("funding_rate"),
            ]
        )
        yield Batch("funding", frame)


FORMAT = Format("binance-um-fundingRate", "binance", sniff, read)
