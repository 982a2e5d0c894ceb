"""What was fetched into a folder: one JSON file beside the files, written after each of them."""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from crashsim.scenarios.errors import InputError
from crashsim.scenarios.files.beside import beside

RECORD = ".fetched.json"  # hidden: an import of the folder passes over it
_VERSION = 1


@dataclass(frozen=True)
class Entry:
    """One fetched file. checked: its bytes agreed with the archive's own SHA-256."""

    url: str
    bytes: int
    sha256: str
    checked: bool
    fetched_at: str


def read_record(folder: Path) -> dict[str, Entry]:
    """Entries by file name, relative to the folder; empty where nothing was fetched."""
    path = folder / RECORD
    if not path.exists():
        return {}
    try:
        known = json.loads(path.read_text(encoding="utf-8"))
        if known["version"] != _VERSION:
            raise ValueError(f"version {known['version']} is not {_VERSION}")
        return {name: Entry(**entry) for name, entry in known["files"].items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(
            f"{folder.name}/{RECORD} cannot be read ({error}); move it away, then fetch again: "
            " that agree with the archive are kept"
        ) from None


def fetched_from(path: Path, sha256: Callable[[], str]) -> str | None:
    """The URL that a file came from, if a receipt in a folder above it has it with this SHA-256.

    sha256: of the file; asked for only where there is a receipt.
    """
    place = path.absolute()
    folder = next((each for each in place.parents if (each / RECORD).is_file()), None)
    entry = read_record(folder).get(place.relative_to(folder).as_posix()) if folder else None
    return entry.url if entry and entry.sha256 == sha256() else None


def write_entry(folder: Path, name: str, entry: Entry) -> None:
    """Add or replace one entry; the file is written beside and renamed."""
    entries = read_record(folder) | {name: entry}
    known = {
        "version": _VERSION,
        "files": {key: asdict(value) for key, value in sorted(entries.items())},
    }
    with beside(folder / RECORD) as made:
        made.write_text(json.dumps(known, indent=1) + "\n", encoding="utf-8")
