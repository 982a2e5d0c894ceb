"""Every page of docs/cases/ comes out as it says: on the engine, and on the reference."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.cases.arithmetic import wrong_sums
from tests.cases.given import case_of
from tests.cases.outcome import disagreements
from tests.cases.page import Page, paths, read
from tests.reference import adapter
from tests.reference import replay as reference
from tests.reference.model import Case
from tests.reference.replay import Result

every_page = pytest.mark.parametrize(
    "page", [read(path) for path in paths()], ids=lambda page: page.path.stem
)


def dense(case: Case) -> Result:
    return adapter.engine(case, search="dense")


def upside_down(case: Case) -> Result:
    """The book's rows in the opposite order."""
    return adapter.engine(
        replace(
            case,
            accounts=case.accounts[::-1],
            positions=case.positions[::-1],
            collateral=case.collateral[::-1],
        )
    )


@every_page
@pytest.mark.parametrize(
    "replay",
    [reference.replay, adapter.engine, dense, upside_down],
    ids=["reference", "engine", "engine, dense", "engine, rows reversed"],
)
def test_a_case_comes_out_as_its_page_says(replay: Callable[[Case], Result], page: Page) -> None:
    case = case_of(page)
    assert disagreements(page.expected, case, replay(case)) == []


@every_page
def test_the_arithmetic_of_a_page_is_right(page: Page) -> None:
    rows = [row for table in page.expected.values() for row in table]
    assert [wrong for row in rows for wrong in wrong_sums(row.get("working", ""))] == []


@every_page
def test_a_page_states_what_comes_out_and_how(page: Page) -> None:
    workings = [row.get("working", "") for table in page.expected.values() for row in table]
    assert any("=" in working for working in workings) or page.rows("Prices") == []
