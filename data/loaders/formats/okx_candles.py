"""OKX candles (static archive since about 2025-09).

Sample (vol in contracts, vol_ccy in base, vol_quote in quote units; confirm 0: not yet closed):

    ABC-USDT-SWAP,10.0,10.5,9.1,9.4,1205,120.5,1180.2,1760130960000,1
"""

from collections.abc import Iterator

import polars as pl

from crashsim.data.loaders.format import Batch, Format, Options
from crashsim.data.loaders.klines import ohlc
from crashsim.data.loaders.meaning.bar_lengths import bars_on_grid
from crashsim.data.loaders.okx import plain_names
from crashsim.data.loaders.reading.blob import Blob
from crashsim.data.loaders.reading.delimited import csv_rows
from crashsim.data.loaders.reading.sample import Sample

COLUMNS: tuple[str, ...] = (
    "instrument_name",
    "open",
    "high",
    "low",
    "close",
    "vol",
    "vol_ccy",
    "vol_quote",
)
COLUMNS += ("open_time", "confirm")


def sniff(seen: Sample) -> bool:
    """Its header."""
    return plain_names(seen)[:10] == COLUMNS


def read(blob: Blob, options: Options) -> Iterator[Batch]:
    """Closed bars; those still open when the file was made are left out and counted."""
    for rows in csv_rows(blob, COLUMNS):
        frame = pl.DataFrame(
            [
                rows.time("open_time", options).alias("time"),
                rows.text("instrument_name").alias("market"),
                *ohlc(rows),
                rows.not_negative("vol_ccy").alias("volume"),
                rows.not_negative("vol_quote").alias("volume_usd"),
                rows.flag("confirm"),
            ]
        )
        found = bars_on_grid(frame, blob.path, options.interval_s)
        closed = found.bars.filter("confirm").drop("confirm")
        still_open = found.bars.height - closed.height
        open_note = f"{still_open} bars were not closed yet and are left out"
        notes = (*found.notes, *([open_note] if still_open else []))
        yield Batch(options.kind or "last", closed, found.interval_s, notes)


FORMAT = Format("okx-candles", "okx", sniff, read)
