"""The rooms: what is packaged, and who may import whom."""

import ast
import subprocess
import sys
import tomllib
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parent.parent
ROOMS = ("cli", "data", "engine", "lab", "scenarios")
MAY_IMPORT = {
    "scenarios": {"crashsim.lazy", "crashsim.scenarios"},
    "data": {"crashsim.data", "crashsim.lazy", "crashsim.scenarios"},
    "engine": {
        "crashsim.data.clock",
        "crashsim.data.schema",
        "crashsim.engine",
        "crashsim.lazy",
        "crashsim.scenarios.models.absorber",
        "crashsim.scenarios.models.margin_tables",
        "crashsim.scenarios.models.venue",
    },
    "lab": {
        "crashsim.lab",
        "crashsim.lazy",
        "crashsim.engine",
        "crashsim.data",
        "crashsim.scenarios",
        "crashsim.__version__",
    },
    "cli": {"crashsim"},
}
# Folders of modules that may stand for each other: they may hold many, and nothing else.
INTERCHANGEABLE = {
    "cli/commands",
    "cli/show",
    "data/loaders/formats",
    "scenarios/instruments/venues",
    "engine/rules",
    "engine/measure/metrics",
}
MOST_FLAT = 10
# A command, what it shows and what it does share a name; each room may have its errors.
SHARED_NAMES = {"errors", "replay"}
HEAVY = {"ccxt", "numpy", "pandas", "polars", "pyarrow", "pydantic", "rich", "obstore", "altair"}


def _project_imports(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
            if node.module == "crashsim":
                names |= {f"crashsim.{alias.name}" for alias in node.names}
    return {name for name in names if name.startswith("crashsim.")}


def test_the_rooms_of_the_package_are_links_to_the_rooms_at_the_root() -> None:
    for room in ROOMS:
        assert (ROOT / "crashsim" / room).resolve() == ROOT / room


def test_every_folder_with_modules_is_listed_in_pyproject() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    listed = set(project["tool"]["setuptools"]["packages"])
    found = {
        ".".join(("crashsim", *init.parent.relative_to(ROOT).parts))
        for room in ROOMS
        for init in (ROOT / room).rglob("__init__.py")
    }
    assert listed == found | {"crashsim"}


def test_each_room_imports_only_the_rooms_below_it() -> None:
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for room in ROOMS
        for path in (ROOT / room).rglob("*.py")
        for name in _project_imports(path)
        if not any(name == ok or name.startswith(ok + ".") for ok in MAY_IMPORT[room])
    ]
    assert wrong == []


def test_the_command_line_starts_without_the_heavy_packages() -> None:
    probe = (
        "import sys; from typer.testing import CliRunner; from crashsim.cli.app import app; "
        "result = CliRunner().invoke(app, ['--help']); assert result.exit_code == 0; "
        "print(*sorted({name.split('.')[0] for name in sys.modules}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", probe], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert HEAVY.isdisjoint(done.stdout.split())


def test_modules_and_functions_can_be_read_at_a_glance() -> None:
    modules = [path for room in ROOMS for path in (ROOT / room).rglob("*.py")]
    texts = {path: path.read_text(encoding="utf-8") for path in modules}
    long_modules = [path.name for path, text in texts.items() if text.count("\n") > 300]
    long_functions = [
        f"{path.name}: {node.name}"
        for path, text in texts.items()
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef) and _body_lines(node) > 40
    ]
    assert (long_modules, long_functions) == ([], [])


def _body_lines(function: ast.FunctionDef) -> int:
    """Lines of a function without its signature and docstring."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return (function.end_lineno or 0) - body[0].lineno + 1 if body else 0


def _modules() -> list[Path]:
    found = (path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py")))
    return [path.relative_to(ROOT) for path in found if path.name != "__init__.py"]


def test_at_most_ten_modules_lie_flat_in_a_folder() -> None:
    counts = Counter(str(path.parent) for path in _modules())
    crowded = {
        folder: count
        for folder, count in counts.items()
        if count > MOST_FLAT and folder not in INTERCHANGEABLE
    }
    assert crowded == {}


def test_a_file_name_means_one_thing() -> None:
    surfaces = ("cli/commands", "cli/show", "scenarios/instruments/venues")
    names = Counter(path.stem for path in _modules() if str(path.parent) not in surfaces)
    assert {name for name, count in names.items() if count > 1} <= SHARED_NAMES


def _records(tree: ast.Module) -> set[str]:
    """Names of the data classes and named tuples of a module."""
    return {
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
        and ("NamedTuple" in map(ast.unparse, node.bases) or "dataclass" in str(_marks(node)))
    }


def _marks(node: ast.ClassDef) -> list[str]:
    return [ast.unparse(mark) for mark in node.decorator_list]


def test_a_record_names_its_fields_beyond_the_fourth() -> None:
    rooms = ("engine", "lab", "data")
    trees = {
        path: ast.parse(path.read_text("utf-8")) for r in rooms for path in (ROOT / r).rglob("*.py")
    }
    records = {name for tree in trees.values() for name in _records(tree)}
    assert len(records) > 50
    wrong = [
        f"{path.relative_to(ROOT)}:{node.lineno}: {node.func.id}"
        for path, tree in trees.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        if node.func.id in records and len(node.args) > 4
    ]
    assert wrong == []
