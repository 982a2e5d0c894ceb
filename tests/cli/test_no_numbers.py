"""The command line computes no number: it lays out what engine, data and lab have computed."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from jinja2 import Environment, nodes

CLI = Path(__file__).parents[2] / "cli"
LIBRARIES = {"numpy", "polars"}
FUNCTIONS = {
    "sum",
    "min",
    "max",
    "mean",
    "median",
    "std",
    "quantile",
    "agg",
    "fsum",
    "divmod",
    "pow",
}
ARITHMETIC = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow)
IN_TEMPLATES = (nodes.Add, nodes.Sub, nodes.Mul, nodes.Div, nodes.FloorDiv, nodes.Mod, nodes.Pow)
# Where things stand in a picture, and how wide a column is, is the command line's to work out.
CHARTS = {f"report/charts/{name}.py" for name in ("svg", "panels", "shapes")}
WIDTHS = re.compile(r"\w+_width")


def computed(source: str) -> list[str]:
    """The line and the words of everything in Python code that makes a number."""
    return [f"{node.lineno}: {ast.unparse(node)}" for node in _visited(ast.parse(source))]


def _visited(node: ast.AST) -> Iterator[ast.expr | ast.stmt]:
    if isinstance(node, ast.FunctionDef) and WIDTHS.fullmatch(node.name):
        return
    if isinstance(node, ast.expr | ast.stmt) and _computes(node):
        yield node
    for child in ast.iter_child_nodes(node):
        yield from _visited(child)


def _computes(node: ast.expr | ast.stmt) -> bool:
    match node:
        case ast.Import(names=names):
            return any(alias.name.split(".")[0] in LIBRARIES for alias in names)
        case ast.ImportFrom(module=module):
            return (module or "").split(".")[0] in LIBRARIES
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
            return name in FUNCTIONS
        case ast.BinOp(left=left, op=op, right=right):
            return isinstance(op, ARITHMETIC) and not (_is_text(left) or _is_text(right))
        case ast.AugAssign(op=op, value=value):
            return isinstance(op, ARITHMETIC) and not _is_text(value)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return not isinstance(operand, ast.Constant)
    return False


def _is_text(node: ast.expr) -> bool:
    """Whether this is seen to be a text or a list: those are joined, not computed."""
    match node:
        case ast.Constant(value=value):
            return isinstance(value, str)
        case ast.BinOp(left=left, right=right):
            return _is_text(left) or _is_text(right)
        case ast.BoolOp(values=values):
            return any(map(_is_text, values))
        case ast.IfExp(body=body, orelse=other):
            return _is_text(body) or _is_text(other)
    return isinstance(node, ast.JoinedStr | ast.List | ast.ListComp | ast.Tuple)


def computed_in_template(source: str) -> list[str]:
    """The line and the kind of everything in a Jinja template that makes a number."""
    tree = Environment().parse(source)
    found: list[str] = []
    for node in tree.find_all((*IN_TEMPLATES, nodes.Neg, nodes.Filter, nodes.Call)):
        called = node.node if isinstance(node, nodes.Call) else node
        name = getattr(called, "name", getattr(called, "attr", ""))
        if name in FUNCTIONS or isinstance(node, (*IN_TEMPLATES, nodes.Neg)):
            found.append(f"{node.lineno}: {name or type(node).__name__}")
    return found


def test_python_of_the_command_line_computes_no_number() -> None:
    wrong = {
        name: found
        for path in CLI.rglob("*.py")
        if (name := path.relative_to(CLI).as_posix()) not in CHARTS
        and (found := computed(path.read_text(encoding="utf-8")))
    }
    assert wrong == {}


def test_templates_compute_no_number() -> None:
    templates = list(CLI.rglob("*.j2"))
    found = {path.name: computed_in_template(path.read_text("utf-8")) for path in templates}
    assert len(found) >= 4
    assert not any(found.values()), found


def test_charts_import_neither_library() -> None:
    for name in CHARTS:
        imports = [line for line in computed((CLI / name).read_text("utf-8")) if "import" in line]
        assert imports == [], name


@pytest.mark.parametrize(
    "fault",
    [
        "import numpy as np",
        "def f():\n    from polars import col",
        "if TYPE_CHECKING:\n    import polars as pl",
        "total = sum(rows)",
        "worst = frame['usd'].max()",
        "share = part / whole",
        "f'{a - b:,}'",
        "count += 1",
        "rows = sorted(rows, key=lambda row: -row.usd)",
        "def rest(names):\n    return len(names) - 3",
    ],
)
def test_a_planted_number_is_found(fault: str) -> None:
    assert computed(fault) != []


@pytest.mark.parametrize(
    "harmless",
    [
        "lines += ['a', *rows]",
        "words = ', '.join(parts) + ' and ' + last",
        "text += f'; {more}'",
        "rows += [row for row in rows] or ['nothing']",
        "options |= {'a': 1}",
        "low = -1",
        "def gap_width(columns, start):\n    return max(columns - len(start), 1)",
    ],
)
def test_layout_of_words_is_no_number(harmless: str) -> None:
    assert computed(harmless) == []


@pytest.mark.parametrize(
    "fault",
    [
        "{{ rows | sum }}",
        "{{ [rows | length, 25] | min }}",
        "{% set rest = count - 25 %}",
        "{{ max(a, b) }}",
        "{{ -amount }}",
        "{% if part / whole > 0.5 %}{% endif %}",
    ],
)
def test_a_planted_number_in_a_template_is_found(fault: str) -> None:
    assert computed_in_template(fault) != []


def test_words_of_a_template_are_no_number() -> None:
    assert computed_in_template("{{ rows[:25] | length }} {{ '{:,}'.format(count) }}") == []


def test_the_command_line_keeps_to_its_places() -> None:
    kept = {"app", "exits", "options", "completion", "output", "progress", "sheet", "target"}
    assert {path.stem for path in CLI.glob("*.py")} == kept | {"__init__"}
    assert {path.name for path in CLI.iterdir() if path.is_dir()} - {"__pycache__"} == {
        "commands",
        "report",
        "show",
    }
