"""OKX funding rates (`allswap-fundingrates-...`).

Sample:

    ABC-USDT-SWAP,0.0001,1760112000000
"""

from collections.abc import Iterator

import polars as pl

from crashsim.data.loaders.format import Batch, Format, Options
from crashsim.data.loaders.okx import plain_names
from crashsim.data.loaders.reading.blob import Blob
from crashsim.data.loaders.reading.delimited import csv_rows
from crashsim.data.loaders.reading.sample import Sample

COLUMNS = ("instrument_name", "funding_rate", "funding_time")


def sniff(seen: Sample) -> bool:
    """Its header."""
    return plain_names(seen)[:3] == COLUMNS


def read(blob: Blob, options: Options) -> Iterator[Batch]:
    """Funding of all instruments of the file."""
    for rows in csv_rows(blob, COLUMNS):
        frame = pl.DataFrame(
            [
                rows.time("funding_time", options).alias("time"),
                rows.text("instrument_name").alias("market"),
                rows.rate("funding_rate"),
            ]
        )
        yield Batch("funding", frame)


FORMAT = Format("okx-funding", "okx", sniff, read)
