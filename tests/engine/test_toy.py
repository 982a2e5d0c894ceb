"""The toy scenario against its run worked out by hand in docs/toy.md."""

from functools import cache
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from crashsim import data, engine, scenarios
from crashsim.engine.record.outcome import Outcome
from crashsim.engine.record.tables import TIME, polars_schema

EXPECTED = Path(__file__).parent.parent / "scenarios" / "toy_expected"
BY_HAND = sorted(path.stem for path in EXPECTED.glob("*.csv"))


@cache
def _outcome(*settings: str) -> Outcome:
    scenario = scenarios.load("toy", overrides=scenarios.Overrides(set=settings))
    inputs = data.read_inputs(scenario)
    return engine.replay(inputs.tape, inputs.book, inputs.flows, scenario.venue, seed=scenario.seed)


def _by_hand(table: str) -> pl.DataFrame:
    schema = polars_schema(table)
    text = {name: pl.String if dtype == TIME else dtype for name, dtype in schema.items()}
    frame = pl.read_csv(EXPECTED / f"{table}.csv", schema=text)
    times = [name for name, dtype in schema.items() if dtype == TIME]
    return frame.with_columns(pl.col(times).str.to_datetime(time_unit="ms", time_zone="UTC"))


@pytest.mark.parametrize("table", BY_HAND)
def test_every_row_and_number_is_the_one_worked_out_by_hand(table: str) -> None:
    found = _outcome().tables()[table]
    assert_frame_equal(found, _by_hand(table), rel_tol=0, abs_tol=1e-9)


def test_the_tables_that_stay_empty_are_empty() -> None:
    tables = _outcome().tables()
    empty = {name for name, frame in tables.items() if frame.is_empty()}
    assert (
        empty
        == set(tables) - set(BY_HAND)
        == {
            "loss_shares",
            "collateral_sales",
            "absorbers",
        }
    )


def test_the_platform_and_the_deficit_are_the_ones_worked_out_by_hand() -> None:
    outcome = _outcome()
    assert outcome.platform_cash_usd == pytest.approx(-212.79175, abs=1e-9)
    assert outcome.deficit_usd == pytest.approx(631.13975, abs=1e-9)
    assert outcome.conservation_residual_frac <= 1e-9
    assert outcome.default_margin_markets == ("TOY",)


@pytest.mark.parametrize(
    ("setting", "equity_usd", "debt_usd"),
    [
        ("loss.deposits=ring_fence", 400, 631.13975),
        ("adl.price=bankruptcy", 400, 0),
        ("adl.enabled=false", 193.195355, 0),
    ],
)
def test_what_the_page_says_of_bob_under_other_rules_is_so(
    setting: str, equity_usd: float, debt_usd: float
) -> None:
    bob = _outcome(setting).accounts.row(by_predicate=pl.col("account") == "bob", named=True)
    assert bob["equity_end"] == pytest.approx(equity_usd, abs=1e-9)
    assert bob["debt_end"] == pytest.approx(debt_usd, abs=1e-9)


def test_a_fund_of_any_depth_does_not_hide_or_break_conservation() -> None:
    # Fees of some dollars are added to a fund whose next representable sum is 0.002 away.
    outcome = _outcome('absorber=[{name = "deep", cash = 1e13, max_notional = 0.0}]')
    assert outcome.absorbers["cash_usd"].n_unique() > 1
    assert outcome.conservation_residual_frac <= 1e-9
