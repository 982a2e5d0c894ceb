"""TOML files as read, before validation: where each value came from, so that errors can say so."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from crashsim.scenarios.errors import InputError

Table = dict[str, object]
Key = tuple[str, ...]


@dataclass(frozen=True)
class Document:
    """One TOML file: its tables, and the `--set` options that changed some of them.

    label: how errors name the file. settings: changed key -> the option's text, as typed.
    """

    label: str
    tables: Table
    settings: Mapping[Key, str] = field(default_factory=dict)


def read_toml(path: Path, label: str | None = None) -> Document:
    """Parse a TOML file. Raises InputError naming file, line and column where it is not TOML."""
    label = label or str(path)
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"{label}: no such file") from None
    except IsADirectoryError:
        raise InputError(f"{label}: found a folder, expected a TOML file") from None
    except UnicodeDecodeError as error:
        raise InputError(
            f"{label}: not UTF-8 text (byte {error.start}); save it as UTF-8"
        ) from None
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{label}: not valid TOML: {error}") from None
    except OSError as error:
        raise InputError(f"{label}: cannot be read: {error.strerror}") from None
    return Document(label, tables)
