"""The bundled night does what it is bundled for."""

from functools import cache

import polars as pl

from crashsim.data.inputs import Inputs, read_inputs
from crashsim.engine import Outcome, replay
from crashsim.scenarios.files.loading import load
from crashsim.scenarios.files.overrides import Overrides


@cache
def inputs() -> Inputs:
    return read_inputs(load("oct11"))


def outcome(venue: str | None = None, *settings: str) -> Outcome:
    scenario = load("oct11", overrides=Overrides(venue=venue, set=settings))
    given = inputs()
    return replay(given.tape, given.book, given.flows, scenario.venue, seed=scenario.seed)


def test_by_default_deposits_go_to_debts() -> None:
    run = outcome()
    accounts = run.accounts
    assert accounts["was_liquidated"].sum() > 100
    assert accounts["was_deleveraged"].sum() > 50
    assert 100 <= accounts["ended_in_debt"].sum() <= 300
    assert not accounts["ended_underwater"].any()
    deposits = run.flows.filter(kind="deposit")
    assert deposits["amount_usd"].max() == 40_000.0
    assert 25 <= deposits.filter(pl.col("to_debt_usd") > 0)["account"].n_unique() <= 50
    assert deposits["to_debt_usd"].sum() > 5_000


def test_binance_without_a_fund_deleverages_and_leaves_no_debt() -> None:
    accounts = outcome("binance", "absorber.0.cash=0").accounts
    assert accounts["was_deleveraged"].sum() > 50
    assert not accounts["was_in_debt"].any() and not accounts["ended_underwater"].any()


def test_binance_with_a_large_fund_neither_deleverages_nor_leaves_debt() -> None:
    accounts = outcome("binance", "absorber.0.cash=1e9", "absorber.1.cash=1e9").accounts
    assert accounts["was_liquidated"].sum() > 100
    assert not accounts["was_deleveraged"].any() and not accounts["was_in_debt"].any()
    assert not accounts["ended_underwater"].any()


def test_deleveraging_before_bankruptcy_leaves_few_debtors_of_little_debt() -> None:
    early, late = load("oct11-early-close"), outcome().accounts
    assert early.book == load("oct11").book and early.flows == load("oct11").flows
    given = inputs()
    run = replay(given.tape, given.book, given.flows, early.venue, seed=early.seed)
    accounts = run.accounts
    assert 0 < accounts["ended_in_debt"].sum() < late["ended_in_debt"].sum() / 3
    assert accounts["debt_end"].sum() < late["debt_end"].sum() / 20
    taken, taken_late = (each["deposits_to_debt_usd"].to_numpy() for each in (accounts, late))
    assert taken.max() < taken_late.max() / 10


def test_nobody_owns_more_than_a_third_of_open_interest() -> None:
    run, book = outcome(), load("oct11").book.generate
    assert book is not None
    assert run.accounts["equity_start"].to_numpy().max() <= book.open_interest_usd / 3
