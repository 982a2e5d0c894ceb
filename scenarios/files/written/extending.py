"""A file that is another one with changes: `extends = "oct11"` above its tables.

Tables are laid over the base's, key by key; a list replaces the base's list. What the base is
missing stays missing, and a note on a value goes with the value: one that is replaced has the note
of the file that replaced it, or none. What the base was fitted to is the base's alone.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from crashsim.scenarios.bundled import (
    Located,
    locate_loss,
    locate_scenario,
    locate_venue,
    scenario_files,
)
from crashsim.scenarios.errors import InputError
from crashsim.scenarios.files.documents import Document, Table, read_toml
from crashsim.scenarios.files.paths import absolute_margins, absolute_paths
from crashsim.scenarios.files.problems import Problems, dotted, found
from crashsim.scenarios.files.written.stated_ranges import range_faults
from crashsim.scenarios.models.notes import Notes, ScenarioNotes, split_notes
from crashsim.scenarios.models.sources import leaves

_KEY = "extends"


@dataclass(frozen=True)
class Kind:
    """A kind of file: where a base is looked for, and what its paths are relative to.

    locate: a base's name and the folder of the file that names it. absolute: the document with its
    paths absolute, given its folder; they are relative to the file that states them. notes: what
    is written in it for readers.
    """

    locate: Callable[[str, Path], Located]
    absolute: Callable[[Document, Path], Document]
    notes: type[Notes]


def _locate_scenario(name: str, folder: Path) -> Located:
    return locate_scenario(name if name in scenario_files() else folder / name)


def _as_written(document: Document, folder: Path) -> Document:
    return document


SCENARIO = Kind(_locate_scenario, absolute_paths, ScenarioNotes)
VENUE = Kind(locate_venue, absolute_margins, Notes)
LOSS = Kind(locate_loss, _as_written, Notes)


def read_with_notes(located: Located, problems: Problems, kind: Kind) -> tuple[Document, Notes]:
    """A file's rules, with what it extends under them, and its notes.

    What is wrong with the notes is noted. Raises InputError where a file is not TOML, its base is
    not there, or it extends itself.
    """
    rules, written = split_notes(_joined(located, kind, ()), kind.notes)
    notes = problems.validated(kind.notes, written) or kind.notes()
    problems.lines += range_faults(rules, notes)
    return rules, notes


def _joined(located: Located, kind: Kind, above: tuple[Path, ...]) -> Document:
    document = read_toml(located.path, located.label)
    if _KEY not in document.tables:
        return document
    base = _base(document, located, kind)
    if base.path.resolve() in (path.resolve() for path in (*above, located.path)):
        raise InputError(f"{located.label}: {_KEY}: the file extends itself; name another base")
    under = kind.absolute(_joined(base, kind, (*above, located.path)), base.path.parent)
    own = {key: value for key, value in document.tables.items() if key != _KEY}
    return replace(document, tables=_over(_without_old_notes(under.tables, own), own))


def _base(document: Document, located: Located, kind: Kind) -> Located:
    name = document.tables[_KEY]
    if not isinstance(name, str):
        raise InputError(
            f"{located.label}: {_KEY}: found {found(name)}, expected the name of a bundled file or "
            "a path to one"
        )
    try:
        return kind.locate(name, located.path.parent)
    except InputError as error:
        raise InputError(f"{located.label}: {_KEY}: {error}") from None


def _without_old_notes(base: Table, own: Table) -> Table:
    """The base without its notes on values that are replaced, and fitted to nothing."""
    replaced = {dotted(key) for key, _ in leaves(own)}
    kept = {
        name: {key: note for key, note in notes.items() if key not in replaced}
        for name in ("facts", "uncertainty")
        if isinstance(notes := base.get(name), dict)
    }
    return {key: value for key, value in base.items() if key != "fitted"} | kept


def _over(base: Table, own: Table) -> Table:
    merged = dict(base)
    for key, value in own.items():
        below = base.get(key)
        if isinstance(below, dict) and isinstance(value, dict):
            merged[key] = _over(below, value)
        elif key == "missing" and isinstance(below, list) and isinstance(value, list):
            merged[key] = below + value
        else:
            merged[key] = value
    return merged
