"""The sharing rules of section 5 as a venue's `loss.rule`, on both implementations.

The debtor: a long of 1 BTC entered at 100 with cash 15, sold at 60: a loss of 25. The winners are
shorts. At 60 "big" has a profit of 80 and an equity of 160 (leverage 0.75), "small" a profit of 20
and an equity of 30 (leverage 1), "idle" cash of 10 and no position.
"""

import pytest

from tests.reference.adapter import Replay, on_both
from tests.reference.cases import PLENTY, Holding, Rules, account, case
from tests.reference.model import Case

BIG = Holding("big", -2.0)
SMALL = Holding("small", -0.5)
CASH = {"big": 80.0, "small": 10.0, "idle": 10.0}


def crash(rule: str, basis: str, debtor: float = 1.0, cash: dict[str, float] | None = None) -> Case:
    rules = Rules(
        liquidation={"limit": "none"}, loss={"policy": "share", "rule": rule, "basis": basis}
    )
    return case(
        [100.0, 60.0],
        {**(cash or CASH), "debtor": 15.0 * debtor},
        [BIG, SMALL, Holding("debtor", debtor)],
        rules,
        volume=PLENTY,
    )


def charges(replay: Replay, made: Case) -> dict[str, float]:
    rows = replay(made).tables["loss_shares"]
    return {row["account"]: row["amount_usd"] for row in rows}


@on_both
@pytest.mark.parametrize(
    ("rule", "big", "small"),
    [
        ("pro_rata", 20.0, 5.0),  # 80 : 20
        ("levered_pro_rata", 18.75, 6.25),  # 0.75 * 80 : 1 * 20
        ("capped_pro_rata", 20.0, 5.0),
        ("rap", 25 * 45 / 65, 25 * 20 / 65),  # 0.75^2 * 80 : 1 * 20
        ("rap_power", 25 * 33.75 / 53.75, 25 * 20 / 53.75),  # 0.75^3 * 80 : 1 * 20
        ("rap_cvar", 0.0, 20.0),  # 0.75 * 0 : 1 * 0.1 * 20, at most its profit
        ("min_max", 25 * 160 / 190, 25 * 30 / 190),
        ("vector_mirror_descent", 25 * 6400 / 6800, 25 * 400 / 6800),
        ("queue", 25.0, 0.0),
    ],
)
def test_a_loss_of_25_shared_by_profit_under(
    replay: Replay, rule: str, big: float, small: float
) -> None:
    found = charges(replay, crash(rule, "profit"))
    expected = {"big": big, "small": small}
    assert found == pytest.approx({name: usd for name, usd in expected.items() if usd})


@on_both
@pytest.mark.parametrize(
    ("rule", "big", "small", "idle"),
    [
        ("pro_rata", 20.0, 3.75, 1.25),
        ("levered_pro_rata", 20.0, 5.0, 0.0),  # 0.75 * 160 : 1 * 30 : 0
        ("rap", 18.75, 6.25, 0.0),  # 0.75^2 * 160 = 90 : 30 : 0
        ("min_max", 20.0, 3.75, 1.25),
        ("queue", 25.0, 0.0, 0.0),
    ],
)
def test_a_loss_of_25_shared_by_equity_under(
    replay: Replay, rule: str, big: float, small: float, idle: float
) -> None:
    found = charges(replay, crash(rule, "equity"))
    expected = {"big": big, "idle": idle, "small": small}
    assert found == pytest.approx({name: usd for name, usd in expected.items() if usd})


# A loss of 125 (5 BTC) exceeds both profits.
@on_both
@pytest.mark.parametrize(
    "rule",
    [
        "pro_rata",
        "levered_pro_rata",
        "capped_pro_rata",
        "rap",
        "min_max",
        "vector_mirror_descent",
        "queue",
    ],
)
def test_no_more_than_the_profits_are_taken_under(replay: Replay, rule: str) -> None:
    made = crash(rule, "profit", debtor=5.0)
    assert charges(replay, made) == pytest.approx({"big": 80.0, "small": 20.0})
    assert replay(made).platform_cash_usd == pytest.approx(-25.0)


# A loss of 90: one is charged up to its cap, the other the rest.
@on_both
@pytest.mark.parametrize(
    ("rule", "big", "small"),
    [
        ("pro_rata", 72.0, 18.0),
        ("levered_pro_rata", 70.0, 20.0),
        ("rap", 70.0, 20.0),
        ("min_max", 90 * 160 / 190, 90 * 30 / 190),
        ("vector_mirror_descent", 80.0, 10.0),
        ("queue", 80.0, 10.0),
    ],
)
def test_a_loss_of_90_shared_by_profit_under(
    replay: Replay, rule: str, big: float, small: float
) -> None:
    found = charges(replay, crash(rule, "profit", debtor=3.6))
    assert found == pytest.approx({"big": big, "small": small})


# By open interest, 120 and 30, against equities of 160 and 30: a loss of 175 (7 BTC).
@on_both
@pytest.mark.parametrize(
    ("rule", "big", "small", "idle"),
    [
        ("pro_rata", 145.0, 30.0, 0.0),
        ("capped_pro_rata", 120.0, 30.0, 0.0),
        ("rap", 120.0, 30.0, 0.0),
        ("vector_mirror_descent", 120.0, 30.0, 0.0),
        ("min_max", 175 * 160 / 200, 175 * 30 / 200, 175 * 10 / 200),
        ("queue", 160.0, 15.0, 0.0),
    ],
)
def test_a_loss_of_175_shared_by_open_interest_under(
    replay: Replay, rule: str, big: float, small: float, idle: float
) -> None:
    found = charges(replay, crash(rule, "open_interest", debtor=7.0))
    expected = {"big": big, "idle": idle, "small": small}
    assert found == pytest.approx({name: usd for name, usd in expected.items() if usd})


@on_both
def test_a_queue_reaches_those_without_open_interest_last(replay: Replay) -> None:
    found = charges(replay, crash("queue", "open_interest", debtor=7.8))
    assert found == pytest.approx({"big": 160.0, "small": 30.0, "idle": 5.0})


@on_both
def test_a_queue_of_equal_weights_goes_by_unit_id(replay: Replay) -> None:
    made = case(
        [100.0, 60.0],
        {"b": 100.0, "a": 100.0, "debtor": 15.0},
        [Holding("b", -0.5), Holding("a", -0.5), Holding("debtor", 1.0)],
        Rules(
            liquidation={"limit": "none"},
            loss={"policy": "share", "rule": "queue", "basis": "profit"},
        ),
        volume=PLENTY,
    )
    assert charges(replay, made) == pytest.approx({"a": 20.0, "b": 5.0})


@on_both
def test_a_charge_of_min_max_is_the_same_fraction_of_every_equity(replay: Replay) -> None:
    result = replay(crash("min_max", "equity"))
    before = {"big": 160.0, "small": 30.0, "idle": 10.0}
    fractions = {n: account(result, n)["loss_share_usd"] / usd for n, usd in before.items()}
    assert fractions == pytest.approx(dict.fromkeys(before, 0.125))
