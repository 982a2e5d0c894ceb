"""Tardis book snapshots of the top N levels (`book_snapshot_5`, `_25`).

Sample (header: exchange,symbol,timestamp,local_timestamp,asks[0].price,asks[0].amount,
bids[0].price,bids[0].amount,...; microseconds):

    bybit,ABCUSDT,1760130964831000,1760130964900000,10.1,4.0,9.9,5.0
"""

import re
from collections.abc import Iterator

import polars as pl

from crashsim.data.loaders.format import Batch, Format, Options
from crashsim.data.loaders.formats.tardis_trades import by_exchange, exchange_rows
from crashsim.data.loaders.reading.blob import Blob
from crashsim.data.loaders.reading.delimited import csv_rows
from crashsim.data.loaders.reading.rows import Rows
from crashsim.data.loaders.reading.sample import Sample

_LEVEL = re.compile(r"^(ask|bid)s\[(\d+)\]\.price$")


def sniff(seen: Sample) -> bool:
    """Columns with brackets and dots."""
    return {"exchange", "asks[0].price", "bids[0].price"} <= set(seen.names)


def read(blob: Blob, options: Options) -> Iterator[Batch]:
    """A row a level, from 1 at the best price; empty levels are absent."""
    for rows in csv_rows(blob):
        yield from by_exchange(_levels(rows, options), "quotes")


def _levels(rows: Rows, options: Options) -> pl.DataFrame:
    lead = pl.DataFrame(exchange_rows(rows, options))
    parts = []
    for name in rows.frame.columns:
        found = _LEVEL.match(name)
        if found is None:
            continue
        price = rows.number(name, True)
        amount = rows.number(name.replace(".price", ".amount"), True)
        part = lead.with_columns(
            pl.lit(found[1]).alias("side"),
            pl.lit(int(found[2]) + 1).alias("level"),
            price.alias("price"),
            amount.alias("size"),
            pl.int_range(rows.frame.height, eager=True).alias("row"),
        )
        parts.append(part.filter(price.is_not_null()))
    ordered = pl.concat(parts).sort("row", "side", "level", maintain_order=True)
    return ordered.drop("row")


FORMAT = Format("tardis-book_snapshot", "tardis", sniff, read)
