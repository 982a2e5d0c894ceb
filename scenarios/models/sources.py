"""Values with where they are from: facts stay with the model that a file gave."""

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import NamedTuple, Self

from pydantic import PrivateAttr

from crashsim.scenarios.files.problems import dotted
from crashsim.scenarios.models.notes import Note, Notes
from crashsim.scenarios.models.ranges import Range
from crashsim.scenarios.models.rules import Rules


@dataclass(frozen=True)
class Fact:
    """One value of a file.

    key: its dotted key (an absorber by name). value: as in the file, JSON-safe; text: the same for
    people. since: ISO date. A value of a user's own file may have neither source nor assumption.
    range: between which ends the number may lie. alternatives: what else the choice might be.
    """

    key: str
    value: object
    text: str
    unit: str
    since: str | None
    source: str | None
    assumption: str | None
    range: Range | None
    alternatives: tuple[str, ...]


class FactCounts(NamedTuple):
    """How many values there are, with a source and assumed."""

    values: int
    sourced: int
    assumed: int

    @classmethod
    def of(cls, facts: Sequence[Fact]) -> Self:
        """Counts of these facts; what is assumed in spite of a source counts as assumed."""
        assumed = sum(fact.assumption is not None for fact in facts)
        sourced = sum(fact.source is not None and fact.assumption is None for fact in facts)
        return cls(len(facts), sourced, assumed)

    @property
    def neither(self) -> int:
        """Values with neither source nor assumption."""
        return self.values - self.sourced - self.assumed


class Sourced(Rules):
    """Rules that carry what the file they are from says about their values."""

    _told: dict[str, Fact] = PrivateAttr(default_factory=dict)

    def told_by(
        self, notes: Notes, kept: Container[str], *, under: str = "", fixed: Iterable[str] = ()
    ) -> Self:
        """The same with a file's notes on the values that nobody replaced.

        kept: their dotted keys. under: the table of the file that these rules are. fixed: keys of
        values and tables that the user has set: no range says where those may lie.
        """
        stated = {under: self.stated()} if under else self.stated()
        told = self.model_copy()
        set_ = tuple(fixed)
        told._told = {
            fact.key: replace(fact, range=None) if _is_in(fact.key, set_) else fact
            for fact in facts_of(stated, notes)
            if fact.key in kept
        }
        return told

    def facts(self) -> tuple[Fact, ...]:
        """Every value that was given; a note is about a value, so one replaced since has none."""
        known = {(told.key, str(told.value)): told for told in self._known().values()}
        found = facts_of(self.stated(), Notes())
        return tuple(known.get((fact.key, str(fact.value)), fact) for fact in found)

    def counts(self) -> FactCounts:
        """How many values were given, and how they are known."""
        return FactCounts.of(self.facts())

    def stated(self) -> dict[str, object]:
        """What was given, under the keys of the file; defaults are left out."""
        return self.model_dump(by_alias=True, exclude_unset=True)

    def _known(self) -> Mapping[str, Fact]:
        return self._told


def _is_in(key: str, tables: Iterable[str]) -> bool:
    return any(key == table or key.startswith(f"{table}.") for table in tables)


def facts_of(tables: object, notes: Notes) -> tuple[Fact, ...]:
    """Every value of a file's tables, with what its notes say about it."""
    ranges = notes.ranges()
    return tuple(
        _fact(key, value, notes.facts, ranges.get(dotted(key))) for key, value in leaves(tables)
    )


def _fact(
    key: Sequence[str], value: object, notes: Mapping[str, Note], within: Range | None
) -> Fact:
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
        range=within,
        alternatives=note.alternatives,
    )


def leaves(node: object, key: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], object]]:
    """Every value with its key; names and titles say what a file is and are no facts."""
    if isinstance(node, dict):
        for part, value in node.items():
            if part not in ("name", "title"):
                yield from leaves(value, (*key, part))
    elif isinstance(node, list | tuple) and all(isinstance(e, dict) and "name" in e for e in node):
        for entry in node:
            yield from leaves(entry, (*key, str(entry["name"])))
    else:
        yield key, node


def _json_safe(value: object) -> object:
    if isinstance(value, list | tuple):
        return [_json_safe(item) for item in value]
    if isinstance(value, dict):
        return {key: _json_safe(item) for key, item in value.items()}
    if isinstance(value, Path):
        return value.name
    return value.isoformat() if isinstance(value, datetime | date) else value


def _text(value: object) -> str:
    match value:
        case list() | tuple() if value and all(isinstance(item, dict) for item in value):
            return "; ".join(_text(item) for item in value)
        case list() | tuple():
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
