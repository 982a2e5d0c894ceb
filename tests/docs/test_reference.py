"""docs/reference/ says what the code says, and no page links to nothing."""

import re
from pathlib import Path

import pytest

from docs import generate
from tests.executed import ROOT

PAGES = sorted((ROOT / "docs").rglob("*.md"))
LINK = re.compile(r"\]\((?!https?://)([^)\s]+)\)")


def test_the_generated_pages_are_current() -> None:
    stale = {
        name
        for name, text in generate.pages().items()
        if not (generate.FOLDER / name).is_file()
        or (generate.FOLDER / name).read_text("utf-8") != text
    }
    assert not stale, "run `python -m docs.generate`"


def anchors(page: Path) -> set[str]:
    """What a heading of the page can be linked by."""
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {
        re.sub(r"[^\w -]", "", heading).strip().lower().replace(" ", "-") for heading in headings
    }


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    for link in LINK.findall(page.read_text("utf-8")):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link
