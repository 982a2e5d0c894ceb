"""Tardis derivative_ticker: mark, index, last, funding and open interest as they change.

Sample (microseconds; empty where a field did not change, to be carried forward by column):

    bybit,ABCUSDT,1760130964831000,1760130964900000,1760140800000000,0.0001,,1000.0,10.0,10.1,10.05
"""

from collections.abc import Iterator

import polars as pl

from crashsim.data.loaders.format import Batch, Format, Options
from crashsim.data.loaders.formats.tardis_trades import by_exchange, exchange_rows
from crashsim.data.loaders.reading.blob import Blob
from crashsim.data.loaders.reading.delimited import csv_rows
from crashsim.data.loaders.reading.sample import Sample


def sniff(seen: Sample) -> bool:
    """Its header."""
    return {"exchange", "local_timestamp", "funding_timestamp", "mark_price"} <= set(seen.names)


def read(blob: Blob, options: Options) -> Iterator[Batch]:
    """Contexts as sparse as they are in the file."""
    for rows in csv_rows(blob):
        frame = pl.DataFrame(
            [
                *exchange_rows(rows, options),
                rows.number("funding_rate", True),
                rows.not_negative("open_interest", True),
                rows.number("last_price", True).alias("last"),
                rows.number("index_price", True).alias("index"),
                rows.number("mark_price", True).alias("mark"),
            ]
        )
        yield from by_exchange(frame, "contexts")


FORMAT = Format("tardis-derivative_ticker", "tardis", sniff, read)
