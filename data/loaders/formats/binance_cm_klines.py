"""Binance COIN-M klines: volume counts contracts, quote_volume is in the base asset.

Sample (`BTCUSD_PERP-1m-2025-10-10.csv`; contracts of 100 USD for BTC, 10 USD for the rest):

    1760130960000,110000,110500,109100,109400,1094,1760131019999,1.0,42,500,0.46,0

Known from its content: volume x contract size = quote_volume x price, not quote_volume = volume x
price as in USD-M files.
"""

from collections.abc import Iterator

import polars as pl

from crashsim.data.loaders.format import Batch, Format, Options
from crashsim.data.loaders.klines import bar_seconds, kline_rows, looks_like_klines, ohlc
from crashsim.data.loaders.reading.blob import Blob
from crashsim.data.loaders.reading.names import market_of
from crashsim.data.loaders.reading.sample import Sample, sample

CONTRACT_USD = (100.0, 10.0)


def sniff(seen: Sample) -> bool:
    """Millisecond klines whose volume is in contracts."""
    return looks_like_klines(seen, 13) and _contract_usd(seen) is not None


def read(blob: Blob, options: Options) -> Iterator[Batch]:
    """Last-price bars: volume in base units, volume_usd = contracts x contract size."""
    seen = sample(blob)
    size_usd = _contract_usd(seen) or CONTRACT_USD[0]
    market = market_of(blob, options)
    for rows in kline_rows(blob, seen.width):
        frame = pl.DataFrame(
            [
                rows.time("open_time", options, "ms").alias("time"),
                rows.constant(market, "market"),
                *ohlc(rows),
                rows.not_negative("quote_volume").alias("volume"),
                (rows.not_negative("volume") * size_usd).alias("volume_usd"),
            ]
        )
        yield Batch("last", frame, bar_seconds(rows, 1000))


def _contract_usd(seen: Sample) -> float | None:
    for row in seen.rows:
        try:
            high, low, volume, quote = (float(row[i]) for i in (2, 3, 5, 7))
        except (ValueError, IndexError):
            return None
        if volume <= 0 or quote <= 0 or low <= 0:
            continue
        if low * 0.99 <= quote / volume <= high * 1.01:
            return None
        for size in CONTRACT_USD:
            if low * 0.99 <= volume * size / quote <= high * 1.01:
                return size
    return None


FORMAT = Format("binance-cm-klines", "binance-cm", sniff, read)
