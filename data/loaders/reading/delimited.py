"""CSV of any delimiter as stretches of rows, streamed."""

from collections.abc import Collection, Iterator, Sequence

import polars as pl
import pyarrow as pa
import pyarrow.csv as arrow_csv

from crashsim.data.loaders.reading.blob import Blob
from crashsim.data.loaders.reading.rows import Rows
from crashsim.data.loaders.reading.sample import Sample, sample
from crashsim.scenarios.errors import InputError

BLOCK_BYTES = 2 * 2**20
BATCH_ROWS = 250_000


def csv_rows(
    blob: Blob, names: Sequence[str] | None = None, skip: Collection[str] = ()
) -> Iterator[Rows]:
    """Rows of a CSV blob, every column as text.

    names: what to call the columns by position, for files without a header; without it the header's
    names in lower case (a repeated one gets its number). Columns beyond `names` keep the header's
    name or get their number. skip: columns that nobody wants, whose text is not looked at. Raises
    InputError for a row of another width, text that is not UTF-8, or a file without rows.
    """
    seen = sample(blob)
    columns = _columns(blob, seen, names)
    blob.asked.update(dict.fromkeys(columns, False))
    pending: list[pa.RecordBatch] = []
    first_row = 1
    try:
        with blob.open() as stream:
            for batch in _batches(stream, seen, columns, skip):
                pending.append(batch)
                if sum(each.num_rows for each in pending) >= BATCH_ROWS:
                    yield _rows(pending, blob, first_row)
                    first_row += sum(each.num_rows for each in pending)
                    pending = []
    except (pa.ArrowException, OSError, ValueError) as error:
        first = str(error).splitlines()[0]
        raise InputError(f"{blob.path}: {first}") from None
    if pending:
        yield _rows(pending, blob, first_row)


def _batches(
    stream: object, seen: Sample, columns: list[str], skip: Collection[str]
) -> Iterator[pa.RecordBatch]:
    reader = arrow_csv.open_csv(
        stream,
        read_options=arrow_csv.ReadOptions(
            column_names=columns,
            skip_rows=seen.skip + bool(seen.names),
            block_size=BLOCK_BYTES,
            use_threads=False,
        ),
        parse_options=arrow_csv.ParseOptions(delimiter=seen.delimiter),
        convert_options=arrow_csv.ConvertOptions(
            column_types=dict.fromkeys(columns, pa.string()),
            strings_can_be_null=False,
            include_columns=[name for name in columns if name not in skip],
        ),
    )
    while True:
        try:
            batch = reader.read_next_batch()
        except StopIteration:
            return
        if batch.num_rows:
            yield batch


def _rows(batches: list[pa.RecordBatch], blob: Blob, first_row: int) -> Rows:
    frame = pl.DataFrame(pl.from_arrow(pa.Table.from_batches(batches)))
    return Rows(frame, blob.path, first_row, blob.asked)


def _columns(blob: Blob, seen: Sample, names: Sequence[str] | None) -> list[str]:
    if seen.layout != "csv":
        raise InputError(f"{blob.path}: found {seen.layout} data, expected CSV rows")
    if seen.width == 0:
        raise InputError(f"{blob.path}: no rows")
    own = list(seen.names) or [f"column_{i}" for i in range(1, seen.width + 1)]
    if names is not None:
        if len(own) < len(names):
            raise InputError(f"{blob.path}: {len(own)} columns, expected at least {len(names)}")
        own[: len(names)] = names
    return _distinct(own)


def _distinct(names: list[str]) -> list[str]:
    seen: set[str] = set()
    result = []
    for number, name in enumerate(names, 1):
        label = name if name and name not in seen else f"{name or 'column'}_{number}"
        while label in seen:
            label += "_"
        seen.add(label)
        result.append(label)
    return result
