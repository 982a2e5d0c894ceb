"""CONTRIBUTING.md and docs/architecture.md name files and tests that exist."""

import re
from pathlib import Path

import pytest

from tests.executed import ROOT

PAGES = (ROOT / "CONTRIBUTING.md", ROOT / "docs" / "architecture.md")
MOST_LINES = 50  # CONTRIBUTING.md is one screen
PATH = re.compile(r"`((?:\w+/)+(?:\w+\.\w+)?|\w+\.(?:py|toml|md))`")
TEST = re.compile(r"`(test_\w+)`")
NOT_OF_THIS_FOLDER = {"scenario.toml"}  # of a crash that is added


@pytest.fixture(scope="module")
def tests_there() -> set[str]:
    texts = (path.read_text("utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    return {name for text in texts for name in re.findall(r"^def (test_\w+)", text, re.MULTILINE)}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_on_the_code_names_what_is_there(page: Path, tests_there: set[str]) -> None:
    text = page.read_text("utf-8")
    rooms = ("crashsim/", "cli/", "lab/", "data/", "engine/", "scenarios/", "docs/", "tests/")
    paths = [one for one in PATH.findall(text) if one.startswith(rooms) or "/" not in one]
    assert [p for p in paths if not (ROOT / p).exists() and p not in NOT_OF_THIS_FOLDER] == []
    assert set(TEST.findall(text)) - tests_there == set()
    assert TEST.findall(text)


def test_contributing_fits_on_one_screen() -> None:
    assert len(PAGES[0].read_text("utf-8").splitlines()) <= MOST_LINES


def test_every_wing_is_on_the_map() -> None:
    text = PAGES[1].read_text("utf-8")
    rooms = ("cli", "lab", "data", "engine", "scenarios")
    wings = {init.parent.name for room in rooms for init in (ROOT / room).glob("*/__init__.py")}
    assert {wing for wing in wings if f"{wing}/" not in text} == set()
