"""Binance trades (USD-M; COIN-M with `base_qty`; spot).

Sample (USD-M with header; spot without one, in microseconds, `True/False`, with is_best_match):

    11,10.0,0.5,5.0,1760130964831,false
"""

from collections.abc import Iterator

import polars as pl

from crashsim.data.loaders.format import Batch, Format, Options
from crashsim.data.loaders.reading.blob import Blob
from crashsim.data.loaders.reading.delimited import csv_rows
from crashsim.data.loaders.reading.names import market_of
from crashsim.data.loaders.reading.sample import Sample, sample

COLUMNS = ("trade_id", "price", "qty", "other_qty", "time", "buyer_maker")
_HEADER = ("id", "price", "qty")


def sniff(seen: Sample) -> bool:
    """Its header, or six or seven columns with the time fifth and a flag sixth."""
    if seen.names[:3] == _HEADER and "is_buyer_maker" in seen.names:
        return True
    row = seen.rows[0] if seen.layout == "csv" and not seen.names and seen.rows else ()
    return (
        len(row) in (6, 7)
        and row[4].isdecimal()
        and len(row[4]) in (13, 16)
        and row[5].strip().lower() in ("true", "false")
    )


def read(blob: Blob, options: Options) -> Iterator[Batch]:
    """Trades of one market. COIN-M files count contracts and give the base size beside them."""
    market = market_of(blob, options)
    sizes = ("other_qty", "qty") if "base_qty" in sample(blob).names else ("qty", "other_qty")
    for rows in csv_rows(blob, COLUMNS, skip=sizes[1:]):
        maker = rows.flag("buyer_maker")
        frame = pl.DataFrame(
            [
                rows.time("time", options),
                rows.constant(market, "market"),
                rows.positive("price"),
                rows.not_negative(sizes[0]).alias("size"),
                rows.text("trade_id"),
            ]
        ).with_columns(side=pl.when(maker).then(pl.lit("sell")).otherwise(pl.lit("buy")))
        yield Batch("trades", frame)


FORMAT = Format("binance-um-trades", "binance", sniff, read)
