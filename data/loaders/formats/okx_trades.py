"""OKX trades (static archive, daily; a file's day is UTC+8, so a UTC day needs two files).

Sample (size in contracts for swaps; CRLF seen; not sorted; a column source may follow):

    ABC-USDT-SWAP,9,sell,10.0,3.0,1760130964831,0
"""

from collections.abc import Iterator

import polars as pl

from crashsim.data.loaders.format import Batch, Format, Options
from crashsim.data.loaders.okx import base_size, plain_names
from crashsim.data.loaders.reading.blob import Blob
from crashsim.data.loaders.reading.delimited import csv_rows
from crashsim.data.loaders.reading.sample import Sample

COLUMNS = ("instrument_name", "trade_id", "side", "price", "size", "created_time")
_SIDES = {"sell": "sell", "buy": "buy"}


def sniff(seen: Sample) -> bool:
    """Its header."""
    return plain_names(seen)[:6] == COLUMNS


def read(blob: Blob, options: Options) -> Iterator[Batch]:
    """Trades, sizes in base units."""
    note = "an OKX file's day is UTC+8: import the next day's file too for a whole UTC day"
    for rows in csv_rows(blob, COLUMNS):
        markets, price = rows.text("instrument_name"), rows.positive("price")
        frame = pl.DataFrame(
            [
                rows.time("created_time", options).alias("time"),
                markets.alias("market"),
                price,
                base_size(rows, markets, rows.not_negative("size"), price, options).alias("size"),
                rows.choice("side", _SIDES),
                rows.text("trade_id"),
            ]
        )
        yield Batch("trades", frame, notes=(note,))


FORMAT = Format("okx-trades", "okx", sniff, read)
