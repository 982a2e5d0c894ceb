"""Settled profits and haircuts of withdrawals, on both implementations; worked by hand."""

import pytest

from tests.reference.adapter import Replay, on_both
from tests.reference.cases import PLENTY, Holding, Rules, account, case
from tests.reference.model import Case
from tests.reference.replay import Result

Flow = tuple[int, str, str, float]


def profit(
    interval_s: float | None,
    asked: list[tuple[int, float]],
    marks: list[float],
    cash: float = 100.0,
    rate: float = 0.1,
) -> Case:
    """A long of 1 BTC entered at 100; withdrawals as (step, amount)."""
    rules = Rules(rate=rate, pnl_settlement_s=interval_s)
    flows: list[Flow] = [(step, "a", "withdrawal", amount) for step, amount in asked]
    return case(marks, {"a": cash}, [Holding("a", 1.0)], rules, flows=flows)


def paid(result: Result) -> list[float]:
    return [row["credited_usd"] for row in result.tables["flows"]]


@on_both
@pytest.mark.parametrize(
    ("interval_s", "step", "amount"),
    [
        (None, 3, 100.0),
        (10.0, 3, 100.0),
        (2.0, 3, 140.0),
        (3.0, 2, 100.0),
        (3.0, 3, 160.0),
        (1.0, 3, 160.0),
        (0.25, 3, 160.0),
        (1.5, 1, 100.0),
        (1.5, 2, 140.0),
    ],
    ids=[
        "nothing without settlements",
        "nothing, the first settlement having been at the start",
        "the profit of step 2, of two seconds",
        "nothing until the third second",
        "the profit of step 3, at its own settlement",
        "the profit of the step, settling every step",
        "the profit of the step, settling more often than that",
        "nothing before the interval is over",
        "the profit of the first step after an interval that ends between steps",
    ],
)
def test_a_long_with_unrealised_profit_may_withdraw_beside_its_cash(
    replay: Replay, interval_s: float | None, step: int, amount: float
) -> None:
    made = profit(interval_s, [(step, 1e6)], [100.0, 120.0, 140.0, 160.0], rate=0.0)
    assert paid(replay(made)) == [pytest.approx(amount)]


@on_both
def test_a_profit_of_the_first_step_is_settled_at_once(replay: Replay) -> None:
    assert paid(replay(profit(10.0, [(0, 1e6)], [150.0]))) == [pytest.approx(120.0)]
    # cash 100 + 50 is more than the equity of 150 less twice the margin of 15


@on_both
def test_a_settled_loss_holds_back_cash(replay: Replay) -> None:
    # settled at 60, the mark is back at 100: 60 of the cash of 100 are free, not all
    made = profit(2.0, [(3, 1e6)], [100.0, 100.0, 60.0, 100.0], rate=0.0)
    assert paid(replay(made)) == [pytest.approx(60.0)]
    unsettled = profit(10.0, [(3, 1e6)], [100.0, 100.0, 60.0, 100.0], rate=0.0)
    assert paid(replay(unsettled)) == [pytest.approx(100.0)]


@on_both
def test_a_settled_profit_that_is_gone_cannot_be_withdrawn(replay: Replay) -> None:
    # settled at 160; at 110 the equity of 110 less 2 * 11 is the bound
    made = profit(2.0, [(3, 1e6)], [100.0, 100.0, 160.0, 110.0])
    assert paid(replay(made)) == [pytest.approx(88.0)]


@on_both
def test_a_withdrawn_profit_leaves_negative_cash_beside_an_open_position(replay: Replay) -> None:
    result = replay(profit(1.0, [(1, 120.0)], [100.0, 150.0, 150.0], cash=50.0))
    row = account(result, "a")
    # equity 100, margin 15: 70 are free
    assert (row["withdrawals_usd"], row["withdrawals_refused_usd"]) == (70.0, 50.0)
    assert (row["cash_end"], row["equity_end"]) == (-20.0, 30.0)
    assert result.tables["shortfalls"] == []


@on_both
def test_what_was_withdrawn_is_not_withdrawn_again(replay: Replay) -> None:
    made = profit(10.0, [(1, 40.0), (1, 1e6), (2, 1e6)], [150.0, 150.0, 150.0])
    assert paid(replay(made)) == [40.0, pytest.approx(80.0), 0.0]


@on_both
def test_winners_withdraw_before_the_losers_debt_is_found(replay: Replay) -> None:
    # at 60 the long owes 25; the short takes its profit of 40 first
    made = case(
        [100.0, 60.0],
        {"l": 15.0, "w": 20.0},
        [Holding("l", 1.0), Holding("w", -1.0)],
        Rules(liquidation={"limit": "none"}, pnl_settlement_s=1.0),
        volume=PLENTY,
        flows=[(1, "w", "withdrawal", 48.0)],
    )
    result = replay(made)
    assert paid(result) == [48.0]
    assert account(result, "l")["debt_end"] == pytest.approx(25.0)
    assert account(result, "w")["equity_end"] == pytest.approx(12.0)


# The debtor: a long of 1 BTC entered at 100 with cash 15, sold at 60: a pool of 25 after step 1.
def pooled(
    others: dict[str, float], flows: list[Flow], fund_usd: float = 0.0, isolated: bool = False
) -> Case:
    rules = Rules(
        liquidation={"limit": "none"},
        loss={"policy": "withdrawal_haircut"},
        absorber=({"name": "fund", "cash": fund_usd},),
    )
    holding = Holding("debtor", 1.0, margin=15.0 if isolated else None)
    cash = {"debtor": 0.0 if isolated else 15.0, **others}
    return case([100.0, 60.0, 60.0, 60.0], cash, [holding], rules, volume=PLENTY, flows=flows)


@on_both
@pytest.mark.parametrize("isolated", [False, True], ids=["cross", "isolated"])
@pytest.mark.parametrize(("fund_usd", "pool"), [(0.0, 25.0), (10.0, 15.0), (25.0, 0.0)])
def test_the_rest_of_a_shortfall_falls_to_the_pool(
    replay: Replay, isolated: bool, fund_usd: float, pool: float
) -> None:
    flows: list[Flow] = [(2, "w", "withdrawal", 100.0)]
    result = replay(pooled({"w": 100.0}, flows, fund_usd, isolated))
    (row,) = result.tables["shortfalls"]
    assert (row["written_off_usd"], row["carried_usd"], row["shared_usd"]) == (pool, 0.0, 0.0)
    assert account(result, "debtor")["debt_end"] == 0.0
    charge = 100.0 * pool / (100.0 + pool)
    assert paid(result) == [pytest.approx(100.0 - charge)]
    assert result.platform_cash_usd == pytest.approx(charge - pool)


@on_both
def test_the_pool_shrinks_with_each_withdrawal(replay: Replay) -> None:
    # 100 and 100 of cash against 25: 100 * 25/225 = 11.11; then 13.89 against 100 that are left
    flows: list[Flow] = [(2, "v", "withdrawal", 100.0), (3, "w", "withdrawal", 50.0)]
    result = replay(pooled({"v": 100.0, "w": 100.0}, flows))
    first = 100 * 25 / 225
    left = 25 - first
    second = 50 * left / (100 + left)
    assert paid(result) == [pytest.approx(100 - first), pytest.approx(50 - second)]
    charged = [(r["step"], r["account"], r["amount_usd"]) for r in result.tables["loss_shares"]]
    assert charged == [(2, "v", pytest.approx(first)), (3, "w", pytest.approx(second))]
    assert account(result, "w")["loss_share_usd"] == pytest.approx(second)
    assert account(result, "w")["cash_end"] == pytest.approx(50.0)
    assert account(result, "w")["withdrawals_usd"] == pytest.approx(50 - second)
    assert account(result, "w")["withdrawals_refused_usd"] == 0.0
    assert result.platform_cash_usd == pytest.approx(first + second - 25)


@on_both
def test_two_withdrawals_of_an_account_in_one_step_are_charged_one_after_the_other(
    replay: Replay,
) -> None:
    flows: list[Flow] = [(2, "w", "withdrawal", 50.0), (2, "w", "withdrawal", 50.0)]
    result = replay(pooled({"w": 100.0}, flows))
    first = 50 * 25 / 125
    second = 50 * (25 - first) / (50 + 25 - first)
    assert paid(result) == [pytest.approx(50 - first), pytest.approx(50 - second)]


@on_both
def test_a_withdrawal_before_the_loss_is_paid_in_full(replay: Replay) -> None:
    flows: list[Flow] = [(0, "w", "withdrawal", 40.0), (1, "w", "withdrawal", 40.0)]
    result = replay(pooled({"w": 100.0}, flows))  # flows of step 1 come before the loss
    assert paid(result) == [40.0, 40.0]
    assert result.tables["loss_shares"] == []


@on_both
def test_only_what_the_venue_allows_is_charged(replay: Replay) -> None:
    # of 500 the cash of 100 is allowed
    result = replay(pooled({"w": 100.0}, [(2, "w", "withdrawal", 500.0)]))
    (flow,) = result.tables["flows"]
    assert (flow["credited_usd"], flow["refused_usd"]) == (pytest.approx(80.0), 400.0)


@on_both
def test_a_deposit_is_not_charged(replay: Replay) -> None:
    result = replay(pooled({"w": 100.0}, [(2, "w", "deposit", 50.0)]))
    assert account(result, "w")["cash_end"] == 150.0
    assert result.tables["loss_shares"] == []


@on_both
def test_the_charge_of_a_settled_profit_counts_cash_before_it_is_paid(replay: Replay) -> None:
    # w: cash 12 and a settled profit of 40 at 60, margin 6: 40 are allowed.
    # The pool is 25, the cash of all 12: 40 * 25/37 is more than the pool.
    rules = Rules(
        liquidation={"limit": "none"}, loss={"policy": "withdrawal_haircut"}, pnl_settlement_s=1.0
    )
    made = case(
        [100.0, 60.0, 60.0],
        {"debtor": 15.0, "w": 12.0},
        [Holding("debtor", 1.0), Holding("w", -1.0)],
        rules,
        volume=PLENTY,
        flows=[(2, "w", "withdrawal", 1000.0)],
    )
    result = replay(made)
    assert paid(result) == [pytest.approx(15.0)]
    assert account(result, "w")["cash_end"] == pytest.approx(-28.0)
    assert result.platform_cash_usd == pytest.approx(0.0)
