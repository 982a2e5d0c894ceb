"""CoinAPI flat-file trades, separated by semicolons.

Sample (seven decimals, no zone; some files have the time of day only and the date in the path;
E-HYPERLIQUIDL4 adds order numbers and both wallets):

    2025-10-10T21:16:04.8310000;2025-10-10T21:16:04.9000000;guid-1;10.0;2.0;SELL;;;;
"""

import re
from collections.abc import Iterator

import polars as pl

from crashsim.data.loaders.format import Batch, Format, Options
from crashsim.data.loaders.reading.blob import Blob
from crashsim.data.loaders.reading.delimited import csv_rows
from crashsim.data.loaders.reading.names import date_of, market_of
from crashsim.data.loaders.reading.rows import Rows
from crashsim.data.loaders.reading.sample import Sample
from crashsim.scenarios.errors import InputError

_SIDES = {"sell": "sell", "buy": "buy", "sell_estimated": "sell", "buy_estimated": "buy"}
_SIDES |= {"unknown": "unknown"}
_SYMBOL = re.compile(r"(?:^|\+)SC?-(?:[A-Z0-9]+_(?:PERP|FTS|SPOT)_)?([^+.]+)")


def sniff(seen: Sample) -> bool:
    """Its header."""
    return seen.names[:3] == ("time_exchange", "time_coinapi", "guid")


def read(blob: Blob, options: Options) -> Iterator[Batch]:
    """Trades; fills too (both legs) where the file has the wallets."""
    named = _SYMBOL.search(blob.name)
    market = options.market or (named.group(1) if named else market_of(blob, options))
    for rows in csv_rows(blob):
        rows = _with_date(rows, blob)
        trades = pl.DataFrame(
            [
                rows.time("time_exchange", options).alias("time"),
                rows.constant(market, "market"),
                rows.positive("price"),
                rows.not_negative("base_amount").alias("size"),
                rows.choice("taker_side", _SIDES).alias("side"),
                rows.text("guid", True).alias("trade_id"),
            ]
        )
        yield Batch("trades", trades)
        if rows.has("user_taker") and rows.has("user_maker"):
            yield Batch("fills", _fills(trades, rows))


def _with_date(rows: Rows, blob: Blob) -> Rows:
    """Time-of-day values get the date of the path."""
    times = rows.text("time_exchange")
    if not times.head(1).str.contains(r"^\d{2}:\d{2}:").all():
        return rows
    day = date_of(blob)
    if day is None:
        raise InputError(
            f"{blob.path}: times without a date, and no date in the path; keep the folder of the"
            " date (D-20251010) when you move the file"
        )
    dated = (day.strftime("%Y-%m-%dT") + times).alias("time_exchange")
    return Rows(rows.frame.with_columns(dated), rows.path, rows.first_row, rows.asked)


def _fills(trades: pl.DataFrame, rows: Rows) -> pl.DataFrame:
    """Both legs of every trade whose wallets are named."""
    place = pl.int_range(trades.height, eager=True) * 2 + 2 * rows.first_row
    flip = pl.col("side").replace({"buy": "sell", "sell": "buy"})
    base = trades.drop("trade_id")
    taker = base.with_columns(
        rows.text("user_taker", True).alias("account"),
        place.alias("block_index"),
        pl.lit(True).alias("crossed"),
    )
    maker = base.with_columns(
        rows.text("user_maker", True).alias("account"),
        (place + 1).alias("block_index"),
        pl.lit(False).alias("crossed"),
        side=flip,
    ).select(taker.columns)
    both = pl.concat([taker, maker]).sort("block_index")
    return both.filter(pl.col("account").is_not_null())


FORMAT = Format("coinapi-flat", "coinapi", sniff, read)
