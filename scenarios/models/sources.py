"""Values with where they are from: facts stay with the model that a file gave."""

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import NamedTuple, Self

from pydantic import PrivateAttr

from crashsim.scenarios.files.problems import dotted
from crashsim.scenarios.models.notes import Note, Notes, ScenarioNotes
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
    def of(cls, grounds: Sequence[Fact | Note]) -> Self:
        """Counts of these; what is assumed in spite of a source counts as assumed."""
        assumed = sum(each.assumption is not None for each in grounds)
        sourced = sum(each.source is not None and each.assumption is None for each in grounds)
        return cls(len(grounds), sourced, assumed)

    @property
    def neither(self) -> int:
        """Values with neither source nor assumption."""
        return self.values - self.sourced - self.assumed


@dataclass(frozen=True)
class Told:
    """A value of a file, and what the file says about it; within: where else it may lie."""

    value: object
    note: Note
    within: Range | None


_UNTOLD = Told(None, Note(), None)


class Sourced(Rules):
    """Rules that carry what the file they are from says about their values."""

    _told: dict[str, Told] = PrivateAttr(default_factory=dict)
    _fitted: dict[str, str] = PrivateAttr(default_factory=dict)

    def told_by(
        self, notes: Notes, kept: Container[str], *, under: str = "", fixed: Iterable[str] = ()
    ) -> Self:
        """The same with a file's notes on the values that nobody replaced.

        kept: their dotted keys. under: the table of the file that these rules are. fixed: keys of
        values and tables that the user has set: no range says where those may lie.
        """
        stated = {under: self.stated()} if under else self.stated()
        told = self.model_copy()
        set_, ranges = tuple(fixed), notes.ranges()
        told._told = {
            name: Told(
                value,
                _note(key, notes.facts),
                None if _is_in(name, set_) else ranges.get(name),
            )
            for key, value in leaves(stated)
            if (name := dotted(key)) in kept
        }
        told._fitted = notes.fitted if isinstance(notes, ScenarioNotes) else {}
        return told

    def facts(self) -> tuple[Fact, ...]:
        """Every value that was given; a note is about a value, so one replaced since has none."""
        return tuple(_fact(key, value, told) for key, value, told in self._noted())

    def counts(self) -> FactCounts:
        """How many values were given, and how they are known."""
        return FactCounts.of([told.note for _, _, told in self._noted()])

    def _noted(self) -> Iterator[tuple[tuple[str, ...], object, Told]]:
        known = self._known()
        for key, value in leaves(self.stated()):
            told = known.get(dotted(key), _UNTOLD)
            yield key, value, told if told.value == value else _UNTOLD

    def stated(self) -> dict[str, object]:
        """What was given, under the keys of the file; defaults are left out."""
        return self.model_dump(by_alias=True, exclude_unset=True)

    def _known(self) -> Mapping[str, Told]:
        return self._told


def _is_in(key: str, tables: Iterable[str]) -> bool:
    return any(key == table or key.startswith(f"{table}.") for table in tables)


_NO_FACTS = ("name", "title", "tables")  # they say what a file is, and where its rest stands


def facts_of(tables: object, notes: Notes) -> tuple[Fact, ...]:
    """Every value of a file's tables, with what its notes say about it."""
    ranges = notes.ranges()
    return tuple(
        _fact(key, value, Told(value, _note(key, notes.facts), ranges.get(dotted(key))))
        for key, value in leaves(tables)
    )


def _note(key: Sequence[str], notes: Mapping[str, Note]) -> Note:
    keys = (dotted(key[:length]) for length in range(len(key), 0, -1))
    return next((notes[name] for name in keys if name in notes), Note())


def _fact(key: Sequence[str], value: object, told: Told) -> Fact:
    plain = value.model_dump(by_alias=True) if isinstance(value, Rules) else value
    note = told.note
    return Fact(
        key=dotted(key),
        value=_json_safe(plain),
        text=_text(plain),
        unit=note.unit,
        since=note.since.isoformat() if note.since else None,
        source=note.source,
        assumption=note.assumption,
        range=told.within,
        alternatives=note.alternatives,
    )


def leaves(node: object, key: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], object]]:
    """Every value with its key; a margin table is one, however many tiers it has."""
    if isinstance(node, dict) and "kind" not in node:
        for part, value in node.items():
            if part not in _NO_FACTS:
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
        case {"kind": "tiers", "tiers": tiers}:
            return _text(tiers)
        case {"kind": "sqrt", "base": float() | int() as base, "factor": factor}:
            return f"base {100 * base:.6g} %, factor {_text(factor)}"
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
