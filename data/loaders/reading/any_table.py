"""Rows of any table file: CSV, Parquet, Arrow, JSON lines or an array of flat objects."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec
import polars as pl

from crashsim.data.loaders.reading.blob import Blob
from crashsim.data.loaders.reading.columnar import columnar_frames
from crashsim.data.loaders.reading.delimited import csv_rows
from crashsim.data.loaders.reading.jsonlines import json_lines, json_value
from crashsim.data.loaders.reading.rows import Rows
from crashsim.data.loaders.reading.sample import sample
from crashsim.scenarios.errors import InputError

BATCH_ROWS = 100_000


def table_rows(blob: Blob) -> Iterator[Rows]:
    """Rows with column names in lower case, in batches."""
    seen = sample(blob)
    layout = seen.layout
    if layout == "csv":
        yield from csv_rows(blob)
        return
    if seen.has_records:
        frames = _object_frames(blob, layout)
    elif layout in ("parquet", "arrow"):
        frames = columnar_frames(blob, layout)
    else:
        raise InputError(f"{blob.path}: {layout} content is not a table")
    first_row = 1
    for frame in frames:
        yield Rows(frame, blob.path, first_row, blob.asked)
        first_row += frame.height


def _object_frames(blob: Blob, layout: str) -> Iterator[pl.DataFrame]:
    pending: list[dict[str, object]] = []
    for record in _objects(blob, layout):
        pending.append(record)
        if len(pending) >= BATCH_ROWS:
            yield text_frame(pending, blob)
            pending = []
    if pending:
        yield text_frame(pending, blob)


def _objects(blob: Blob, layout: str) -> Iterable[dict[str, object]]:
    if layout == "json":
        return json_value(blob, list[dict[str, object]])
    return (record for _, record in json_lines(blob, dict[str, object]))


def text_frame(records: Sequence[Mapping[str, object]], blob: Blob) -> pl.DataFrame:
    """Flat objects as a frame of text, names in lower case."""
    names = list(dict.fromkeys(name for record in records for name in record))
    if not names:
        raise InputError(f"{blob.path}: its records have no fields")
    if len({name.lower() for name in names}) != len(names):
        raise InputError(f"{blob.path}: two fields differ only in upper and lower case")
    return pl.DataFrame(
        {name.lower(): [_as_text(record.get(name)) for record in records] for name in names},
        schema_overrides={name.lower(): pl.String() for name in names},
    )


def _as_text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return msgspec.json.encode(value).decode()
