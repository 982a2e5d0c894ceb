"""Bybit spot trades (public.bybit.com/spot).

Sample (milliseconds; side in lower case; a column rpi may follow):

    1,1760130964831,10.0,2.0,sell
"""

from collections.abc import Iterator

import polars as pl

from crashsim.data.loaders.format import Batch, Format, Options
from crashsim.data.loaders.reading.blob import Blob
from crashsim.data.loaders.reading.delimited import csv_rows
from crashsim.data.loaders.reading.names import market_of
from crashsim.data.loaders.reading.sample import Sample

_SIDES = {"sell": "sell", "buy": "buy"}


def sniff(seen: Sample) -> bool:
    """Its header."""
    return seen.names[:5] == ("id", "timestamp", "price", "volume", "side")


def read(blob: Blob, options: Options) -> Iterator[Batch]:
    """Trades of one market."""
    market = market_of(blob, options)
    for rows in csv_rows(blob):
        frame = pl.DataFrame(
            [
                rows.time("timestamp", options).alias("time"),
                rows.constant(market, "market"),
                rows.positive("price"),
                rows.not_negative("volume").alias("size"),
                rows.choice("side", _SIDES),
                rows.text("id").alias("trade_id"),
            ]
        )
        yield Batch("trades", frame)


FORMAT = Format("bybit-spot", "bybit-spot", sniff, read)
