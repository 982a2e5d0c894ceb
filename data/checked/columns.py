"""Columns of a table as numbers, texts and times, with every unfit value noted."""

from collections.abc import Sequence

import polars as pl

from crashsim.data.checked.findings import Findings
from crashsim.data.loaders.reading.times import iso_to_utc_ms, to_utc_ms

_ISO = (
    r"^\d{4}-\d{2}-\d{2}"
    r"([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?\s*(Z|UTC|[+-]\d{2}:?\d{2})?)?$"
)
_TIME_EXPECTED = "an ISO time such as 2025-10-10T21:00:00Z (UTC where no zone is given)"
LARGEST = 1e30  # products of two larger numbers leave what a float can hold


def numbers(
    findings: Findings,
    column: str,
    expected: str,
    *,
    above: float | None = None,
    at_least: float | None = None,
    empty_ok: bool | pl.Series = False,
) -> pl.Series:
    """The column as Float64; values must be finite, > `above`, >= `at_least`. Null where unfit.

    empty_ok: whether values may be absent, or in which rows.
    """
    raw = findings.table.frame[column]
    if raw.dtype == pl.String:
        values = raw.str.strip_chars().cast(pl.Float64, strict=False)
    elif raw.dtype.is_numeric() or raw.dtype == pl.Null:
        values = raw.cast(pl.Float64)
    else:
        values = pl.Series(column, [None] * len(raw), pl.Float64)
    fit = values.is_finite()
    if above is not None:
        fit &= values > above
    if at_least is not None:
        fit &= values >= at_least
    fit = fit.fill_null(False)
    too_large = fit & (values.abs() > LARGEST)
    findings.bad_rows(too_large, column, f"a number of at most {LARGEST:g}")
    findings.bad_rows(~fit & ~_may_be_empty(raw, empty_ok), column, expected)
    return values.set(~fit, None)


def texts(
    findings: Findings,
    column: str,
    expected: str = "text",
    *,
    allowed: Sequence[str] = (),
    empty_ok: bool | pl.Series = False,
) -> pl.Series:
    """The column as String, one of `allowed` if given; null where empty, as `empty_ok` allows.

    Spaces around a text do not belong to it (`a, BTC, 1`): " BTC" would have no margin table.
    """
    raw = findings.table.frame[column]
    values = raw.cast(pl.String, strict=False).str.strip_chars()
    values = values.set(is_empty(values), None)
    bad = values.is_null() & ~_may_be_empty(values, empty_ok)
    if allowed:
        bad |= ~values.is_in(list(allowed)).fill_null(True)
    findings.bad_rows(bad, column, expected)
    return values


def times_ms(
    findings: Findings, column: str, *, empty_ok: bool = False, is_epoch_ok: bool = False
) -> pl.Series:
    """The column as UTC milliseconds (Int64), finer parts cut off; null where unfit.

    Takes ISO text and Datetime columns of any unit, with or without a zone (then UTC). A bare
    number is refused, unless is_epoch_ok: then its size says its unit, as in imported files.
    """
    raw = findings.table.frame[column]
    if is_epoch_ok and _is_epoch(raw):
        values = to_utc_ms(raw, None, "UTC")
    elif raw.dtype == pl.String:
        values = _parsed_times(raw)
    elif isinstance(raw.dtype, pl.Datetime):
        values = raw.dt.convert_time_zone("UTC") if raw.dtype.time_zone else raw
        values = values.dt.epoch("ms")
    elif raw.dtype == pl.Date:
        values = raw.cast(pl.Datetime("ms")).dt.epoch("ms")
    else:
        values = pl.Series(column, [None] * len(raw), pl.Int64)
    bad = values.is_null() & ~_may_be_empty(raw, empty_ok)
    findings.bad_rows(bad, column, _TIME_EXPECTED)
    return values.alias(column)


def _is_epoch(raw: pl.Series) -> bool:
    if raw.dtype != pl.String:
        return raw.dtype.is_integer()
    known = raw.filter(~is_empty(raw)).str.strip_chars()
    return len(known) > 0 and bool(known.str.contains(r"^\d+(\.\d+)?$").all())


def is_empty(raw: pl.Series) -> pl.Series:
    """Where a value is absent: null, text of nothing but spaces, or NaN in a column of numbers."""
    if raw.dtype == pl.String:
        return raw.is_null() | (raw.str.strip_chars() == "").fill_null(False)
    if raw.dtype.is_float():  # a writer of Parquet may mark what is absent by NaN
        return raw.is_null() | raw.is_nan().fill_null(False)
    return raw.is_null()


def _may_be_empty(raw: pl.Series, empty_ok: bool | pl.Series) -> pl.Series:
    empty = is_empty(raw)
    if isinstance(empty_ok, bool):
        return empty if empty_ok else empty & False
    return empty & empty_ok


def _parsed_times(raw: pl.Series) -> pl.Series:
    # A time repeats for every market, so each text is parsed once.
    texts = raw.unique()
    written = texts.str.strip_chars()
    written = written.set(~written.str.contains(_ISO), None)
    parsed = pl.DataFrame({"text": texts, "ms": iso_to_utc_ms(written, "UTC")})
    joined = raw.to_frame("text").join(
        parsed, on="text", how="left", nulls_equal=True, maintain_order="left"
    )
    return joined["ms"]
