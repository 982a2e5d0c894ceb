"""Every page of the docs, and the README, is run: its examples work and print what it shows.

CRASHSIM_REGOLD=1 rewrites the output in the pages instead (`make golden`).
"""

import os
from pathlib import Path

import pytest

from tests.executed import ROOT, is_run, run_page

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


@pytest.mark.parametrize(
    "page", [page for page in PAGES if is_run(page)], ids=lambda page: page.name
)
def test_the_examples_of_a_page_print_what_it_shows(page: Path, tmp_path: Path) -> None:
    found = run_page(page, tmp_path)
    if os.environ.get("CRASHSIM_REGOLD"):
        page.write_text(found, "utf-8")
        return
    assert found == page.read_text("utf-8")
