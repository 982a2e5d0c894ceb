"""A venue's file with the margin tables that it names: its own, and those of its stand-in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from crashsim.scenarios.bundled import Located, locate_margins
from crashsim.scenarios.errors import InputError
from crashsim.scenarios.files.documents import Document, Key, Table
from crashsim.scenarios.files.overrides import Overrides, Setting, apply
from crashsim.scenarios.files.paths import asked_by, margin_reference
from crashsim.scenarios.files.problems import Problems, dotted
from crashsim.scenarios.files.venues.margin_file import MarginFile, read_margins
from crashsim.scenarios.files.written.extending import VENUE, read_with_notes
from crashsim.scenarios.models.notes import Note, Notes

_TABLES, _STAND_IN = ("margin", "tables"), ("margin", "stand_in")
_NOTHING = MarginFile({}, {})


@dataclass(frozen=True)
class VenueFile:
    """A venue's rules with its margin tables in place, and what is known of them.

    others: the tables of the stand-in, as read.
    """

    document: Document
    notes: Notes
    others: MarginFile


def read_venue(located: Located, settings: Sequence[Setting], problems: Problems) -> VenueFile:
    """A venue's file, its tables read, `--set` laid over it.

    What the TOML says of a market goes before what the CSV says. Raises InputError where a file is
    not there, or is unfit.
    """
    written, notes = read_with_notes(located, problems, VENUE)
    named = [_absolute(each) for each in settings if each.key in (_TABLES, _STAND_IN)]
    document = apply(written, named)
    own, others = (_read(document, key, located.path.parent) for key in (_TABLES, _STAND_IN))
    told = {f"margin.markets.{dotted([name])}": note for name, note in own.notes.items()}
    tables = {**own.tables}
    if "*" in others.tables and "*" not in tables:
        tables["*"] = others.tables["*"]
        told['margin.markets."*"'] = others.notes["*"]
    return VenueFile(
        _with_tables(document, tables),
        notes.model_copy(update={"facts": {**told, **notes.facts}}),
        others,
    )


def laid_over(file: VenueFile, settings: Sequence[Setting]) -> Document:
    """The rules with the other settings laid over them."""
    rest = [each for each in settings if each.key not in (_TABLES, _STAND_IN)]
    return apply(file.document, rest)


def stand_in_note(located: Located, market: str) -> Note:
    """What is known of the stand-in's table under this key. Raises InputError as `read_venue`."""
    return read_venue(located, (), Problems()).others.notes[market]


def _read(document: Document, key: Key, folder: Path) -> MarginFile:
    name = _margin(document.tables).get(key[-1])
    if not isinstance(name, str) or not name:
        return _NOTHING
    try:
        located = locate_margins(name, folder)
    except InputError as error:
        raise InputError(f"{asked_by(document, Overrides(), key)}: {error}") from None
    return read_margins(located)


def _absolute(setting: Setting) -> Setting:
    """A `--set` option that names such a file: a path is relative to the working directory."""
    return replace(setting, value=margin_reference(setting.value, Path.cwd()))


def _margin(tables: Table) -> Mapping[str, object]:
    margin = tables.get("margin")
    return margin if isinstance(margin, dict) else {}


def _with_tables(document: Document, tables: Mapping[str, object]) -> Document:
    margin = _margin(document.tables)
    inline = margin.get("markets", {})
    if not tables or not isinstance(inline, dict):
        return document
    markets = {**tables, **inline}
    return replace(document, tables=document.tables | {"margin": {**margin, "markets": markets}})
