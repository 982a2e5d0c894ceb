"""From validation errors to sentences: file, key, what was found, what is allowed."""

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from crashsim.scenarios.errors import InputError
from crashsim.scenarios.files.documents import Document, read_toml
from crashsim.scenarios.models.notes import Notes, split_notes
from crashsim.scenarios.models.rules import Rules

Model = TypeVar("Model", bound=Rules)
_BARE = re.compile(r"[A-Za-z0-9_-]+")
Schema = Mapping[str, object]


@dataclass
class Problems:
    """Sentences collected while files are read, raised together."""

    lines: list[str] = field(default_factory=list)

    def raise_any(self) -> None:
        """Raise InputError if anything was noted."""
        if self.lines:
            raise InputError("\n".join(dict.fromkeys(self.lines)))

    def read(
        self, path: Path, label: str | None = None, model: type[Notes] = Notes
    ) -> tuple[Document, Notes]:
        """A file without what is written for readers, and that, checked on its own.

        label: how errors name the file. Raises InputError where it is not TOML.
        """
        rules, written = split_notes(read_toml(path, label), model)
        return rules, self.validated(model, written) or model()

    def validated(self, model: type[Model], document: Document) -> Model | None:
        """The document as a model, or None with its problems noted."""
        try:
            return model.model_validate(document.tables)
        except ValidationError as error:
            self.lines += sentences(model, document, error)
            return None

    def checked(self, validated: Model | None) -> Model:
        """What was validated. Raises InputError where it or anything before it has problems."""
        self.raise_any()
        assert validated is not None
        return validated


def nearest(word: str, allowed: Iterable[str]) -> str:
    """` (did you mean "x"?).` for the nearest allowed word, else a full stop."""
    match = difflib.get_close_matches(word, list(allowed), n=1, cutoff=0.5)
    return f' (did you mean "{match[0]}"?).' if match else "."


def dotted(key: Sequence[str | int]) -> str:
    """A key as TOML writes it: `margin.markets."*".tiers.0.rate`."""
    parts = (str(part) for part in key)
    return ".".join(part if _BARE.fullmatch(part) else f'"{part}"' for part in parts)


def found(value: object) -> str:
    """A value of a TOML file in a few words."""
    match value:
        case bool():
            return "true" if value else "false"
        case dict():
            return "a table"
        case list():
            return f"a list of {len(value)}"
        case datetime() | date():
            return value.isoformat()
        case str():
            return f'"{value}"' if len(value) <= 60 else f'"{value[:57]}..."'
        case _:
            return str(value)


def sentences(model: type[Rules], document: Document, error: ValidationError) -> list[str]:
    """One sentence for each problem that validating `document` as `model` has raised."""
    schema = model.model_json_schema(by_alias=True)
    problems = error.errors(include_url=False, include_context=True)
    places = [problem["loc"] for problem in problems]
    # A list counts as empty where its items are unfit; the items say it better.
    return [
        _sentence(schema, document, problem)
        for problem in problems
        if not any(_is_inside(place, problem["loc"]) for place in places)
    ]


def _is_inside(place: tuple[str | int, ...], outer: tuple[str | int, ...]) -> bool:
    return len(place) > len(outer) and place[: len(outer)] == outer


def _sentence(schema: Schema, document: Document, problem: ErrorDetails) -> str:
    key = _file_key(problem, document.tables)
    where = f"{_origin(document, key)}: {dotted(key)}" if key else document.label
    value = problem["input"]
    match problem["type"]:
        case "value_error":
            return f"{where}: {problem['msg'].removeprefix('Value error, ')}"
        case "extra_forbidden":
            names = _properties(_at(schema, schema, document.tables, key[:-1]))
            hint = nearest(str(key[-1]), names)
            return f"{where}: unknown key{hint} Allowed here: {', '.join(names)}"
        case "missing":
            expected = _expected(schema, _at(schema, schema, document.tables, key))
            return f"{where}: missing; expected {expected}"
        case "union_tag_not_found":
            return f"{where}.kind: missing; expected {_kinds(problem)}"
        case "union_tag_invalid":
            kind = value.get("kind") if isinstance(value, dict) else value
            return f"{where}.kind: found {found(kind)}, expected {_kinds(problem)}"
        case _:
            field = _at(schema, schema, document.tables, key)
            hint = nearest(value, _choices(field)).rstrip(".") if isinstance(value, str) else ""
            hint = hint or _percent_hint(field, value)
            return f"{where}: found {found(value)}, expected {_expected(schema, field)}{hint}"


def _percent_hint(field: Schema, value: object) -> str:
    """For a fraction that looks like a percentage."""
    if field.get("maximum") != 1 or not isinstance(value, int | float) or not 1 < value <= 100:
        return ""
    return f" (a percentage? {value:g} % is {value / 100:g})"


def _kinds(problem: ErrorDetails) -> str:
    tags = problem.get("ctx", {}).get("expected_tags", "'tiers', 'sqrt'")
    return " or ".join(str(tags).replace("'", '"').split(", "))


def _file_key(problem: ErrorDetails, tables: object) -> tuple[str | int, ...]:
    """The place of a problem in the file: pydantic's, without its tags of union members."""
    place, node, tagged = [], tables, False
    for depth, part in enumerate(problem["loc"], start=1):
        absent = depth == len(problem["loc"]) and problem["type"] == "missing"
        if not tagged and _is_tag(part, node) and not absent:
            tagged = True
            continue
        place.append(part)
        node, tagged = _child(node, part), False
    return tuple(place)


def _is_tag(part: str | int, node: object) -> bool:
    if isinstance(part, int):
        return False
    return not isinstance(node, dict) or part not in node or node.get("kind") == part


def _child(node: object, part: str | int) -> object:
    if isinstance(node, dict):
        return node.get(part)
    if isinstance(node, list | tuple) and isinstance(part, int) and part < len(node):
        return node[part]
    return None


def _origin(document: Document, key: Sequence[str | int]) -> str:
    """The `--set` option that wrote this value, or the file (with the options set below it)."""
    names = tuple(str(part) for part in key)
    for changed, text in document.settings.items():
        if names[: len(changed)] == changed:
            return f"--set {text}"
    below = [text for key, text in document.settings.items() if key[: len(names)] == names]
    return " ".join([document.label, *(f"--set {text}" for text in below)])


def _at(root: Schema, schema: Schema, node: object, key: Sequence[str | int]) -> Schema:
    """The JSON schema of the value at `key`, with unions resolved by what the file holds."""
    schema = _resolve(root, schema, node)
    if not key:
        return schema
    part, rest = key[0], key[1:]
    if isinstance(part, int):
        inner = schema.get("items", {})
    else:
        inner = _properties(schema).get(part) or schema.get("additionalProperties", {})
    return _at(root, inner if isinstance(inner, dict) else {}, _child(node, part), rest)


def _resolve(root: Schema, schema: Schema, node: object) -> Schema:
    """Follow references; of a union take the member of the file's `kind`, or of its form."""
    reference = schema.get("$ref")
    if isinstance(reference, str):
        definitions = root["$defs"]
        assert isinstance(definitions, dict)
        return _resolve(root, definitions[reference.rsplit("/", 1)[1]], node)
    members = _members(schema)
    if not members:
        return schema
    resolved = [_resolve(root, member, node) for member in members]
    if isinstance(node, dict):
        tables = [member for member in resolved if "properties" in member]
        named = [member for member in tables if _kind(member) in (None, node.get("kind"))]
        return next(iter(named or tables), schema)
    return resolved[0] if len(resolved) == 1 else schema


def _members(schema: Schema) -> list[Schema]:
    union = schema.get("anyOf") or schema.get("oneOf")
    if not isinstance(union, list):
        return []
    return [member for member in union if member.get("type") != "null"]


def _kind(schema: Schema) -> object:
    return _properties(schema).get("kind", {}).get("const")


def _properties(schema: Schema) -> Mapping[str, Schema]:
    properties = schema.get("properties")
    return properties if isinstance(properties, dict) else {}


def _choices(schema: Schema) -> list[str]:
    own = schema.get("enum") or ([schema["const"]] if "const" in schema else [])
    members = [choice for member in _members(schema) for choice in _choices(member)]
    return [*(own if isinstance(own, list) else []), *members]


def _expected(root: Schema, schema: Schema) -> str:
    members = _members(schema)
    if members:
        return " or ".join(_expected(root, _resolve(root, member, None)) for member in members)
    choices = _choices(schema)
    if choices:
        return " or ".join(f'"{choice}"' for choice in choices)
    if "properties" in schema:
        return f"a table with {', '.join(_properties(schema))}"
    return _NAMES.get((schema.get("type"), schema.get("format")), "a value") + _bounds(schema)


_NAMES: Mapping[tuple[object, object], str] = {
    ("number", None): "a finite number",
    ("integer", None): "a whole number",
    ("boolean", None): "true or false",
    ("string", None): "a text",
    ("string", "path"): "a path",
    ("string", "date-time"): "a time such as 2025-10-10T21:00:00Z",
    ("string", "date"): "a date such as 2025-10-10",
    ("array", None): "a list",
    ("object", None): "a table",
}


def _bounds(schema: Schema) -> str:
    words = (
        ("minimum", "at least"),
        ("exclusiveMinimum", "above"),
        ("maximum", "at most"),
        ("exclusiveMaximum", "below"),
    )
    parts = [f"{word} {schema[name]:g}" for name, word in words if name in schema]
    if "minLength" in schema or "minItems" in schema:
        parts.append("that is not empty")
    return f" {' and '.join(parts)}" if parts else ""
