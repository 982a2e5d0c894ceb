"""Files that are no data, or none that is read here, known by their first bytes."""

import re
from collections.abc import Callable
from dataclasses import dataclass

HEAD_BYTES = 4096
_LIST_OF_ERRORS = re.compile(rb"<Code>\s*(\w+)\s*</Code>")
# A recorder's line: a receive time in nanoseconds, a blank, and what the socket sent.
_RAW_STREAM = re.compile(rb'\d{16,19}\s+[{\[]|\{"(stream|topic|arg|channel|method|e)"\s*:')
_TRADES = re.compile(rb'"e"\s*:\s*"trade"')  # Binance's, the one stream that is read


@dataclass(frozen=True)
class Stranger:
    """How a file is known, what it is, and what to do."""

    is_it: Callable[[bytes, str], bool]
    what: str


_STRANGERS = (
    Stranger(
        lambda head, _: head.startswith(b"\x89HDF"),
        "an HDF5 file; convert it to Feather or Parquet (pandas: read_hdf, then to_parquet)",
    ),
    Stranger(
        lambda _, name: name == "[Content_Types].xml", "a workbook of Excel; save the sheet as CSV"
    ),
    Stranger(
        lambda head, _: head.startswith(b"\xd0\xcf\x11\xe0"),
        "an old workbook of Excel; save the sheet as CSV",
    ),
    Stranger(
        lambda head, _: bool(re.match(rb"\s*<(!doctype html|html)", head, re.IGNORECASE)),
        "a web page, not the file it is named for; download the file again",
    ),
    Stranger(
        lambda head, _: head.startswith((b"\x80\x04", b"\x80\x05")),
        "a Python pickle, which may run anything; save the table as Parquet or CSV",
    ),
    Stranger(
        lambda head, _: head.startswith(b"\x93NUMPY"),
        "a NumPy array without column names; save it as CSV or Parquet with a header",
    ),
    Stranger(lambda head, _: head.startswith(b"%PDF"), "a PDF; bring the table as CSV"),
    Stranger(
        lambda head, _: head.startswith(b"SQLite format 3"),
        "an SQLite database; export the table as CSV",
    ),
    Stranger(
        lambda head, _: bool(_RAW_STREAM.match(head.lstrip())) and not _TRADES.search(head),
        "the raw stream of a socket, of which only Binance's trades are read; bring trades or"
        " candles made of it",
    ),
)


def foreign(head: bytes, name: str) -> str | None:
    """What a file is that no reader takes, and what to do; None where nothing says so.

    head: its first bytes. name: of the file, or of the archive's member.
    """
    error = _LIST_OF_ERRORS.search(head) if head.lstrip()[:1] == b"<" else None
    if error is not None:
        return (
            f"an error of the archive it came from ({error[1].decode()}), not data; the archive "
            "has no such file, or does not give it"
        )
    found = next((each.what for each in _STRANGERS if each.is_it(head, name)), None)
    if found is None and head.lstrip().startswith(b"<?xml"):
        return "an XML document; bring the data as CSV, JSON or Parquet"
    return found
