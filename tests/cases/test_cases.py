"""Every page of docs/cases/ comes out as it says: on the engine, and on the reference."""

from collections.abc import Callable
from dataclasses import replace
from math import isinf

import pytest

from crashsim.engine import replay
from crashsim.engine.measure.counterfactual import haircuts
from crashsim.engine.measure.metrics import COMPARISON_METRICS, Replayed, summarise
from tests.cases.arithmetic import value_of, wrong_sums
from tests.cases.given import case_of
from tests.cases.outcome import disagreements, wrong_metrics
from tests.cases.page import METRICS, Page, replayed
from tests.reference import adapter
from tests.reference import replay as reference
from tests.reference.model import Case
from tests.reference.replay import Result

every_page = pytest.mark.parametrize("page", replayed(), ids=lambda page: page.path.stem)


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
    "run",
    [reference.replay, adapter.engine, dense, upside_down],
    ids=["reference", "engine", "engine, dense", "engine, rows reversed"],
)
def test_a_case_comes_out_as_its_page_says(run: Callable[[Case], Result], page: Page) -> None:
    case = case_of(page)
    assert disagreements(page.expected, case, run(case)) == []


@pytest.mark.parametrize(
    "page",
    [page for page in replayed() if page.rows(METRICS)],
    ids=lambda page: page.path.stem,
)
def test_the_metrics_of_a_case_come_out_as_its_page_says(page: Page) -> None:
    """Against the same night without auto-deleveraging, as in a comparison."""
    given = adapter.inputs_of(case_of(page))
    off = given.venue.model_copy(
        update={"adl": given.venue.adl.model_copy(update={"enabled": False})}
    )
    run, without = (
        replay(given.tape, given.book, given.flows, venue, keep_path=True)
        for venue in (given.venue, off)
    )
    assert without.equity_path is not None
    losses = haircuts(run, given.tape, without.equity_path)
    values = summarise(Replayed(run, given.tape, losses), COMPARISON_METRICS)
    assert wrong_metrics(page.rows(METRICS), values) == []


@every_page
def test_the_arithmetic_of_a_page_is_right(page: Page) -> None:
    rows = [row for table in page.expected.values() for row in table]
    assert [wrong for row in rows for wrong in wrong_sums(row.get("working", ""))] == []


@every_page
def test_a_page_states_what_comes_out_and_how(page: Page) -> None:
    workings = [row.get("working", "") for table in page.expected.values() for row in table]
    assert any("=" in working for working in workings) or page.rows("Prices") == []


def _other(cell: str) -> str | None:
    """Another value of the same kind; None for words."""
    if cell in ("yes", "no"):
        return "no" if cell == "yes" else "yes"
    try:
        return "0" if isinf(value_of(cell)) else f"{cell} + 1"
    except (SyntaxError, KeyError):
        return None


@every_page
def test_another_number_on_a_page_is_found(page: Page) -> None:
    case = case_of(page)
    result = reference.replay(case)
    passed_over = []
    for name, rows in page.expected.items():
        for place, row in enumerate(rows):
            for column, cell in row.items():
                other = _other(cell) if name != METRICS and column != "working" else None
                if other:
                    changed = [*rows[:place], {**row, column: other}, *rows[place + 1 :]]
                    tables = {**page.expected, name: changed}
                    if disagreements(tables, case, result) == []:
                        passed_over.append((name, place, column))
    assert passed_over == []
