"""A stretch of rows of a file, whose columns are read as numbers, times, flags or text.

Every value that cannot be read is an InputError that names file, row, column and value: a reader
never turns it into a null.
"""

from collections.abc import Mapping, Sequence

import polars as pl

from crashsim.data.loaders.format import Options
from crashsim.data.loaders.reading.times import to_utc_ms, twice_in_a_zone
from crashsim.data.schema import TIME
from crashsim.scenarios.errors import InputError

_PLAIN_FLAGS = (("true", "false"), ("True", "False"))  # as nearly all files write them
_FLAGS = {"true": True, "t": True, "1": True, "yes": True}
_FLAGS |= {"false": False, "f": False, "0": False, "no": False}
_MISSING = ("", "null", "none", "nan", "na", "n/a", "\\n", "<nil>", "nat")


class Rows:
    """Rows of one file. frame: columns as in the file; first_row: its number, from 1.

    asked: the blob's, in which it is noted which columns were read.
    """

    def __init__(
        self, frame: pl.DataFrame, path: str, first_row: int, asked: dict[str, bool] | None = None
    ) -> None:
        self.frame = frame
        self.path = path
        self.first_row = first_row
        self.asked = {} if asked is None else asked
        for name in frame.columns:
            self.asked.setdefault(name, False)

    def has(self, name: str) -> bool:
        """Is there such a column?"""
        return name in self.frame.columns

    def pick(self, aliases: Sequence[str]) -> str | None:
        """The first of the aliases that is a column."""
        return next((name for name in aliases if self.has(name)), None)

    def number(self, name: str, optional: bool = False) -> pl.Series:
        """Finite float64; with optional an empty cell is null."""
        raw = self._column(name)
        if raw.dtype == pl.Boolean:
            self._refuse(raw, raw.is_not_null(), "a number")
        values = _as_float(raw)
        if raw.dtype != pl.Boolean and not values.null_count() and values.is_finite().all():
            return values.alias(name)
        values = _as_float(_text(raw)) if _is_text(raw) else values
        empty = _is_empty(raw)
        values = values.set(empty, None)
        wrong = (values.is_null() & ~empty) | ~values.is_finite().fill_null(True)
        self._refuse(raw, wrong, "a number")
        return self._given(values, raw, empty, optional, "a number").alias(name)

    def integer(self, name: str, optional: bool = False) -> pl.Series:
        """Int64; with optional an empty cell is null."""
        raw = self._column(name)
        whole = _as_whole(raw)
        if whole is not None:
            return whole.alias(name)
        text = _text(raw).str.strip_suffix(".0")
        values = text.cast(pl.Int64, strict=False)
        empty = _is_empty(raw)
        self._refuse(raw, values.is_null() & ~empty, "a whole number")
        return self._given(values, raw, empty, optional, "a whole number").alias(name)

    def positive(self, name: str, optional: bool = False) -> pl.Series:
        """Finite float64 above zero: a price; with optional an empty cell is null."""
        values = self.number(name, optional)
        self._refuse(self._column(name), (values <= 0).fill_null(False), "a number above 0")
        return values

    def not_negative(self, name: str, optional: bool = False) -> pl.Series:
        """Finite float64, zero or more: a size or volume."""
        values = self.number(name, optional)
        self._refuse(self._column(name), (values < 0).fill_null(False), "0 or more")
        return values

    def rate(self, name: str) -> pl.Series:
        """Finite float64 of at most 1 either way: a fraction of notional, no percentage."""
        values = self.number(name)
        self._refuse(self._column(name), values.abs() > 1, "a fraction (is it a percentage?)")
        return values

    def time(self, name: str, options: Options, unit: str | None = None) -> pl.Series:
        """UTC time of millisecond precision; unit as the format's documentation has it, if any."""
        raw = self._column(name)
        whole = _as_whole(raw)
        ms = to_utc_ms(raw if whole is None else whole, options.time_unit or unit, options.tz)
        if ms.null_count() and options.tz != "UTC":
            self._refuse(
                raw,
                twice_in_a_zone(raw, options.time_unit or unit, options.tz),
                f"a time that {options.tz} has once: the clocks were set back or forward in this "
                "hour, so it is ambiguous; give times in UTC, or with their offset",
            )
        hint = f" in {options.time_unit or unit}" if options.time_unit or unit else ""
        self._refuse(
            raw, ms.is_null(), f"a time between 2009 and 2100{hint} (see --time-unit, --tz)"
        )
        return ms.cast(TIME).alias(name)

    def flag(self, name: str, optional: bool = False) -> pl.Series:
        """Boolean, written true/false, True/False, t/f, yes/no or 1/0."""
        raw = self._column(name)
        if raw.dtype == pl.Boolean:
            return raw
        for yes, no in _PLAIN_FLAGS if raw.dtype == pl.String else ():
            values = raw == yes
            if (values | (raw == no)).all(ignore_nulls=False):
                return values.alias(name)
        empty = _is_empty(raw)
        values = _text(raw).str.to_lowercase().replace_strict(_FLAGS, default=None)
        values = values.cast(pl.Boolean)
        self._refuse(raw, values.is_null() & ~empty, "true or false")
        return self._given(values, raw, empty, optional, "true or false").alias(name)

    def text(self, name: str, optional: bool = False) -> pl.Series:
        """Text without surrounding blanks; with optional an empty cell is null."""
        raw = self._column(name)
        if raw.dtype == pl.String and _as_whole(raw) is not None:
            return raw
        empty = _is_empty(raw)
        values = _text(raw).set(empty, None)
        return self._given(values, raw, empty, optional, "text").alias(name)

    def choice(self, name: str, meanings: Mapping[str, str]) -> pl.Series:
        """Text of a closed set, in any case, as its meaning."""
        raw = self._column(name)
        values = _text(raw).str.to_lowercase().replace_strict(dict(meanings), default=None)
        values = values.cast(pl.String)
        self._refuse(raw, values.is_null(), "one of " + ", ".join(meanings))
        return values.alias(name)

    def constant(self, value: object, name: str) -> pl.Series:
        """A column of one value."""
        return pl.Series(name, [value]).new_from_index(0, self.frame.height)

    def _column(self, name: str) -> pl.Series:
        if not self.has(name):
            raise InputError(
                f"{self.path}: no column {name!r}; the columns are {', '.join(self.frame.columns)}"
            )
        self.asked[name] = True
        column = self.frame[name]
        if column.dtype.is_nested() or column.dtype in (pl.Binary, pl.Object):
            raise InputError(f"{self.path}: column {name!r} is {column.dtype}, not plain values")
        return column

    def _given(
        self, values: pl.Series, raw: pl.Series, empty: pl.Series, optional: bool, expected: str
    ) -> pl.Series:
        if not optional:
            self._refuse(raw, empty, expected)
        return values

    def _refuse(self, raw: pl.Series, wrong: pl.Series, expected: str) -> None:
        if not wrong.any():
            return
        index = int(wrong.arg_max() or 0)
        count = int(wrong.sum())
        more = f" ({count} such rows)" if count > 1 else ""
        raise InputError(
            f"{self.path}: row {self.first_row + index}, column {raw.name!r}: found"
            f" {_shown(raw, index)!r}, expected {expected}{more}"
        )


def _shown(column: pl.Series, index: int) -> str:
    """A value for a message; of a time its number, since a damaged one may be of no calendar."""
    plain = column.to_physical() if column.dtype.is_temporal() else column
    return str(plain[index])[:60]


def _is_text(column: pl.Series) -> bool:
    return column.dtype in (pl.String, pl.Categorical)


def _as_float(column: pl.Series) -> pl.Series:
    return column.cast(pl.Float64, strict=False)


def _as_whole(column: pl.Series) -> pl.Series | None:
    """Int64 of a column that is whole numbers throughout, as most are; None for any other."""
    if not (column.dtype == pl.String or column.dtype.is_integer()):
        return None
    whole = column.cast(pl.Int64, strict=False)
    return None if whole.null_count() else whole


def _text(column: pl.Series) -> pl.Series:
    return column.cast(pl.String, strict=False).str.strip_chars(' \t"\r')


def _is_empty(column: pl.Series) -> pl.Series:
    if not _is_text(column):
        missing = column.is_null()
        return missing | column.is_nan() if column.dtype.is_float() else missing
    return _text(column).str.to_lowercase().is_in(_MISSING).fill_null(True)
