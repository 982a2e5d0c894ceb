"""What the command line changes in a scenario: other files, another venue, single keys."""

import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from crashsim.scenarios.errors import InputError
from crashsim.scenarios.files.documents import Document, Key, Table
from crashsim.scenarios.files.problems import nearest
from crashsim.scenarios.models.absorber import CASH_KEYS
from crashsim.scenarios.models.rules import Rules

_CASH = tuple((key,) for key in CASH_KEYS)  # setting one of them removes the other


@dataclass(frozen=True)
class Overrides:
    """Changes to a scenario. Relative paths are relative to the working directory.

    prices: files laid over the scenario's prices, market by market. book: a folder that replaces
    the book; flows: a file that replaces the flows. venue: a bundled name or a path to a TOML.
    set: "section.key=value" texts. extra_book: folders or files whose accounts and positions are
    added to the book. names_of: the venue whose spelling the names of markets in files follow.
    allow_implausible: take a book whose entries are far away from the first marks. provenance: how
    the files of prices, book and flows are known.
    """

    prices: tuple[Path, ...] = ()
    book: Path | None = None
    flows: Path | None = None
    venue: str | Path | None = None
    seed: int | None = None
    set: tuple[str, ...] = ()
    extra_book: tuple[Path, ...] = ()
    names_of: str | None = None
    allow_implausible: bool = False
    provenance: str | None = None


@dataclass(frozen=True)
class Setting:
    """One `--set` option: the key it names, the value it gives, and its text as typed."""

    key: Key
    value: object
    text: str


def parse_setting(text: str) -> Setting:
    """Parse `section.key=value`. The value is TOML; what is not TOML is taken as a text.

    Raises InputError where there is no key or no `=`.
    """
    name, equals, value = text.partition("=")
    key = _split(name.strip())
    if not equals or not key or "" in key:
        raise InputError(
            f'--set {text}: expected section.key=value, such as "adl.price=mark" or '
            '"loss.deposits=ring_fence"'
        )
    return Setting(key, _value(value.strip()), text)


def setting_text(key: str, value: object) -> str:
    """The text of a setting whose value is a Python one: the inverse of `parse_setting`.

    Raises InputError for a value that TOML cannot hold, such as None.
    """
    try:
        return f"{key}={_toml(value)}"
    except TypeError:
        raise InputError(
            f"set {key}: found {value!r}, expected a number, text, bool, list or mapping of them"
        ) from None


def _toml(value: object) -> str:
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{_toml(str(key))} = {_toml(one)}' for key, one in value.items())}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_toml, value))}]"
    if isinstance(value, float):
        return float.__repr__(value)  # JSON writes infinity otherwise
    if value is None:
        raise TypeError
    return json.dumps(str(value) if isinstance(value, Path) else value, ensure_ascii=False)


def _split(name: str) -> Key:
    """Split a dotted key at its dots, but not inside double quotes."""
    pieces = name.split('"')
    marked = [piece if i % 2 else piece.replace(".", "\0") for i, piece in enumerate(pieces)]
    return tuple("".join(marked).split("\0"))


def _value(text: str) -> object:
    try:
        tables = tomllib.loads(f"value = {text}")
    except tomllib.TOMLDecodeError:
        return text  # adl.price=mark: quotes would have to survive the shell
    return tables["value"] if set(tables) == {"value"} else text


def apply(document: Document, settings: Sequence[Setting]) -> Document:
    """A copy of the document with the settings laid over it, in order.

    Raises InputError where a key names an absorber (or other list entry) that is not there.
    """
    tables: object = document.tables
    for setting in settings:
        tables = _with(tables, setting.key, setting)
    assert isinstance(tables, dict)
    changed = {setting.key: setting.text for setting in settings}
    return Document(document.label, tables, {**document.settings, **changed})


def _with(node: object, key: Key, setting: Setting) -> object:
    if not key:
        return setting.value
    if node is None and (key[0].isdecimal() or setting.key == ("absorber", *key)):
        node = []  # a list that the file leaves out
    if isinstance(node, list | tuple):
        index = _index(node, key[0], setting)
        return [
            _with(item, key[1:], setting) if i == index else item for i, item in enumerate(node)
        ]
    if isinstance(node, Rules):  # of a file of margin tables
        node = node.model_dump(mode="json", by_alias=True)
    table: Table = dict(node) if isinstance(node, dict) else {}
    if setting.key[0] == "absorber" and key in _CASH:
        for other in _CASH:
            table.pop(other[0], None)
    table[key[0]] = _with(table.get(key[0]), key[1:], setting)
    return table


def _index(entries: Sequence[object], part: str, setting: Setting) -> int:
    names = [str(entry.get("name", "")) if isinstance(entry, Mapping) else "" for entry in entries]
    if part in names:
        return names.index(part)
    if part.isdecimal() and int(part) < len(entries):
        return int(part)
    listed = f"It has: {', '.join(names)}" if any(names) else f"It has {len(entries)} entries"
    raise InputError(
        f'--set {setting.text}: the list has no entry "{part}"{nearest(part, names)} {listed}'
    )
