"""Hydromancer Reservoir candles of one second (Parquet): traded prices, no marks.

Sample:

    coin=ABC dex= asset_class=crypto base_symbol=ABC quote_symbol=USDC timestamp=1760130964000
    open=10.0 high=10.5 low=9.1 close=9.4 volume=120.5 volume_quote=1180.2 trade_count=42
"""

from collections.abc import Iterator

import polars as pl

from crashsim.data.loaders.format import Batch, Format, Options
from crashsim.data.loaders.klines import ohlc
from crashsim.data.loaders.reading.blob import Blob
from crashsim.data.loaders.reading.columnar import columnar_frames
from crashsim.data.loaders.reading.rows import Rows
from crashsim.data.loaders.reading.sample import Sample


def sniff(seen: Sample) -> bool:
    """Parquet with its columns."""
    needed = {"coin", "timestamp", "open", "close", "volume_quote", "trade_count"}
    return seen.layout == "parquet" and needed <= set(seen.names)


def read(blob: Blob, options: Options) -> Iterator[Batch]:
    """Last-price bars of one second, or of `--interval`."""
    first_row = 1
    for frame in columnar_frames(blob, "parquet"):
        rows = Rows(frame, blob.path, first_row, blob.asked)
        bars = pl.DataFrame(
            [
                rows.time("timestamp", options).alias("time"),
                rows.text("coin").alias("market"),
                *ohlc(rows),
                rows.not_negative("volume"),
                rows.not_negative("volume_quote").alias("volume_usd"),
            ]
        )
        yield Batch("last", bars, options.interval_s or 1)
        first_row += frame.height


FORMAT = Format("reservoir-candles", "hyperliquid", sniff, read)
