"""Allocation of a deficit on a table of winners."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from crashsim.engine.errors import PolicyError
from crashsim.engine.sharing import RULES
from crashsim.engine.winners import Allocation, Winners, allocate, solvent_winners

RECORDED = Path(__file__).parents[3] / "shared" / "data" / "oct11"
RECORDED_ACCOUNTS = RECORDED / "hyperliquid_adl_by_account.parquet"

POLICIES = [name for name in RULES if name != "queue"] + ["profit_usd", "leverage", "random"]


@pytest.fixture
def three() -> Winners:
    """The paper's example: profits 8, 4 and 0.5 on equities 10, 5 and 1."""
    return Winners(
        accounts=["a", "b", "c"],
        profit_usd=np.array([8.0, 4.0, 0.5]),
        equity_usd=np.array([10.0, 5.0, 1.0]),
        leverage=np.array([2.0, 1.0, 4.0]),
        beta_frac=np.ones(3),
    )


@pytest.mark.parametrize("policy", POLICIES)
def test_every_policy_raises_the_deficit_and_charges_nobody_more_than_he_has(
    policy: str, three: Winners
) -> None:
    done = allocate(policy, 6.0, three)
    assert done.raised_usd == pytest.approx(6.0)
    assert done.uncovered_usd == 0.0
    assert (done.charge_usd <= three.capacity_usd).all()


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ("pro_rata", [3.84, 1.92, 0.24]),
        ("min_max", [3.75, 1.875, 0.375]),
        ("rap", [4.888888888888889, 0.6111111111111112, 0.5]),
        ("profit_usd", [6.0, 0.0, 0.0]),
        ("leverage", [5.5, 0.0, 0.5]),
        ("lowest_leverage", [2.0, 4.0, 0.0]),
        ("-upnl", [1.5, 4.0, 0.5]),
    ],
)
def test_who_pays_under_each_policy(policy: str, expected: list[float], three: Winners) -> None:
    assert allocate(policy, 6.0, three).charge_usd == pytest.approx(expected)


def test_what_winners_cannot_pay_is_left_uncovered(three: Winners) -> None:
    done = allocate("pro_rata", 20.0, three, largest_deficit_usd=5.0)
    assert (done.raised_usd, done.uncovered_usd) == (12.5, 7.5)
    assert done.largest_frac == pytest.approx(0.8)
    assert done.ptsr_code == 0.0  # nothing survives


def test_the_measures_of_an_allocation(three: Winners) -> None:
    done = allocate("profit_usd", 6.0, three, largest_deficit_usd=2.0)
    assert (done.payers, done.gini, done.herfindahl) == (1, pytest.approx(2 / 3), 1.0)
    assert done.top_share == {1: 1.0, 10: 1.0, 100: 1.0}
    assert done.largest_frac == pytest.approx(0.6)
    assert done.ptsr_paper == pytest.approx(4 / 6)
    assert done.pmr_paper == pytest.approx(4 / 2)
    assert done.ptsr_code is None and done.pmr_code is None  # all is paid


def test_a_winner_weighs_its_capacity_and_by_profit_alone_its_profit() -> None:
    rich, poor = 100.0, 10.0  # of equity, both with 50 of profit
    two = Winners(
        ["poor", "rich"],
        np.array([50.0, 50.0]),
        np.array([poor, rich]),
        np.ones(2),
        np.ones(2),
    )
    assert allocate("pro_rata", 12.0, two).charge_usd == pytest.approx([2.0, 10.0])
    assert allocate("pro_rata", 12.0, two, by_profit=True).charge_usd == pytest.approx([6.0, 6.0])


def test_the_ratio_to_the_largest_deficit_needs_one(three: Winners) -> None:
    done = allocate("profit_usd", 20.0, three)
    assert done.ptsr_paper is not None
    assert (done.pmr_paper, done.pmr_code) == (None, None)


def test_insolvent_rows_are_left_out_and_losses_are_no_profit() -> None:
    kept = solvent_winners(
        ["b", "x", "a"],
        np.array([-3.0, 9.0, 2.0]),
        np.array([5.0, -1.0, 7.0]),
        np.array([1.0, 2.0, 3.0]),
        np.array([True, False, True]),
    )
    assert kept.accounts == ["a", "b"]
    assert kept.profit_usd.tolist() == [2.0, 0.0]
    assert kept.leverage.tolist() == [3.0, 1.0]


@pytest.mark.parametrize(
    ("policy", "reason"),
    [
        ("queue", "needs a score"),
        ("bitmex", r"reads bankruptcy_price.*It has: equity, leverage, upnl"),
        ("fairness", "unknown column fairness"),
    ],
)
def test_a_policy_that_cannot_be_applied_is_refused(
    policy: str, reason: str, three: Winners
) -> None:
    with pytest.raises(PolicyError, match=reason):
        allocate(policy, 6.0, three)


def test_a_score_reads_the_columns_that_are_given(three: Winners) -> None:
    columns = {"notional": np.array([1.0, 3.0, 2.0])}
    given = Winners(
        three.accounts,
        three.profit_usd,
        three.equity_usd,
        three.leverage,
        three.beta_frac,
        columns,
    )
    assert allocate("size", 4.25, given).charge_usd.tolist() == [0.0, 4.0, 0.25]


@pytest.mark.skipif(not RECORDED_ACCOUNTS.exists(), reason="recorded accounts are not here")
def test_min_max_has_the_smallest_largest_haircut_on_the_recorded_accounts() -> None:
    frame = pl.read_parquet(RECORDED_ACCOUNTS)
    winners = solvent_winners(
        frame["account"].to_list(),
        frame["closed_pnl"].to_numpy(),
        frame["account_value_realtime"].to_numpy(),
        frame["leverage_realtime"].to_numpy(),
        ~frame["is_negative_equity"].to_numpy(),
    )
    assert len(winners.accounts) == 19_337 - 654
    done: dict[str, Allocation] = {
        policy: allocate(policy, 23_190_000.0, winners) for policy in POLICIES
    }
    assert all(one.raised_usd == pytest.approx(23_190_000.0) for one in done.values())
    assert min(done.values(), key=lambda one: one.largest_frac).policy == "min_max"
