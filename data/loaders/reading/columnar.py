"""Parquet and Arrow (Feather) files as batches of rows."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO, Any

import polars as pl
import pyarrow as pa
from pyarrow import feather, ipc, parquet

from crashsim.data.loaders.reading.blob import Blob
from crashsim.scenarios.errors import InputError

BATCH_ROWS = 250_000
_DAMAGE = (pa.ArrowException, OSError, ValueError, KeyError, pl.exceptions.PolarsError)


def parquet_names(blob: Blob) -> tuple[str, ...]:
    """Column names of a Parquet blob."""
    with _readable(blob, "Parquet") as stream:
        return tuple(parquet.ParquetFile(stream).schema_arrow.names)


def arrow_names(blob: Blob) -> tuple[str, ...]:
    """Column names of an Arrow IPC or Feather blob."""
    with _readable(blob, "Arrow") as stream:
        return tuple(_arrow_table(stream).schema.names)


def columnar_frames(blob: Blob, layout: str) -> Iterator[pl.DataFrame]:
    """Rows of a Parquet (`parquet`) or Arrow (`arrow`) blob, names in lower case.

    Raises InputError where the file is damaged, cut off, or has a type that has no counterpart.
    """
    kind = "Parquet" if layout == "parquet" else "Arrow"
    with _readable(blob, kind) as stream:
        if layout == "parquet":
            for batch in parquet.ParquetFile(stream).iter_batches(BATCH_ROWS):
                yield _frame(pa.Table.from_batches([batch]))
        else:
            table = _arrow_table(stream)
            for start in range(0, table.num_rows, BATCH_ROWS):
                yield _frame(table.slice(start, BATCH_ROWS))


def _arrow_table(stream: IO[bytes]) -> Any:
    lead = stream.read(6)
    stream.seek(0)
    return ipc.open_file(stream).read_all() if lead == b"ARROW1" else feather.read_table(stream)


def _frame(table: Any) -> pl.DataFrame:
    # Damaged text is found here: Polars would end the program on it.
    table.validate(full=True)
    names = [field.name for field in table.schema]
    str(table.schema.types)  # a time zone is text too
    frame = pl.DataFrame(pl.from_arrow(pa.Table.from_arrays(table.columns, names=names)))
    return frame.rename({name: name.lower() for name in frame.columns})


@contextmanager
def _readable(blob: Blob, kind: str) -> Iterator[IO[bytes]]:
    """A seekable stream of the blob; the reader's many errors become one InputError."""
    with blob.open() as stream:
        if stream.seekable():
            yield from _guard(lambda: stream, blob, kind)
            return
        with tempfile.TemporaryFile() as spooled:
            while block := stream.read(2**20):
                spooled.write(block)
            spooled.seek(0)
            yield from _guard(lambda: spooled, blob, kind)


def _guard(give: Callable[[], IO[bytes]], blob: Blob, kind: str) -> Iterator[IO[bytes]]:
    try:
        yield give()
    except (*_DAMAGE, pl.exceptions.PanicException) as error:
        first = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputError(
            f"{blob.path}: not a whole {kind} file ({first}); download or export it again"
        ) from None
