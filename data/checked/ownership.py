"""Whose a file is: what was fetched from an archive is recorded, what a user brings is the user's.

What `data book` rebuilt is marked by the book.json that it writes.
"""

import json
from pathlib import Path

from crashsim.data.fetch.receipt import fetched_from
from crashsim.data.store.datasets import file_sha256

RECORDED, YOURS, RECONSTRUCTED = "recorded", "yours", "reconstructed"


def provenance_of_file(path: Path) -> str:
    """recorded where a receipt of `data fetch` has the file's SHA-256; else yours."""
    return RECORDED if fetched_from(path, lambda: file_sha256(path)) else YOURS


def provenance_of_book(path: Path) -> str:
    """reconstructed where `data book` made the folder; a single file is as any file; else yours."""
    if path.is_file():
        return provenance_of_file(path)
    return RECONSTRUCTED if is_rebuilt(path) else YOURS


def provenance_of_flows(path: Path) -> str:
    """recorded beside a rebuilt book, whose flows are the record's own; else as any file."""
    return RECORDED if is_rebuilt(path.parent) else provenance_of_file(path)


def is_rebuilt(folder: Path) -> bool:
    """Whether a folder is one that `data book` wrote."""
    try:
        told = json.loads((folder / "book.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(told, dict) and {"at_ms", "snapshot_ms", "inputs"} <= told.keys()
