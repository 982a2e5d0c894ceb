"""Every choice that a model of a file leaves open, and what a file says without it.

A choice is a value of a Literal, a bool either way, or an optional key that is given.
"""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from crashsim.scenarios.models.margin_tables import SqrtTable, TierTable
from crashsim.scenarios.models.venue import PartialSize, Venue

Path = tuple[str, ...]  # keys; "*" stands for every entry of a table or list

TIERS = {"kind": "tiers", "tiers": [{"from": 0.0, "rate": 0.3}]}
SQRT = {"kind": "sqrt", "base": 0.3, "factor": 0.0}
# A table in the place of another kind of it, or of a word.
INSTEAD: dict[type[BaseModel], dict[str, Any]] = {TierTable: SQRT, SqrtTable: TIERS}
FOR_A_WORD: dict[type[BaseModel], dict[str, Any]] = {
    PartialSize: {"fraction": 0.5, "above_notional": 0.0}
}
TABLE = "a table"
# Keys in each other's place: where one goes, the other must be given.
EITHER = {"cash": "cash_frac_oi", "cash_frac_oi": "cash"}
_FILES = {("margin", "tables"), ("margin", "stand_in")}  # where tables are read from is no rule


@dataclass(frozen=True)
class Choice:
    """One choice. value: TABLE for any table; None for an optional key given, whatever its value.

    others: what may stand there instead, the default of an optional key.
    """

    path: Path
    value: object
    others: tuple[Any, ...]

    @property
    def name(self) -> str:
        """As `loss.basis = equity`, or `adl.lot` for an optional key."""
        value = "" if self.value is None else f" = {self.value}"
        return ".".join(self.path) + value

    def changed(self, rules: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """The rules with each of the others wherever they make this choice; none where nowhere."""
        for other in self.others:
            copy = deepcopy(rules)
            if _replace(copy, self.path, self, other):
                yield copy

    def is_made_by(self, value: object) -> bool:
        """Whether this value is the choice."""
        if self.value is None:
            return value != self.others[0]
        return isinstance(value, dict) if self.value == TABLE else value == self.value


def _replace(node: Any, path: Path, choice: Choice, other: object) -> bool:
    key, rest = path[0], path[1:]
    if key == "*":
        keys = list(node) if isinstance(node, dict) else list(range(len(node)))
    else:
        keys = [key] if isinstance(node, dict) and key in node else []
    if rest:
        below = [_replace(node[each], rest, choice, other) for each in keys if node[each]]
        return any(below)  # of all: every entry is changed
    made = [each for each in keys if choice.is_made_by(node[each])]
    for each in made:
        node[each] = other
        if each in EITHER:
            node[EITHER[each]] = 0.0
    return bool(made)


def choices(model: type[BaseModel] = Venue, at: Path = ()) -> Iterator[Choice]:
    """Every choice of a model and of those in it."""
    for name, field in model.model_fields.items():
        if (*at, name) in _FILES:
            continue
        yield from _of(field.annotation, (*at, field.alias or name), field)


def _of(annotation: Any, at: Path, field: FieldInfo) -> Iterator[Choice]:
    origin, members = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        yield from _of(members[0], at, field)
    elif origin in (Union, UnionType):
        yield from _of_union([_bare(each) for each in members], at, field)
    elif origin is Literal:
        yield from (Choice(at, word, _without(members, word)) for word in members)
    elif annotation is bool:
        yield from (Choice(at, each, (not each,)) for each in (True, False))
    elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield from choices(annotation, at)
    else:
        if not field.is_required():
            yield Choice(at, None, (field.default,))
        if origin in (tuple, dict):
            yield from _of(members[0 if origin is tuple else 1], (*at, "*"), _REQUIRED)


_REQUIRED = FieldInfo()


def _of_union(members: list[Any], at: Path, field: FieldInfo) -> Iterator[Choice]:
    words = [word for each in members if get_origin(each) is Literal for word in get_args(each)]
    tables = [each for each in members if isinstance(each, type) and issubclass(each, BaseModel)]
    if type(None) in members:
        yield Choice(at, None, (None,))
    for word in words:
        instead = tuple(FOR_A_WORD[each] for each in tables if each in FOR_A_WORD)
        others = (*_without(words, word), *instead)
        if others:  # else it is given or not, which is a choice already
            yield Choice(at, word, others)
    for table in tables:
        if words:
            yield Choice(at, TABLE, tuple(words))
        elif len(tables) > 1:
            kind = get_args(table.model_fields["kind"].annotation)[0]
            yield KindChoice(at, kind, (INSTEAD[table],))
        yield from (found for found in choices(table, at) if found.path != (*at, "kind"))


@dataclass(frozen=True)
class KindChoice(Choice):
    """A table of one kind among several."""

    def is_made_by(self, value: object) -> bool:
        return isinstance(value, dict) and value["kind"] == self.value


def _without(words: Any, word: object) -> tuple[Any, ...]:
    return tuple(each for each in words if each != word)


def _bare(annotation: Any) -> Any:
    return get_args(annotation)[0] if get_origin(annotation) is Annotated else annotation
