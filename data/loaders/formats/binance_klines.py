"""Binance USD-M klines: last, mark and index candles (data.binance.vision).

Sample (the header came about 2022-05; older files have none; times are milliseconds, bar open):

    1760130960000,10.0,10.5,9.1,9.4,120.5,1760131019999,1180.2,42,60.1,590.0,0

Mark and index files have the same columns and even the same file name; their volumes are 0 while
`count` is the number of samples. Which of the two it is, only the folder says.
"""

from collections.abc import Iterator

import polars as pl

from crashsim.data.loaders.format import Batch, Format, Options
from crashsim.data.loaders.klines import bar_seconds, kline_rows, looks_like_klines, ohlc
from crashsim.data.loaders.reading.blob import Blob
from crashsim.data.loaders.reading.names import market_of
from crashsim.data.loaders.reading.sample import Sample, sample
from crashsim.scenarios.errors import InputError

_FOLDERS = {"markPriceKlines": "mark", "indexPriceKlines": "index"}


def sniff(seen: Sample) -> bool:
    """Twelve columns, millisecond times."""
    return looks_like_klines(seen, 13)


def read(blob: Blob, options: Options) -> Iterator[Batch]:
    """Bars of one market; kind by folder or `--kind` where the volumes are 0."""
    seen = sample(blob)
    kind = _kind(seen, blob, options)
    market = market_of(blob, options)
    for rows in kline_rows(blob, seen.width):
        volumes = [rows.not_negative("volume"), rows.not_negative("quote_volume")]
        if kind != "last":
            volumes = [rows.constant(None, "volume"), rows.constant(None, "quote_volume")]
        frame = pl.DataFrame(
            [
                rows.time("open_time", options, "ms").alias("time"),
                rows.constant(market, "market"),
                *ohlc(rows),
                volumes[0],
                volumes[1].alias("volume_usd"),
            ]
        )
        yield Batch(kind, frame, bar_seconds(rows, 1000))


def _kind(seen: Sample, blob: Blob, options: Options) -> str:
    if options.kind:
        return options.kind
    for folder, kind in _FOLDERS.items():
        if folder in blob.path:
            return kind
    cells = [row for row in seen.rows if len(row) > 8]
    sampled = all(_is_zero(row[5]) and not _is_zero(row[8]) for row in cells)
    if cells and sampled:
        raise InputError(
            f"{blob.path}: candles without volume: mark or index prices, which their content does"
            " not tell apart. Say it with --kind mark (or index)"
        )
    return "last"


def _is_zero(cell: str) -> bool:
    return cell.strip().strip("0.") == ""


FORMAT = Format("binance-um-klines", "binance", sniff, read)
