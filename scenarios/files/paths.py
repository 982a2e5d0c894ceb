"""Paths of a scenario: where they point, which options replace them, and whether they exist."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from crashsim.scenarios.bundled import margin_files, venue_files
from crashsim.scenarios.files.documents import Document, Key, Table
from crashsim.scenarios.files.overrides import Overrides, Setting

_PATH_KEYS: tuple[Key, ...] = (
    ("prices", "path"),
    ("prices", "volume_path"),
    ("prices", "anchors", "path"),
    ("prices", "anchors", "volume_path"),
    ("prices", "anchors", "mark_path"),
    ("book", "path"),
    ("book", "generate", "volume_path"),
    ("flows", "path"),
)
_MARGIN_KEYS = ("tables", "stand_in")
_KNOWN = {"prices", "book", "flows"}  # tables of files, each with a provenance


def resolve_paths(document: Document, folder: Path, overrides: Overrides) -> Document:
    """The document with its paths absolute, and what the options put in their place.

    The options --book, --flows, --venue, --seed, --names-of and --provenance replace what the file
    says; their paths are relative to the working directory. A sample of flows goes with the book
    that --book replaces.
    """
    tables = dict(absolute_paths(document, folder).tables)
    if overrides.book is not None:
        tables["book"] = {"path": overrides.book.absolute()}
        flows = tables.get("flows")
        if isinstance(flows, dict) and "generate" in flows:
            del tables["flows"]  # invented deposits belong to invented accounts
    book = tables.get("book")
    if overrides.allow_implausible and isinstance(book, dict):
        tables["book"] = {**book, "allow_implausible": True}
    if overrides.flows is not None:
        tables["flows"] = {"path": overrides.flows.absolute()}
    if overrides.provenance is not None:
        tables |= {name: _known(tables[name], overrides.provenance) for name in _KNOWN & {*tables}}
    head = tables.get("scenario")
    if isinstance(head, dict):
        tables["scenario"] = {**head, **_head_changes(overrides)}
    return replace(document, tables=tables)


def absolute_paths(document: Document, folder: Path) -> Document:
    """The document with its paths absolute; they are relative to `folder`, the scenario's own."""
    tables = dict(document.tables)
    for key in _PATH_KEYS:
        tables = _made_absolute(tables, key, folder)
    head = tables.get("scenario")
    if isinstance(head, dict) and "venue" in head:
        tables["scenario"] = {**head, "venue": venue_reference(head["venue"], folder)}
    return replace(document, tables=tables)


def absolute_margins(document: Document, folder: Path) -> Document:
    """A venue's document with the paths of its margin tables absolute, from the venue's folder."""
    margin = document.tables.get("margin")
    if not isinstance(margin, dict):
        return document
    named = {key: margin_reference(margin[key], folder) for key in _MARGIN_KEYS if key in margin}
    return replace(document, tables=document.tables | {"margin": {**margin, **named}})


def margin_reference(value: object, folder: Path) -> object:
    """The name of bundled margin tables as it is; a path to a file absolute, as a text."""
    if isinstance(value, str) and value and value not in margin_files():
        return str((folder / value).absolute())
    return value


def _known(table: object, provenance: str) -> object:
    return {**table, "provenance": provenance} if isinstance(table, dict) else table


def absolute_setting(setting: Setting) -> Setting:
    """A `--set` option whose value is a path: the same, absolute from the working directory."""
    if setting.key in _PATH_KEYS and isinstance(setting.value, str):
        return replace(setting, value=Path(setting.value).absolute())
    if setting.key == ("scenario", "venue"):
        return replace(setting, value=venue_reference(setting.value, Path.cwd()))
    return setting


def venue_reference(value: object, folder: Path) -> object:
    """A venue's bundled name as it is; a path to a file in `folder` absolute, as a text."""
    if isinstance(value, Path):
        return str(folder / value)
    if isinstance(value, str) and value not in venue_files() and (folder / value).is_file():
        return str((folder / value).absolute())
    return value


def missing_files(document: Document, overrides: Overrides) -> list[str]:
    """A sentence for each path of the document and the options that is not there."""
    lines = [
        f"{asked_by(document, overrides, key)}: there is no file or folder {path}"
        for key, path in _paths(document.tables)
        if not path.exists()
    ]
    options = {"--prices": overrides.prices, "--with": overrides.extra_book}
    lines += [
        f"{option} {path}: no such file or folder"
        for option, paths in options.items()
        for path in paths
        if not path.exists()
    ]
    return lines


def asked_by(document: Document, overrides: Overrides, key: Key) -> str:
    """Who gave the value of this key, for errors: the option, or the file and its key."""
    options: Mapping[Key, tuple[str, object]] = {
        ("book", "path"): ("--book", overrides.book),
        ("flows", "path"): ("--flows", overrides.flows),
        ("scenario", "venue"): ("--venue", overrides.venue),
    }
    option, value = options.get(key, ("", None))
    if key in document.settings:
        return f"--set {document.settings[key]}"
    return f"{document.label}: {'.'.join(key)}" if value is None else f"{option} {value}"


def _head_changes(overrides: Overrides) -> Table:
    changes: Table = {}
    if overrides.venue is not None:
        changes["venue"] = venue_reference(overrides.venue, Path.cwd())
    if overrides.seed is not None:
        changes["seed"] = overrides.seed
    if overrides.names_of is not None:
        changes["names_of"] = overrides.names_of
    return changes


def _made_absolute(table: Table, key: Key, folder: Path) -> Table:
    value = table.get(key[0])
    if isinstance(value, dict) and len(key) > 1:
        return table | {key[0]: _made_absolute(value, key[1:], folder)}
    if isinstance(value, str) and len(key) == 1:
        return table | {key[0]: (folder / value).absolute()}
    return table


def _paths(tables: Table) -> Iterator[tuple[Key, Path]]:
    for key in _PATH_KEYS:
        value: object = tables
        for part in key:
            value = value.get(part) if isinstance(value, dict) else None
        if isinstance(value, Path):
            yield key, value
