"""Rows as people's files shape them, put straight: repeated headers, two columns for one time,
candles without a header, decimal commas.
"""

from collections.abc import Sequence

import polars as pl

from crashsim.data.loaders.format import Options
from crashsim.data.loaders.meaning.column_names import OHLC, plain
from crashsim.data.loaders.reading.rows import Rows
from crashsim.scenarios.errors import InputError

CANDLE = ("time", *OHLC, "volume")
_CLOCK = r"^\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?$"
_TIMES = ("time", "clock", "hour")
# `10,5` and `1.234,50` can only be decimal commas; `1,234` can be a thousand as well.
_COMMA = r"^[+-]?\d[\d.]*,\d+$"
_SURE_COMMA = r"^[+-]?(\d+,(\d{1,2}|\d{4,})|0,\d+|\d{1,3}(\.\d{3})+,\d+)$"
_SAY = "say which with --decimal , or --decimal ."
_SURE_POINT = r"^[+-]?(\d+\.(\d{1,2}|\d{4,})|0\.\d+)$"
_NUMBERS = (*OHLC, "volume", "volume_usd", "price", "size", "mark", "index", "funding_rate")


def without_headers(rows: Rows) -> Rows:
    """The rows without those that repeat the header, as files that were put together have."""
    first = rows.frame.to_series(0)
    if first.dtype != pl.String:
        return rows
    same = first.str.strip_chars().str.to_lowercase() == rows.frame.columns[0]
    if not same.any():
        return rows
    return Rows(rows.frame.filter(~same.fill_null(False)), rows.path, rows.first_row)


def one_time(rows: Rows) -> Rows:
    """A date in one column and a clock in another as one column `date`."""
    names = {plain(name): name for name in rows.frame.columns}
    clock = next((names[name] for name in _TIMES if name in names), None)
    if clock is None or "date" not in names or rows.frame[clock].dtype != pl.String:
        return rows
    texts = rows.frame[clock].str.strip_chars()
    if not texts.str.contains(_CLOCK).all() or texts.is_empty():
        return rows
    day = pl.col(names["date"]).cast(pl.String).str.strip_chars()
    joined = rows.frame.with_columns((day + " " + texts).alias(names["date"])).drop(clock)
    return Rows(joined, rows.path, rows.first_row)


def named_candles(rows: Rows) -> Rows:
    """Six columns without a header under the names of candles, which they must be in every row.

    Raises InputError for a row whose prices are none of a candle.
    """
    width = len(rows.frame.columns)
    if rows.frame.columns != [f"column_{place}" for place in range(1, width + 1)]:
        return rows
    if width not in (len(CANDLE) - 1, len(CANDLE)):
        return rows
    named = Rows(
        rows.frame.rename(dict(zip(rows.frame.columns, CANDLE, strict=False))),
        rows.path,
        rows.first_row,
    )
    prices = pl.DataFrame([named.positive(name) for name in OHLC])
    lowest, highest = pl.min_horizontal("open", "close"), pl.max_horizontal("open", "close")
    wrong = prices.select((pl.col("low") > lowest) | (pl.col("high") < highest)).to_series()
    if wrong.any():
        row = rows.first_row + int(wrong.arg_max() or 0)
        raise InputError(
            f"{rows.path}: row {row}: its columns have no names, and taken as time, open, high, "
            "low, close its low or high is none; name them: --map column_1=time,column_2=open,..."
        )
    return named


def decimal_points(rows: Rows, used: dict[str, str], options: Options) -> Rows:
    """Numbers with decimal commas as numbers with points, where the file or `--decimal` says so.

    Raises InputError where a comma may be either.
    """
    columns = [name for name, ours in used.items() if ours in _NUMBERS]
    if options.decimal == ".":
        thousands = [n for n in columns if rows.frame[n].dtype == pl.String]
        whole = rows.frame.with_columns(pl.col(thousands).str.replace_all(",", "", literal=True))
        return Rows(whole, rows.path, rows.first_row)
    is_said = options.decimal is not None
    frame = with_points(rows.frame, columns, rows.path, _SAY if not is_said else None)
    return Rows(frame, rows.path, rows.first_row)


def with_points(
    frame: pl.DataFrame, columns: Sequence[str], where: str, remedy: str | None
) -> pl.DataFrame:
    """The frame with points for the decimal commas of these columns, where one of them proves them.

    where, remedy: of the InputError where a comma may be either; without a remedy it is decimal.
    """
    texts = [name for name in columns if frame[name].dtype == pl.String]
    commas = [name for name in texts if frame[name].str.contains(_COMMA).any()]
    if not commas:
        return frame
    if remedy and not any(frame[name].str.contains(_SURE_COMMA).any() for name in commas):
        shown = frame[commas[0]].filter(frame[commas[0]].str.contains(_COMMA))[0]
        raise InputError(
            f"{where}: column '{commas[0]}': {shown} may be a decimal comma or a thousand; {remedy}"
        )
    if points := [name for name in texts if frame[name].str.contains(_SURE_POINT).any()]:
        raise InputError(
            f"{where}: column '{commas[0]}' has decimal commas and column '{points[0]}' decimal "
            "points; write all numbers one way"
        )
    whole = pl.col(texts).str.replace_all(".", "", literal=True)
    return frame.with_columns(whole.str.replace(",", "."))
