"""Binance spot klines from 2025 on: never a header, microseconds (older ones: milliseconds).

Sample:

    1760130960000000,10.0,10.5,9.1,9.4,120.5,1760131019999999,1180.2,42,60.1,590.0,0
"""

from collections.abc import Iterator

import polars as pl

from crashsim.data.loaders.format import Batch, Format, Options
from crashsim.data.loaders.klines import bar_seconds, kline_rows, looks_like_klines, ohlc
from crashsim.data.loaders.reading.blob import Blob
from crashsim.data.loaders.reading.names import market_of
from crashsim.data.loaders.reading.sample import Sample, sample


def sniff(seen: Sample) -> bool:
    """Twelve columns in microseconds; or milliseconds where the folder says spot."""
    old = looks_like_klines(seen, 13) and not seen.names and "/spot/" in seen.path
    return looks_like_klines(seen, 16) or old


def read(blob: Blob, options: Options) -> Iterator[Batch]:
    """Last-price bars of one market."""
    seen = sample(blob)
    market = market_of(blob, options)
    unit, per_second = ("us", 10**6) if looks_like_klines(seen, 16) else ("ms", 1000)
    for rows in kline_rows(blob, seen.width):
        frame = pl.DataFrame(
            [
                rows.time("open_time", options, unit).alias("time"),
                rows.constant(market, "market"),
                *ohlc(rows),
                rows.not_negative("volume"),
                rows.not_negative("quote_volume").alias("volume_usd"),
            ]
        )
        yield Batch("last", frame, bar_seconds(rows, per_second))


FORMAT = Format("binance-spot-klines", "binance-spot", sniff, read)
