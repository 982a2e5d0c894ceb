"""One input file as a table: its rows, where they stand in the file, and its fingerprint."""

import csv
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import polars as pl

from crashsim.scenarios.errors import InputError

PLACE = "__place"  # the number of a row as a person finds it in the file
_BOM = b"\xef\xbb\xbf"
_HEAD_BYTES = 65_536
_DELIMITERS = (",", ";", "\t", "|")

Source = Path | bytes


@dataclass(frozen=True)
class InputFile:
    """One file that a replay read, for its manifest.

    name: the file's name without its folders. sha256: of its bytes, in hex. rows: data rows.
    role: prices, volume, overlay, accounts, positions, added or flows.
    notes: what a reader of the results should know about it, one sentence each.
    names: names of markets in the file, and the tape's for each, where the two differ.
    """

    name: str
    sha256: str
    rows: int
    role: str
    notes: tuple[str, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)

    def recorded(self) -> dict[str, Any]:
        """The entry as a run's name counts it: names only where there are any."""
        entry = asdict(self)
        return entry if self.names else {key: entry[key] for key in entry if key != "names"}


@dataclass(frozen=True)
class Table:
    """The rows of a file, with PLACE as the last column; of CSV and JSON every column is text.

    place_word is `line` for CSV, whose header is line 1, and `row` (from 1) for all else. notes: as
    in InputFile. own: our name of a column -> the file's, where the two differ.
    """

    path: Path
    place_word: str
    frame: pl.DataFrame
    sha256: str
    notes: tuple[str, ...] = ()
    own: Mapping[str, str] = field(default_factory=dict)

    @property
    def columns(self) -> tuple[str, ...]:
        """The file's own column names."""
        return tuple(name for name in self.frame.columns if name != PLACE)

    def has(self, column: str) -> bool:
        """Whether the file has this column."""
        return column in self.frame.columns

    def as_input(self, role: str, *notes: str, names: Mapping[str, str] | None = None) -> InputFile:
        """The manifest's entry of this file."""
        return InputFile(
            self.path.name,
            self.sha256,
            self.frame.height,
            role,
            notes=(*self.notes, *notes),
            names=dict(names or {}),
        )


def read_table(path: Path) -> Table:
    """Read CSV of any delimiter, JSON records, Parquet or Feather, packed or not, by content.

    Blank lines of a CSV are skipped, and lines that repeat its header. Raises InputError for a file
    that is missing, empty, unreadable, or has a column name twice.
    """
    try:
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as problem:
        raise InputError(f"{path}: cannot be read: {problem.strerror}") from None
    source = _unpacked(path)
    read = _reader(_head(source))
    offset, word = (2, "line") if read is _read_csv else (1, "row")
    frame = read(path, source).with_columns(pl.int_range(offset, pl.len() + offset).alias(PLACE))
    if read is not _read_csv:
        return Table(path, word, frame, sha256)
    frame = frame.filter(~pl.all_horizontal(pl.exclude(PLACE).is_null()))
    names = [name for name in frame.columns if name != PLACE]
    repeats = pl.all_horizontal(pl.col(name).str.strip_chars() == name for name in names)
    kept = frame.filter(~repeats.fill_null(False))
    count = frame.height - kept.height
    notes = (f"{count} lines that repeat the header were left out",) if count else ()
    return Table(path, word, kept, sha256, notes=notes)


def _unpacked(path: Path) -> Source:
    """The file itself, which is not read for this, or the bytes of the one that it packs."""
    from crashsim.data.loaders.reading.containers import blobs_of
    from crashsim.data.loaders.reading.packed.parts import parts_of

    blobs = blobs_of(path)
    first = next(blobs, None)
    if first and len(parts_of(path)) == 1 and first.head(_HEAD_BYTES) == _head(path):
        return path
    content = first.whole() if first else b""
    if not first or next(blobs, None):
        raise InputError(f"{path}: packs several files or none, expected one table")
    return content


def _head(source: Source) -> bytes:
    if isinstance(source, bytes):
        return source[:_HEAD_BYTES]
    with source.open("rb") as file:
        return file.read(_HEAD_BYTES)


def _whole(source: Source) -> bytes:
    return source if isinstance(source, bytes) else source.read_bytes()


def _reader(head: bytes) -> Callable[[Path, Source], pl.DataFrame]:
    if head.startswith(b"PAR1"):
        return _read_parquet
    if head.startswith((b"ARROW1", b"FEA1")):
        return _read_feather
    return _read_json if head.removeprefix(_BOM).lstrip()[:1] in (b"[", b"{") else _read_csv


def _read_parquet(path: Path, source: Source) -> pl.DataFrame:
    try:
        return pl.read_parquet(source)
    except (pl.exceptions.PolarsError, OSError) as problem:
        raise InputError(f"{path}: not a readable Parquet file: {_first_line(problem)}") from None


def _read_feather(path: Path, source: Source) -> pl.DataFrame:
    from crashsim.data.loaders.reading.blob import Blob
    from crashsim.data.loaders.reading.columnar import columnar_frames

    blob = Blob(path.name, str(path), lambda: BytesIO(_whole(source)))
    return pl.concat(columnar_frames(blob, "arrow"))


def _read_json(path: Path, source: Source) -> pl.DataFrame:
    """An array of records, or a record a line, as text."""
    text = _whole(source).decode("utf-8-sig", errors="replace")
    try:
        found = json.loads(text)
    except ValueError:
        found = [_record_of(path, *line) for line in enumerate(text.splitlines(), 1) if line[1]]
    rows = found if isinstance(found, list) else [found]
    if not all(isinstance(row, dict) for row in rows):
        raise InputError(f"{path}: expected JSON records: an array of objects, or one a line")
    names = list(dict.fromkeys(name for row in rows for name in row))
    return pl.DataFrame(
        {name: [_as_text(row.get(name)) for row in rows] for name in names},
        schema_overrides=dict.fromkeys(names, pl.String()),
    )


def _record_of(path: Path, number: int, line: str) -> object:
    try:
        return json.loads(line)
    except ValueError as problem:
        raise InputError(f"{path}, line {number}: not JSON ({problem}); is it cut off?") from None


def _as_text(value: object) -> str | None:
    return value if value is None or isinstance(value, str) else json.dumps(value)


def _delimiter(head: bytes) -> str:
    """The mark that the header line has most often."""
    header = next((line for line in head.splitlines() if line.strip()), b"")
    return max(_DELIMITERS, key=lambda mark: header.count(mark.encode()))


def _read_csv(path: Path, source: Source) -> pl.DataFrame:
    head = _head(source)
    if b"\0" in head[:4096]:
        raise InputError(f"{path}: neither Parquet nor text, expected a CSV or Parquet file")
    if not head.strip():
        raise InputError(f"{path}: is empty, expected a header line and data rows")
    separator = _delimiter(head)
    try:
        frame = pl.read_csv(source, infer_schema=False, separator=separator)
    except (pl.exceptions.PolarsError, OSError) as problem:
        what = _long_line(_whole(source), separator) or _first_line(problem)
        if "utf-8" in what:
            what = "is not UTF-8 text; save it as UTF-8"
        raise InputError(f"{path}: {what}") from None
    frame = frame.rename(lambda name: name.strip())
    twice = [name for name in frame.columns if "_duplicated_" in name]
    if twice:
        name = twice[0].split("_duplicated_")[0]
        raise InputError(f"{path}: has the column {name} twice, expected each once")
    return frame


def _first_line(problem: Exception) -> str:
    return str(problem).strip().split("\n")[0]


def _long_line(data: bytes, separator: str) -> str | None:
    """Which line has more fields than the header, if that is what is wrong with the file."""
    text = StringIO(data.decode("utf-8", errors="replace"), newline="")
    rows = csv.reader(text, delimiter=separator)
    width = len(next(rows))
    for row in rows:
        if len(row) > width:
            return f"line {rows.line_num} has {len(row)} fields, the header has {width}"
    return None
