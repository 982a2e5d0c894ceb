"""One input file as a table: its rows, where they stand in the file, and its fingerprint."""

import csv
import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from crashsim.scenarios.errors import InputError

PLACE = "__place"  # the number of a row as a person finds it in the file


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
    """The rows of a CSV (every column text) or Parquet file, with PLACE as the last column.

    place_word is `line` for CSV, whose header is line 1, and `row` (from 1) for Parquet. notes: as
    in InputFile.
    """

    path: Path
    place_word: str
    frame: pl.DataFrame
    sha256: str
    notes: tuple[str, ...] = ()

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
    """Read a CSV or Parquet file, told apart by content (Parquet begins with PAR1).

    Blank lines of a CSV are skipped, and lines that repeat its header. Raises InputError for a file
    that is missing, empty, unreadable, or has a column name twice.
    """
    try:
        with path.open("rb") as file:
            is_parquet = file.read(4) == b"PAR1"
            file.seek(0)
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as problem:
        raise InputError(f"{path}: cannot be read: {problem.strerror}") from None
    frame = _read_parquet(path) if is_parquet else _read_csv(path)
    offset, word = (1, "row") if is_parquet else (2, "line")
    frame = frame.with_columns(pl.int_range(offset, pl.len() + offset).alias(PLACE))
    if is_parquet:
        return Table(path, word, frame, sha256)
    frame = frame.filter(~pl.all_horizontal(pl.exclude(PLACE).is_null()))
    names = [name for name in frame.columns if name != PLACE]
    repeats = pl.all_horizontal(pl.col(name).str.strip_chars() == name for name in names)
    kept = frame.filter(~repeats.fill_null(False))
    count = frame.height - kept.height
    notes = (f"{count} lines that repeat the header were left out",) if count else ()
    return Table(path, word, kept, sha256, notes=notes)


def _read_parquet(path: Path) -> pl.DataFrame:
    try:
        return pl.read_parquet(path)
    except (pl.exceptions.PolarsError, OSError) as problem:
        raise InputError(f"{path}: not a readable Parquet file: {_first_line(problem)}") from None


def _read_csv(path: Path) -> pl.DataFrame:
    with path.open("rb") as file:
        start = file.read(4096)
    if b"\0" in start:
        raise InputError(f"{path}: neither Parquet nor text, expected a CSV or Parquet file")
    if not start.strip():
        raise InputError(f"{path}: is empty, expected a header line and data rows")
    try:
        frame = pl.read_csv(path, infer_schema=False)
    except (pl.exceptions.PolarsError, OSError) as problem:
        what = _long_line(path) or _first_line(problem)
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


def _long_line(path: Path) -> str | None:
    """Which line has more fields than the header, if that is what is wrong with the file."""
    with path.open(encoding="utf-8", errors="replace", newline="") as file:
        rows = csv.reader(file)
        width = len(next(rows, ()))
        for row in rows:
            if len(row) > width:
                return f"line {rows.line_num} has {len(row)} fields, the header has {width}"
    return None
