"""Write docs/reference/ from the code: `python -m docs.generate` (`--check` only compares).

Commands, run tables, metrics, policies, and the keys of scenario.toml and venue.toml. The meanings
of keys stand in docs/keys.toml; everything else is read from where the program has it.
"""

import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from typer.main import get_command
from typer.testing import CliRunner

from crashsim.cli.app import app
from crashsim.engine.adl.policies import POLICIES
from crashsim.engine.adl.presets import PRESETS
from crashsim.engine.adl.scores import COLUMNS
from crashsim.engine.measure.metric import Metric
from crashsim.engine.measure.metrics import COMPARISON_METRICS, METRICS
from crashsim.engine.record.tables import TABLES, Column
from crashsim.engine.sharing import RULES
from crashsim.lab.draws.draw_table import COLUMNS as DRAW_COLUMNS
from crashsim.lab.draws.draw_table import DRAWS
from crashsim.lab.draws.draw_table import OTHERS as OTHER_COLUMNS
from crashsim.scenarios.models.scenario import ScenarioFile
from crashsim.scenarios.models.venue import Venue

DOCS = Path(__file__).parent
FOLDER = DOCS / "reference"
KEYS = DOCS / "keys.toml"
NOTE = "<!-- written by docs/generate.py; do not edit -->\n\n"


def pages() -> dict[str, str]:
    """Every page: file name -> content."""
    found = {
        "commands.md": _commands(),
        "tables.md": _tables(),
        "metrics.md": _metrics(),
        "policies.md": _policies(),
        "scenario.md": _keys("scenario", "Keys of scenario.toml", ScenarioFile),
        "venue.md": _keys("venue", "Keys of venue.toml", Venue),
    }
    return {name: NOTE + text for name, text in found.items()}


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "".join(f"| {' | '.join(_cell(cell) for cell in line)} |\n" for line in lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _code(text: str) -> str:
    return f"`{text}`" if text else ""


# Commands


def _commands() -> str:
    parts = ["# Commands\n\nWhat `--help` says, for every command.\n"]
    for words in _paths(get_command(app), ()):
        name = " ".join(("crashsim", *words))
        asked = CliRunner().invoke(app, [*words, "--help"], prog_name="crashsim", env=_WIDTH)
        parts.append(f"\n## {name}\n\n```text\n{asked.output.strip()}\n```\n")
    return "".join(parts)


_WIDTH = {"COLUMNS": "92", "LINES": "24"}


def _paths(command: Any, words: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    yield words
    for name, below in getattr(command, "commands", {}).items():
        if not below.hidden:
            yield from _paths(below, (*words, name))


# Tables and metrics


def _tables() -> str:
    head = (
        "# Run tables\n\nA run folder holds each of these as Parquet, and as CSV with "
        "`--format csv`. Times are UTC. A size in `base` counts units of the market's coin.\n"
    )
    parts = [head]
    for name, columns in TABLES.items():
        parts.append(f"\n## {name}\n\n{_columns(columns)}")
    parts.append(
        f"\n## {DRAWS}\n\nOnly where [draws](../bands.md) were made, one row each. Those of a "
        "comparison have a row for each draw and run, and the column `run` before.\n\n"
        f"{_columns((*DRAW_COLUMNS, *OTHER_COLUMNS))}"
    )
    return "".join(parts)


def _columns(columns: Iterable[Column]) -> str:
    rows = [[_code(c.name), str(c.dtype), c.unit, c.meaning] for c in columns]
    return _table(("column", "type", "unit", "meaning"), rows)


def _metrics() -> str:
    only = {name: each for name, each in COMPARISON_METRICS.items() if name not in METRICS}
    return (
        "# Metrics\n\nEvery number of `summary.json` and of a comparison, with its words.\n"
        f"\n## Of every run\n{''.join(map(_metric, METRICS.values()))}"
        "\n## Of a comparison only\n\nThese need the same night replayed without "
        f"auto-deleveraging.\n{''.join(map(_metric, only.values()))}"
    )


def _metric(metric: Metric) -> str:
    facts = [
        ("unit", metric.unit),
        ("sign", metric.sign),
        ("horizon", metric.horizon),
        ("prices", metric.price_source),
        ("stands on", ", ".join(metric.inputs)),
    ]
    lines = "".join(f"- {name}: {text}\n" for name, text in facts)
    return f"\n### {metric.name}\n\n{metric.definition}\n\n{lines}"


def _policies() -> str:
    rows = [
        [_code(each.name), each.description, each.source or "", each.assumption or ""]
        for each in POLICIES.values()
    ]
    expressions = [[_code(name), _code(preset.expression)] for name, preset in PRESETS.items()]
    columns = [[_code(name), meaning] for name, meaning in COLUMNS.items()]
    rules = [[_code(name), _first_line(rule.__doc__)] for name, rule in RULES.items()]
    return (
        "# Policies and scores\n\nThe highest score is deleveraged first. "
        "[Write your own](../extend.md#a-policy).\n\n"
        + _table(("policy", "who is asked first", "source", "assumed"), rows)
        + "\n## What they compute\n\n"
        + _table(("score", "expression (SQL)"), expressions)
        + "\n## Columns that a score may read\n\n"
        + _table(("column", "meaning"), columns)
        + "\n## Rules that share a loss\n\nNames for `loss.rule` and `--loss`; h is the charge, w "
        "the weight. [Write your own](../extend.md#a-rule-that-shares-losses).\n\n"
        + _table(("rule", "how a loss is shared"), rules)
    )


def _first_line(text: str | None) -> str:
    return (text or "").strip().partition("\n")[0]


# Keys of files


def _keys(file: str, title: str, model: type[BaseModel]) -> str:
    told = tomllib.loads(KEYS.read_text("utf-8"))[file]
    meanings = {key: text for key, text in told.items() if key != "about"}
    values: dict[str, list[str]] = {}
    defaults: dict[str, str] = {}
    for key, field in _fields(model):
        values.setdefault(key, []).append(_type(field.annotation) + _bounds(field))
        defaults[key] = _default(field)
    if differ := sorted(values.keys() ^ meanings.keys()):
        raise SystemExit(f"{KEYS.name} [{file}] and the model differ in: {', '.join(differ)}")
    rows = [[_code(k), ", ".join(values[k]), defaults[k], meanings[k]] for k in values]
    table = _table(("key", "value", "default", "meaning"), rows)
    return f"# {title}\n\n{told['about']}\n\n{table}"


def _fields(model: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, FieldInfo]]:
    """Every leaf of a model with its dotted key; `NAME` stands for a key of the user's choice."""
    for name, field in model.model_fields.items():
        key = f"{prefix}{field.alias or name}"
        inner = list(_models(field.annotation, key))
        if not inner or "Literal" in str(field.annotation):
            yield key, field
        for below, found in inner:
            yield from _fields(found, f"{below}.")


def _models(annotation: Any, key: str) -> Iterator[tuple[str, type[BaseModel]]]:
    """Models that a value may be, with the key that their fields stand under."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield key, annotation
    elif origin is dict:
        yield from _models(arguments[1], f"{key}.NAME")
    elif origin in (tuple, Annotated):
        yield from _models(arguments[0], key)
    elif origin in (Union, UnionType):
        for argument in arguments:
            yield from _models(argument, key)


def _bounds(field: FieldInfo) -> str:
    """What a number must keep to, as ` >= 0, <= 1`."""
    signs = {"ge": ">=", "gt": ">", "le": "<=", "lt": "<"}
    found = [
        f"{sign} {getattr(limit, name):g}"
        for limit in field.metadata
        for name, sign in signs.items()
        if hasattr(limit, name)
    ]
    return f" {', '.join(found)}" if found else ""


def _type(annotation: Any) -> str:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return ", ".join(_code(f'"{word}"') for word in arguments)
    if origin is Annotated:
        return _type(arguments[0])
    if origin in (Union, UnionType):
        kinds = [_type(each) for each in arguments if each is not type(None)]
        return " or ".join(dict.fromkeys(kinds))
    if origin is tuple:
        return f"list of {_type(arguments[0])}"
    if origin is dict:
        return f"table of {_type(arguments[1])}"
    return _NAMES.get(getattr(annotation, "__name__", ""), "table")


_NAMES = {
    "str": "text",
    "float": "number",
    "int": "whole number",
    "bool": "true or false",
    "Path": "path",
    "datetime": "UTC time",
}


def _default(field: FieldInfo) -> str:
    value = field.default
    if field.is_required():
        return "required"
    if value is None or value == ():
        return "none"
    if isinstance(value, Path):
        return f"bundled {value.name}"
    if isinstance(value, bool):
        return _code(str(value).lower())
    if isinstance(value, Mapping):
        return _code("{" + ", ".join(f'"{k}" = {v:g}' for k, v in value.items()) + "}")
    if isinstance(value, tuple):
        return _code(str(list(value)))
    if isinstance(value, float):
        return _code(f"{value:,.12g}".replace(",", "_"))
    return _code(f'"{value}"' if isinstance(value, str) else str(value))


def main(arguments: Sequence[str]) -> int:
    """Write the pages, or say which are out of date."""
    stale = [
        name
        for name, text in pages().items()
        if not (FOLDER / name).is_file() or (FOLDER / name).read_text("utf-8") != text
    ]
    if "--check" in arguments:
        print("\n".join(f"out of date: docs/reference/{name}" for name in stale))
        return bool(stale)
    FOLDER.mkdir(exist_ok=True)
    for name in stale:
        (FOLDER / name).write_text(pages()[name], "utf-8")
        print(f"wrote docs/reference/{name}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
