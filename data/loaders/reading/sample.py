"""What the first bytes of a file show: its layout, header, first rows or first record."""

import csv
import re
from dataclasses import dataclass

from crashsim.data.loaders.reading.blob import HEAD_BYTES, Blob
from crashsim.scenarios.errors import InputError

_DELIMITERS = (",", ";", "\t", "|")
# What a recorder of a socket writes before a message: when it came, in micro- or nanoseconds.
RECORDED_AT = re.compile(rb"^\d{16,19}\s+(?=[{\[])")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$")


@dataclass(frozen=True)
class Sample:
    """The beginning of a file.

    layout: csv, jsonl (a record a line), json (one value), parquet, arrow, or empty.
    names: column names of CSV (only with a header), Parquet or Arrow, lower case, in order.
    rows: the first CSV rows after the header. skip: lines before the header or the first row.
    text: the decoded head, for JSON. path: the whole place, folders too (never the only evidence).
    """

    layout: str
    path: str
    names: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    delimiter: str = ","
    skip: int = 0
    text: str = ""

    @property
    def has_records(self) -> bool:
        """Whether it is JSON lines or an array of objects: a table."""
        array = self.layout == "json" and re.match(r"\s*\[\s*\{", self.text) is not None
        return array or self.layout == "jsonl"

    @property
    def width(self) -> int:
        """Number of columns."""
        return len(self.names) or (len(self.rows[0]) if self.rows else 0)


def sample(blob: Blob, path: str | None = None) -> Sample:
    """Look at the head of a blob. path: where it lies, folders included, if the caller knows."""
    head = blob.head(HEAD_BYTES)
    where = path or blob.path
    if not head.strip():
        return Sample("empty", where)
    if head.startswith(b"PAR1"):
        return Sample("parquet", where, _parquet_names(blob))
    if head.startswith((b"ARROW1", b"FEA1")):
        return Sample("arrow", where, _arrow_names(blob))
    text = _decode(RECORDED_AT.sub(b"", head, count=1), blob)
    start = text.lstrip()[:1]
    if start in ("[", "{"):
        return Sample(_json_layout(text), where, text=text)
    return _csv_sample(text, where)


def _decode(head: bytes, blob: Blob) -> str:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise InputError(f"{blob.path}: UTF-16 text; save it as UTF-8")
    if b"\x00" in head[:4096]:
        raise InputError(
            f"{blob.path}: neither text nor a known archive, Parquet or Arrow file"
            f" (first bytes {head[:8].hex()})"
        )
    return head.decode("utf-8-sig", errors="replace")


def first_keys(text: str) -> tuple[str, ...]:
    """The names of the first object of JSON lines or of an array of objects, lower case."""
    names, depth, key = [], 0, re.compile(r'"((?:[^"\\]|\\.)*)"\s*(:?)|[{}\[\]]')
    for match in key.finditer(text[text.find("{") :]):
        mark = match[0][0]
        depth += (mark in "{[") - (mark in "}]")
        if depth == 0:
            break
        if depth == 1 and match[2]:
            names.append(match[1].lower())
    return tuple(names)


def _json_layout(text: str) -> str:
    first = text.lstrip().partition("\n")[0].strip()
    if text.lstrip().startswith("{"):
        return "jsonl"
    # `[user, fill]` a line is JSON lines too; an array over the whole file is not.
    return "jsonl" if re.match(r'\[\s*"', first) else "json"


def _csv_sample(text: str, path: str) -> Sample:
    lines = text.splitlines()
    if len(text.encode()) >= HEAD_BYTES and len(lines) > 1:
        lines = lines[:-1]  # the head ends inside a line
    skip = 1 if lines and re.match(r"https?://", lines[0].strip('" ')) else 0
    body = lines[skip : skip + 50]
    delimiter = _delimiter(body)
    try:
        rows = [tuple(row) for row in csv.reader(body, delimiter=delimiter) if row]
    except csv.Error:
        rows = []
    if not rows:
        return Sample("empty" if not "".join(body).strip() else "csv", path, skip=skip)
    if _is_header(rows[0]):
        names = tuple(name.strip().lower() for name in rows[0])
        return Sample("csv", path, names, tuple(rows[1:]), delimiter=delimiter, skip=skip)
    return Sample("csv", path, (), tuple(rows), delimiter=delimiter, skip=skip)


def _delimiter(lines: list[str]) -> str:
    counts = {mark: [line.count(mark) for line in lines if line.strip()] for mark in _DELIMITERS}
    return max(_DELIMITERS, key=lambda mark: min(counts[mark], default=0))


def _is_header(row: tuple[str, ...]) -> bool:
    """A header names columns: it has words and no number."""
    cells = [cell.strip() for cell in row if cell.strip()]
    return bool(cells) and not any(_NUMBER.match(cell) for cell in cells) and not _has_time(cells)


def _has_time(cells: list[str]) -> bool:
    return any(re.match(r"\d{4}-\d\d-\d\d|\d\d:\d\d", cell) for cell in cells)


def _parquet_names(blob: Blob) -> tuple[str, ...]:
    from crashsim.data.loaders.reading.columnar import parquet_names

    return tuple(name.lower() for name in parquet_names(blob))


def _arrow_names(blob: Blob) -> tuple[str, ...]:
    from crashsim.data.loaders.reading.columnar import arrow_names

    return tuple(name.lower() for name in arrow_names(blob))
