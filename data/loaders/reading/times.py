"""Timestamps of seven shapes to UTC milliseconds.

Seconds (integer or decimal text), milliseconds, microseconds, nanoseconds, ISO 8601 with and
without a zone and with up to nine decimals, `YYYY-MM-DD HH:MM:SS`, and the same with ` UTC`.
"""

import polars as pl

FIRST_S = 1_230_768_000  # 2009-01-01: no venue is older
LAST_S = 4_102_444_800  # 2100-01-01
_PER_S = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}
_ISO = (
    r"^(?<day>\d{4}[-/]\d{2}[-/]\d{2})(?:[TD ](?<clock>\d{2}:\d{2}(?::\d{2})?)"
    r"(?:\.(?<frac>\d{1,9}))?\s*(?<zone>Z|UTC|[+-]\d{2}:?\d{2})?)?$"
)


def to_utc_ms(column: pl.Series, unit: str | None, tz: str) -> pl.Series:
    """UTC milliseconds (Int64) of a column of any of the shapes; null where it is none.

    unit: s, ms, us or ns for numbers; without it the first value's size says it (the ranges of the
    four units from 2009 to 2100 do not overlap) and every other value must agree. Finer parts are
    cut off, not rounded. tz: zone of times that carry none.
    """
    if isinstance(column.dtype, pl.Datetime):
        return _from_datetime(column, tz)
    if column.dtype == pl.Date:
        return _from_datetime(column.cast(pl.Datetime("ms")), tz)
    if column.dtype.is_integer():
        return _from_integer(column.cast(pl.Int64, strict=False), unit)
    text = _as_text(column)
    first = text.drop_nulls().head(1).to_list()
    if not first:
        return pl.Series(column.name, [None] * len(column), dtype=pl.Int64)
    if _is_integer(first[0]):
        return _from_integer(text.cast(pl.Int64, strict=False), unit)
    if _is_decimal(first[0]):
        return _from_decimal(text, unit)
    return _plausible(iso_to_utc_ms(text, tz))


def twice_in_a_zone(column: pl.Series, unit: str | None, tz: str) -> pl.Series:
    """Which values are an hour of the clock that this zone has twice, or never: clocks were set."""
    return to_utc_ms(column, unit, tz).is_null() & to_utc_ms(column, unit, "UTC").is_not_null()


def looks_like_time(cell: str) -> bool:
    """Whether a cell is a time of one of the shapes."""
    return to_utc_ms(pl.Series([cell]), None, "UTC").null_count() == 0


def _as_text(column: pl.Series) -> pl.Series:
    text = column.cast(pl.String, strict=False).str.strip_chars(' \t"')
    return text.set(text == "", None)


def _is_integer(text: str) -> bool:
    return text.isdecimal() and text.isascii()


def _is_decimal(text: str) -> bool:
    whole, dot, decimals = text.partition(".")
    return bool(dot) and _is_integer(whole) and (_is_integer(decimals) or not decimals)


def _unit_of(value: int | None, unit: str | None) -> str | None:
    if unit or value is None:
        return unit
    fits = [u for u, per_s in _PER_S.items() if FIRST_S * per_s <= value < LAST_S * per_s]
    return fits[0] if fits else None


def _from_integer(values: pl.Series, unit: str | None) -> pl.Series:
    known = values.drop_nulls()
    found = _unit_of(int(known[0]) if len(known) else None, unit)
    if found is None:
        return pl.Series(values.name, [None] * len(values), dtype=pl.Int64)
    per_s = _PER_S[found]
    # Checked before multiplying: 64 bits can overflow.
    whole = values.set((values < FIRST_S * per_s) | (values >= LAST_S * per_s), None)
    return whole * 1000 if found == "s" else whole // (per_s // 1000)


def _from_decimal(text: pl.Series, unit: str | None) -> pl.Series:
    """Decimal text without a float in between, which would lose the last digits."""
    parts = text.str.extract_groups(r"^(?<whole>\d{1,18})\.?(?<frac>\d*)$").struct.unnest()
    whole = parts["whole"].cast(pl.Int64, strict=False).alias(text.name)
    ms = _from_integer(whole, unit)
    known = whole.drop_nulls()
    if _unit_of(int(known[0]) if len(known) else None, unit) != "s":
        return ms
    return ms + parts.select(_first_three(pl.col("frac"))).to_series()


def iso_to_utc_ms(text: pl.Series, tz: str) -> pl.Series:
    """UTC milliseconds (Int64) of ISO 8601 texts, of any year; null where one is none.

    tz: zone of times that carry none.
    """
    parts = text.str.extract_groups(_ISO).struct.unnest()
    clock = pl.col("clock").fill_null("00:00:00")
    clock = pl.when(clock.str.len_chars() == 5).then(clock + ":00").otherwise(clock)
    stamp = (pl.col("day").str.replace_all("/", "-") + " " + clock).str.to_datetime(
        "%Y-%m-%d %H:%M:%S", strict=False, time_unit="ms"
    )
    local = stamp.dt.replace_time_zone(tz, ambiguous="null", non_existent="null").dt.epoch("ms")
    elsewhere = stamp.dt.epoch("ms") - _offset_ms().fill_null(0)
    second_ms = pl.when(pl.col("zone").is_null()).then(local).otherwise(elsewhere)
    ms = (second_ms + _first_three(pl.col("frac"))).alias(text.name)
    return parts.select(ms).to_series()


def _offset_ms() -> pl.Expr:
    """Milliseconds east of UTC of a zone like `+08:00` or `-0400`; null for `Z` and `UTC`."""
    groups = pl.col("zone").str.extract_groups(r"^(?<sign>[+-])(?<h>\d{2}):?(?<m>\d{2})$").struct
    hours = groups.field("h").cast(pl.Int64, strict=False)
    minutes = groups.field("m").cast(pl.Int64, strict=False)
    size = (hours * 60 + minutes) * 60_000
    return pl.when(groups.field("sign") == "-").then(-size).otherwise(size)


def _first_three(decimals: pl.Expr) -> pl.Expr:
    """The first three digits after the point as a number: whole milliseconds."""
    digits = decimals.fill_null("").str.slice(0, 3).str.pad_end(3, "0")
    return digits.cast(pl.Int64, strict=False)


def _from_datetime(column: pl.Series, tz: str) -> pl.Series:
    if isinstance(column.dtype, pl.Datetime) and column.dtype.time_zone is None:
        column = column.dt.replace_time_zone(tz, ambiguous="null", non_existent="null")
    return _plausible(column.dt.epoch("ms").cast(pl.Int64))


def _plausible(ms: pl.Series) -> pl.Series:
    return ms.set((ms < FIRST_S * 1000) | (ms >= LAST_S * 1000), None)
