"""The twelve columns of Binance klines, shared by its USD-M, COIN-M and spot files."""

from collections.abc import Iterator

import polars as pl

from crashsim.data.loaders.reading.blob import Blob
from crashsim.data.loaders.reading.delimited import csv_rows
from crashsim.data.loaders.reading.rows import Rows
from crashsim.data.loaders.reading.sample import Sample
from crashsim.scenarios.errors import InputError

COLUMNS: tuple[str, ...] = (
    "open_time",
    "open",
    "high",
    "low",
    "close",
    "volume",
    "close_time",
    "quote_volume",
)
COLUMNS += ("count", "taker_buy_volume", "taker_buy_quote_volume", "ignore")


def looks_like_klines(seen: Sample, digits: int) -> bool:
    """Twelve columns (the last may be empty) with two times of so many digits: start and end."""
    if seen.layout != "csv" or seen.width not in (11, 12, 13) or not seen.rows:
        return False
    first = seen.rows[0]
    times = first[0].strip(), first[6].strip() if len(first) > 6 else ""
    return all(t.isdecimal() and len(t) == digits for t in times) and times[1] > times[0]


def kline_rows(blob: Blob, seen_width: int) -> Iterator[Rows]:
    """Rows under the names of COLUMNS, whether the file has a header or not."""
    return csv_rows(blob, COLUMNS[: min(seen_width, len(COLUMNS))])


def bar_seconds(rows: Rows, per_second: int) -> int:
    """Length of the bars: close time less open time, plus one unit; one length a file."""
    length = rows.integer("close_time") - rows.integer("open_time") + 1
    found = length.unique().to_list()
    if len(found) != 1 or found[0] <= 0 or found[0] % per_second:
        raise InputError(
            f"{rows.path}: bars of {len(found)} lengths (close_time - open_time + 1 ="
            f" {', '.join(map(str, sorted(found)[:3]))}), expected one whole number of seconds"
        )
    return int(found[0]) // per_second


def ohlc(rows: Rows) -> list[pl.Series]:
    """Open, high, low and close, above zero."""
    return [rows.positive(name) for name in ("open", "high", "low", "close")]
