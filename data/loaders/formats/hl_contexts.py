"""Hyperliquid asset contexts: mark, oracle and open interest of every coin each minute.

Sample (premium, mid and impact prices may be empty; `T..Z` or a blank and milliseconds):

    2025-10-10T21:16:00Z,ABC,0.0000125,1000.0,11.0,50000.0,-0.001,10.0,9.9,,9.8,10.0

The only one-minute series of Hyperliquid's marks.
"""

from collections.abc import Iterator

import polars as pl

from crashsim.data.loaders.format import Batch, Format, Options
from crashsim.data.loaders.reading.blob import Blob
from crashsim.data.loaders.reading.delimited import csv_rows
from crashsim.data.loaders.reading.sample import Sample


def sniff(seen: Sample) -> bool:
    """Its header."""
    return {"coin", "oracle_px", "mark_px", "impact_bid_px"} <= set(seen.names)


def read(blob: Blob, options: Options) -> Iterator[Batch]:
    """One row a coin and minute."""
    for rows in csv_rows(blob):
        frame = pl.DataFrame(
            [
                rows.time("time", options),
                rows.text("coin").alias("market"),
                rows.positive("mark_px").alias("mark"),
                rows.positive("oracle_px").alias("index"),
                rows.number("mid_px", True).alias("mid"),
                rows.number("funding", True).alias("funding_rate"),
                rows.not_negative("open_interest", True),
                rows.not_negative("day_ntl_vlm", True).alias("volume_day_usd"),
                rows.number("premium", True),
                rows.number("impact_bid_px", True).alias("impact_bid"),
                rows.number("impact_ask_px", True).alias("impact_ask"),
            ]
        )
        yield Batch("contexts", frame)


FORMAT = Format("hl-asset-ctxs", "hyperliquid", sniff, read)
