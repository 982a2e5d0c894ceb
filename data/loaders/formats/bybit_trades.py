"""Bybit trades of perpetuals (public.bybit.com/trading).

Sample (seconds with decimals; size is base for linear, USD for inverse contracts; homeNotional is
base units in both; a column RPI came later; the order of the rows is not guaranteed):

    1760130964.8317,ABCUSDT,Sell,2,10.0,MinusTick,00000000-0000-0000-0000-000000000001,2e9,2,20.0,0
"""

from collections.abc import Iterator

import polars as pl

from crashsim.data.loaders.format import Batch, Format, Options
from crashsim.data.loaders.reading.blob import Blob
from crashsim.data.loaders.reading.delimited import csv_rows
from crashsim.data.loaders.reading.rows import Rows
from crashsim.data.loaders.reading.sample import Sample

_SIDES = {"sell": "sell", "buy": "buy"}


def sniff(seen: Sample) -> bool:
    """Its header."""
    return "trdmatchid" in seen.names and "homenotional" in seen.names


def read(blob: Blob, options: Options) -> Iterator[Batch]:
    """Trades; the time's decimals are cut as text, never through a float."""
    for rows in csv_rows(blob):
        frame = pl.DataFrame(
            [
                rows.time("timestamp", options, "s").alias("time"),
                rows.text("symbol").alias("market"),
                rows.positive("price"),
                rows.not_negative("homenotional").alias("size"),
                rows.choice("side", _SIDES),
                rows.text("trdmatchid").alias("trade_id"),
            ]
        )
        yield Batch("trades", frame, source=_source(rows))


def _source(rows: Rows) -> str | None:
    """BitMEX's dumps have the same columns, and a D between day and hour."""
    return "bitmex" if "D" in str(rows.frame["timestamp"][0]) else None


FORMAT = Format("bybit-trading", "bybit", sniff, read)
