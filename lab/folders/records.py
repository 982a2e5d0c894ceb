"""The JSON files of a run folder as they are read: what is amiss is named by file and field."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

import crashsim
from crashsim.engine.measure.metrics import Value
from crashsim.lab.draws.draw_table import DRAWS
from crashsim.lab.draws.draws_told import Draws
from crashsim.lab.folders.manifest import READABLE_FORMATS, Manifest
from crashsim.scenarios.errors import InputError
from crashsim.scenarios.files.problems import dotted

_AGAIN = "the file was changed or is damaged; make the run again"


class _Entry(BaseModel):
    """One metric of summary.json."""

    model_config = ConfigDict(strict=True)

    value: Value
    unit: str
    definition: str
    sign: str
    horizon: str
    price_source: str
    inputs: Mapping[str, str]


_ENTRIES = TypeAdapter(dict[str, _Entry])


class Summary(dict[str, dict[str, Any]]):
    """The metrics of summary.json: metric -> value, unit, definition and how it is known.

    draws: what the file says of the draws beside, where it has any.
    """

    def __init__(
        self, path: Path, entries: Mapping[str, dict[str, Any]], draws: Draws | None
    ) -> None:
        super().__init__(entries)
        self.draws = draws
        self._path = path

    def __missing__(self, metric: str) -> NoReturn:
        raise InputError(
            f"{self._path}: {metric} is missing; another version of crashsim may have made the run,"
            " make it again"
        )


def read_manifest(path: Path) -> Manifest:
    """A manifest.json of a format that this program reads. Raises InputError."""
    content = path.read_bytes()
    found = _object(path, content)
    if (known := found.get("format")) not in READABLE_FORMATS:
        raise InputError(
            f"{path}: format: found {json.dumps(known)}, but this crashsim "
            f"({crashsim.__version__}) reads format {', '.join(map(str, READABLE_FORMATS))}; make "
            f"the run again, or read it with the version that made it ({found['crashsim']})"
        )
    try:
        return Manifest.model_validate_json(content)
    except ValidationError as error:
        raise _problem(path, error) from None


def read_summary(path: Path) -> Summary:
    """A summary.json. Raises InputError."""
    entries = _object(path, path.read_bytes())
    drawn = entries.pop(DRAWS, None)
    try:
        measured = _ENTRIES.validate_python(entries)
        draws = None if drawn is None else Draws.model_validate_json(json.dumps(drawn))
    except ValidationError as error:
        raise _problem(path, error) from None
    for name, entry in measured.items():
        expected = _kind(name, entry.unit)
        if entry.value is not None and not isinstance(entry.value, expected):
            raise InputError(
                f"{path}: {name}.value: found {json.dumps(entry.value)}, expected "
                f"{_WORDS[expected]}; {_AGAIN}"
            )
    return Summary(path, entries, draws)


_NUMBER = (int, float)
_WORDS: Mapping[Any, str] = {dict: "a table", str: "a time", _NUMBER: "a number"}


def _kind(metric: str, unit: str) -> Any:
    if "_by_" in metric:
        return dict
    return str if unit == "UTC" else _NUMBER


def read_field(path: Path, field: str, kind: type[dict[str, Any]] | type[str]) -> Any:
    """One field of a JSON file: a text or a table. Raises InputError."""
    found = _object(path, path.read_bytes()).get(field)
    if not isinstance(found, kind):
        what = "a table" if kind is dict else "a text"
        raise InputError(f"{path}: {field}: found {json.dumps(found)}, expected {what}; {_AGAIN}")
    return found


def is_manifest(path: Path) -> bool:
    """Whether crashsim wrote this file about a run."""
    try:
        return "crashsim" in _object(path, path.read_bytes())
    except (OSError, InputError):
        return False


def _object(path: Path, content: bytes) -> dict[str, Any]:
    try:
        found = json.loads(content)
    except ValueError as error:
        raise InputError(f"{path}: not JSON ({error}); {_AGAIN}") from None
    if not isinstance(found, dict):
        raise InputError(f"{path}: found no table of fields; {_AGAIN}")
    return found


def _problem(path: Path, error: ValidationError) -> InputError:
    first = error.errors()[0]
    field = dotted(first["loc"])
    if first["type"] == "missing":
        return InputError(f"{path}: {field} is missing; {_AGAIN}")
    expected = first["msg"].replace("Input should be", "expected")
    return InputError(f"{path}: {field}: found {json.dumps(first['input'])}, {expected}; {_AGAIN}")
