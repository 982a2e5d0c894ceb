"""Every code of docs/semantics.md has a page, every page a code, and every choice a case."""

import re
from functools import cache

from crashsim.engine.sharing import RULES
from tests.cases.given import case_of
from tests.cases.page import FOLDER, INDEX, ROOT, Page, paths, read, replayed
from tests.choices.model import choices
from tests.properties.faults import FAULTS
from tests.properties.invariants import INVARIANTS
from tests.reference.venue import with_defaults

SEMANTICS = (ROOT / "docs" / "semantics.md").read_text("utf-8")
CODE = r"[A-Z]+(?:-[A-Z0-9]+)*"
PAGE_OF = dict(re.findall(rf"^\[({CODE})\]: cases/(\S+)$", SEMANTICS, re.MULTILINE))
USED = [code for code in re.findall(rf"\[({CODE})\](?![:(])", SEMANTICS) if code in PAGE_OF]


@cache
def pages() -> list[Page]:
    return [read(path) for path in paths()]


def test_every_code_of_the_rules_has_a_page_that_says_so() -> None:
    assert {code: page.path.name for page in pages() for code in page.codes} == PAGE_OF


def test_every_code_stands_once_in_the_rules() -> None:
    assert sorted(USED) == sorted(PAGE_OF)
    unknown = re.findall(rf"\[({CODE})\](?![:(])", SEMANTICS)
    assert set(unknown) == set(PAGE_OF)


def test_a_page_is_named_by_its_first_code() -> None:
    assert [page.path.stem for page in pages()] == [page.codes[0].lower() for page in pages()]


def test_the_index_has_every_page_with_its_codes_and_its_title() -> None:
    listed = re.findall(r"^- \[(.+)\]\((\S+\.md)\): (.+)$", INDEX.read_text("utf-8"), re.MULTILINE)
    assert sorted(listed) == sorted(
        (", ".join(page.codes), page.path.name, page.title) for page in pages()
    )


def test_the_site_leads_to_every_page() -> None:
    nav = (ROOT / "mkdocs.yml").read_text("utf-8")
    assert "cases/index.md" in nav
    assert {path.parent for path in FOLDER.rglob("*.md")} == {FOLDER}


def test_every_invariant_has_a_property_and_a_planted_fault() -> None:
    invariants = {code for code in PAGE_OF if code.startswith("INV-")}
    assert invariants == set(INVARIANTS) == set(FAULTS)


def test_every_choice_of_a_venue_is_made_on_a_page() -> None:
    venues = [with_defaults(case_of(page).venue) for page in replayed()]
    unmade = {
        choice.name
        for choice in choices()
        if not any(made for venue in venues for made in choice.changed(venue))
    }
    assert unmade == set()


def test_every_sharing_rule_has_a_page() -> None:
    assert {case_of(page).venue.get("loss", {}).get("rule") for page in replayed()} >= set(RULES)
