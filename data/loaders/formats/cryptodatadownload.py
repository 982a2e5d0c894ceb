"""CryptoDataDownload candles: line 1 is a web address, newest first.

Sample (seconds or milliseconds; the volume columns' names contain the symbol, so columns are taken
by position; names are lower case in older files):

    https://www.CryptoDataDownload.com
    Unix,Date,Symbol,Open,High,Low,Close,Volume ABC,Volume USDT,tradecount
    1760130960000,2025-10-10 21:16:00,ABCUSDT,10,10.5,9.1,9.4,120.5,1180.2,42
"""

from collections.abc import Iterator

import polars as pl

from crashsim.data.loaders.format import Batch, Format, Options
from crashsim.data.loaders.klines import ohlc
from crashsim.data.loaders.meaning.bar_lengths import bars_on_grid
from crashsim.data.loaders.reading.blob import Blob
from crashsim.data.loaders.reading.delimited import csv_rows
from crashsim.data.loaders.reading.sample import Sample

COLUMNS = ("unix", "date", "symbol", "open", "high", "low", "close", "volume", "volume_usd")


def sniff(seen: Sample) -> bool:
    """Its first seven column names, then a base and a quote volume."""
    return seen.names[:7] == COLUMNS[:7] and all("volume" in name for name in seen.names[7:9])


def read(blob: Blob, options: Options) -> Iterator[Batch]:
    """Bars, oldest first."""
    for rows in csv_rows(blob, COLUMNS):
        frame = pl.DataFrame(
            [
                rows.time("unix", options).alias("time"),
                rows.text("symbol").alias("market"),
                *ohlc(rows),
                rows.not_negative("volume"),
                rows.not_negative("volume_usd"),
            ]
        ).sort("market", "time", maintain_order=True)
        found = bars_on_grid(frame, blob.path, options.interval_s)
        yield Batch(options.kind or "last", found.bars, found.interval_s, found.notes)


FORMAT = Format("cryptodatadownload", "cryptodatadownload", sniff, read)
