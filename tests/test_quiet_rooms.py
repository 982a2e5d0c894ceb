"""What a room never does: the engine touches nothing outside it, the lab says nothing."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
OUTSIDE = {"os", "pathlib", "io", "time", "random", "subprocess", "socket", "tempfile", "shutil"}
FILE_CALLS = {"open", "read_csv", "read_parquet", "scan_csv", "scan_parquet", "write_csv"}
CLOCK_CALLS = {"now", "today", "utcnow"}
WORDS_TO_A_USER = {"print", "input", "echo", "secho"}


def _calls(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = node.func
            yield called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")


def _imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.split(".")[0]


def loud(source: str, calls: set[str], imports: set[str]) -> set[str]:
    """What a module calls and imports of these."""
    tree = ast.parse(source)
    return calls.intersection(_calls(tree)) | imports.intersection(_imports(tree))


def _all_loud(room: str, calls: set[str], imports: set[str]) -> dict[str, set[str]]:
    found = {
        str(path.relative_to(ROOT)): loud(path.read_text(encoding="utf-8"), calls, imports)
        for path in (ROOT / room).rglob("*.py")
    }
    return {path: names for path, names in found.items() if names}


def test_the_engine_opens_no_file_prints_nothing_and_reads_no_clock() -> None:
    calls = FILE_CALLS | CLOCK_CALLS | WORDS_TO_A_USER
    assert _all_loud("engine", calls, OUTSIDE) == {}


def test_the_lab_prints_nothing_and_parses_no_option() -> None:
    assert _all_loud("lab", WORDS_TO_A_USER, {"typer", "click", "rich", "argparse"}) == {}


@pytest.mark.parametrize(
    "source",
    ["import time", "from pathlib import Path", "print(1)", "x = open('a')", "datetime.now(UTC)"],
)
def test_a_planted_noise_is_heard(source: str) -> None:
    assert loud(source, FILE_CALLS | CLOCK_CALLS | WORDS_TO_A_USER, OUTSIDE)
