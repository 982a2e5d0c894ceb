"""The numbers of a venue or scenario file, each with its unit and where it is from."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from pydantic import ValidationError

from crashsim.scenarios.bundled import Located, locate_loss, locate_scenario, locate_venue
from crashsim.scenarios.errors import InputError
from crashsim.scenarios.files.documents import read_toml
from crashsim.scenarios.files.problems import dotted, sentences
from crashsim.scenarios.models.notes import Note, Notes, split_notes


@dataclass(frozen=True)
class Fact:
    """One value of a file.

    key: its dotted key (an absorber by name). value: as in the file, JSON-safe; text: the same for
    people. since: ISO date. A value of a user's own file may have neither source nor assumption.
    """

    key: str
    value: object
    text: str
    unit: str
    since: str | None
    source: str | None
    assumption: str | None


@dataclass(frozen=True)
class Grounds:
    """How many values of a file have a source, are assumed, and are neither."""

    sourced: int
    assumed: int
    neither: int

    @classmethod
    def of(cls, facts: Sequence[Fact]) -> "Grounds":
        """The counts; a value that is assumed is not counted as sourced, whatever it cites."""
        assumed = sum(fact.assumption is not None for fact in facts)
        sourced = sum(fact.source is not None and fact.assumption is None for fact in facts)
        return cls(sourced, assumed, len(facts) - assumed - sourced)


@dataclass(frozen=True)
class FactSheet:
    """A file for `show`: its title, all its values in file order, and what it cannot express."""

    name: str
    title: str
    facts: tuple[Fact, ...]
    missing: tuple[str, ...]


def venue_sheet(name_or_path: str | Path) -> FactSheet:
    """The facts of a bundled venue, or of a path to a TOML. Raises InputError."""
    return _sheet(locate_venue(name_or_path, Path.cwd()))


def scenario_sheet(name_or_path: str | Path) -> FactSheet:
    """The facts of a bundled scenario, a folder or a scenario.toml. Raises InputError."""
    return _sheet(locate_scenario(name_or_path))


def loss_sheet(name_or_path: str | Path) -> FactSheet:
    """The facts of a bundled loss preset, or of a path to such a TOML. Raises InputError."""
    return _sheet(locate_loss(name_or_path, Path.cwd()))


def _sheet(located: Located) -> FactSheet:
    rules, document = split_notes(read_toml(located.path, located.label))
    try:
        notes = Notes.model_validate(document.tables)
    except ValidationError as error:
        raise InputError("\n".join(sentences(Notes, document, error))) from None
    head = rules.tables.get("scenario")
    named = head if isinstance(head, dict) else rules.tables
    return FactSheet(
        name=str(named.get("name", located.path.stem)),
        title=str(named.get("title", notes.title)),
        facts=tuple(_fact(key, value, notes.facts) for key, value in _leaves(rules.tables)),
        missing=notes.missing,
    )


def _fact(key: Sequence[str], value: object, notes: Mapping[str, Note]) -> Fact:
    keys = (dotted(key[:length]) for length in range(len(key), 0, -1))
    note = next((notes[name] for name in keys if name in notes), Note())
    return Fact(
        key=dotted(key),
        value=_json_safe(value),
        text=_text(value),
        unit=note.unit,
        since=note.since.isoformat() if note.since else None,
        source=note.source,
        assumption=note.assumption,
    )


def _leaves(node: object, key: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], object]]:
    """Every value with its key; names and titles say what a file is and are no facts."""
    if isinstance(node, dict):
        for part, value in node.items():
            if part not in ("name", "title"):
                yield from _leaves(value, (*key, part))
    elif _is_named(node):
        assert isinstance(node, list)
        for entry in node:
            yield from _leaves(entry, (*key, str(entry["name"])))
    else:
        yield key, node


def _is_named(node: object) -> bool:
    return isinstance(node, list) and all(isinstance(e, dict) and "name" in e for e in node)


def _json_safe(value: object) -> object:
    if isinstance(value, list):
        return [_json_safe(item) for item in value]
    if isinstance(value, dict):
        return {key: _json_safe(item) for key, item in value.items()}
    return value.isoformat() if isinstance(value, datetime | date) else value


def _text(value: object) -> str:
    match value:
        case list() if value and all(isinstance(item, dict) for item in value):
            return "; ".join(_text(item) for item in value)
        case list():
            return ", ".join(_text(item) for item in value)
        case {"from": lower, "rate": float() | int() as rate, **rest} if not rest:
            return f"from {_text(lower)}: {100 * rate:.6g} %"
        case dict():
            return ", ".join(f"{key} = {_text(item)}" for key, item in value.items())
        case bool():
            return "true" if value else "false"
        case int():
            return f"{value:,}"
        case float():
            return f"{value:,.0f}" if value.is_integer() and abs(value) >= 1000 else f"{value:g}"
        case datetime():
            return value.isoformat().replace("+00:00", "Z")
        case _:
            return str(value)
