"""`>= 3.11` means every 3.11: nothing is used that a later patch release added."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
ROOMS = ("cli", "lab", "engine", "data", "scenarios", "tests", "benchmarks", "docs", "crashsim")

# Public names, and arguments of functions, that came with a patch release of 3.11 (its
# "Notable changes" and the "Added in version" notes of the library reference).
NAMES = {
    "data_filter": "3.11.4",
    "tar_filter": "3.11.4",
    "fully_trusted_filter": "3.11.4",
    "extraction_filter": "3.11.4",
    "FilterError": "3.11.4",
    "AbsolutePathError": "3.11.4",
    "OutsideDestinationError": "3.11.4",
    "SpecialFileError": "3.11.4",
    "AbsoluteLinkError": "3.11.4",
    "LinkOutsideDestinationError": "3.11.4",
    "LinkFallbackError": "3.11.13",
    "ALLOW_MISSING": "3.11.13",
    "SetReparseDeferralEnabled": "3.11.9",
    "GetReparseDeferralEnabled": "3.11.9",
}
ARGUMENTS = {
    ("extract", "filter"): "3.11.4",
    ("extractall", "filter"): "3.11.4",
    ("unpack_archive", "filter"): "3.11.4",
    ("getaddresses", "strict"): "3.11.10",
    ("parseaddr", "strict"): "3.11.10",
}


def late_uses(tree: ast.AST) -> Iterator[str]:
    """What a tree uses that some Python 3.11 has not, each with its line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in NAMES:
            yield f"{node.lineno}: {node.attr} came with {NAMES[node.attr]}"
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                if alias.name in NAMES:
                    yield f"{node.lineno}: {alias.name} came with {NAMES[alias.name]}"
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            for keyword in node.keywords:
                since = ARGUMENTS.get((node.func.attr, keyword.arg or ""))
                if since:
                    yield f"{node.lineno}: {node.func.attr}({keyword.arg}=) came with {since}"


def test_nothing_is_used_that_a_patch_release_added() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{use}"
        for room in ROOMS
        for path in sorted((ROOT / room).rglob("*.py"))
        for use in late_uses(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert found == []


def test_the_guard_knows_such_a_use_when_it_sees_one() -> None:
    planted = "import tarfile\ntarfile.data_filter(1)\narchive.extractall('.', filter='data')"
    found = sorted(use.partition(":")[0] for use in late_uses(ast.parse(planted)))
    assert found == ["2", "3"]
