"""A statement adds up: opening equity and items are closing equity, on the toy and on any book."""

from functools import cache

import pytest
from hypothesis import given, settings

from crashsim import data, engine, scenarios
from crashsim.engine.readings import Tables
from crashsim.engine.readings.statement import Item, Statement, statement_of
from crashsim.engine.readings.statement_lines import MOST_MARKETS, lines_of
from tests.properties.strategies import cases
from tests.reference.adapter import inputs_of
from tests.reference.model import Case

ROUNDING_FRAC = 1e-9  # of gross


@cache
def toy() -> Tables:
    scenario = scenarios.load("toy")
    read = data.read_inputs(scenario)
    return engine.replay(read.tape, read.book, read.flows, scenario.venue, seed=1).tables()


def of(account: str) -> Statement:
    found = statement_of(toy(), account)
    assert found is not None
    return found


def assert_adds_up(statement: Statement) -> None:
    allowed = ROUNDING_FRAC * statement.gross_usd + 1e-12
    assert abs(statement.residual_usd) <= allowed
    assert abs(statement.debt_residual_usd) <= allowed


@pytest.mark.parametrize("account", ["ann", "bob", "cara", "dora", "eve", "whale"])
def test_every_account_of_the_toy_adds_up(account: str) -> None:
    assert_adds_up(of(account))


@given(cases())
@settings(max_examples=60)
def test_every_account_of_any_book_adds_up(case: Case) -> None:
    read = inputs_of(case)
    tables = engine.replay(read.tape, read.book, read.flows, read.venue, seed=case.seed).tables()
    for account in tables["accounts"]["account"]:
        statement = statement_of(tables, account)
        assert statement is not None
        assert_adds_up(statement)
        lines = lines_of(statement.items)
        together = sum(line.equity_usd for line in lines)
        allowed = ROUNDING_FRAC * statement.gross_usd + 1e-12
        assert together == pytest.approx(
            statement.closing_equity_usd - statement.opening_equity_usd, abs=allowed
        )


def test_bobs_items_are_those_worked_out_by_hand() -> None:
    sums: dict[str, float] = {}
    for item in of("bob").items:
        sums[item.kind] = sums.get(item.kind, 0.0) + item.equity_usd
    assert sums == pytest.approx(
        {
            "price": -50 * 5 - 125 * 10 - 125 * 12,
            "liquidation": -50 * 0.665 - 125 * 0.46125 - 50 * 0.616,
            "fee": -9.4335,
            "adl_loser": 0.0,
            "debt": 631.13975,
            "deposit": 400.0,
            "deposit_to_debt": -400.0,
        }
    )


def test_an_item_that_is_lost_is_noticed() -> None:
    whole = of("bob")
    for lost in whole.items:
        if not lost.equity_usd:
            continue
        kept = tuple(item for item in whole.items if item is not lost)
        broken = Statement("bob", 2500.0, 0.0, whole.closing_debt_usd, kept, whole.gross_usd)
        assert abs(broken.residual_usd) > ROUNDING_FRAC * broken.gross_usd


def test_an_adl_fill_says_rank_score_and_whose_bankruptcy_it_covered() -> None:
    (fill,) = (item for item in of("whale").items if item.kind == "adl_winner")
    assert (fill.rank, fill.counterparty, fill.size) == (2, "bob", -15.0)
    assert fill.score == pytest.approx(17_600 / 22_400)


def test_an_account_that_is_not_in_the_book_has_no_statement() -> None:
    assert statement_of(toy(), "nobody") is None


def test_many_markets_become_few_lines_that_add_up() -> None:
    items = [Item("price", market=f"M{i:02}", size=1.0, equity_usd=float(i)) for i in range(20)]
    lines = lines_of(items)
    assert len(lines) == MOST_MARKETS + 1
    assert {line.market for line in lines} == {
        "14 other markets",
        *(f"M{i}" for i in range(14, 20)),
    }
    assert sum(line.equity_usd for line in lines) == sum(range(20))
