"""CSV files of published figures: lines that start with # say where they come from."""

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from crashsim.scenarios.errors import InputError


def read_sourced(
    path: Path, columns: Sequence[str], times: Sequence[str], number_columns: Sequence[str]
) -> pl.DataFrame:
    """These columns, with times as UTC milliseconds and finite numbers; a column `market` is text.

    Raises InputError naming file, market and value.
    """
    try:
        text = pl.read_csv(path, comment_prefix="#", infer_schema=False)
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except pl.exceptions.PolarsError as error:
        raise InputError(f"{path}: not a CSV file: {str(error).splitlines()[0]}") from None
    missing = [name for name in columns if name not in text.columns]
    if missing:
        raise InputError(f"{path}: no column {', '.join(missing)}; expected {', '.join(columns)}")
    frame = text.select(columns).with_columns(
        pl.col(number_columns).cast(pl.Float64, strict=False), *(_time_ms(name) for name in times)
    )
    for name in number_columns:
        finite = pl.col(name).is_finite().fill_null(False)
        refuse_rows(path, frame, ~finite, name, "a finite number")
    for name in times:
        refuse_rows(
            path, frame, pl.col(name).is_null(), name, "a time such as 2025-10-10T21:00:00Z"
        )
    return frame


def refuse_rows(
    path: Path, frame: pl.DataFrame, wrong: pl.Expr, column: str, expected: str
) -> None:
    """Raise InputError for the first row that is wrong, naming its market and value."""
    rows = frame.with_row_index("row", offset=1).filter(wrong)
    if rows.height:
        first = rows.row(0, named=True)
        raise InputError(
            f"{path}: data row {first['row']} ({first['market']}): {column} is {first[column]!r}, "
            f"expected {expected}"
        )


def _time_ms(name: str) -> pl.Expr:
    stamp = pl.col(name).str.strip_chars_end("Z").str.to_datetime(time_unit="ms", strict=False)
    return stamp.dt.timestamp("ms").alias(name)
