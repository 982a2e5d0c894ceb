"""Flows, funding, rule 8 and the end on both implementations; every number worked by hand.

The debtor: a long of 1 BTC entered at 100 with cash 15, sold at 60 without a limit: -25.
"""

import pytest

from tests.reference.adapter import IMPLEMENTATIONS, Replay, on_both
from tests.reference.cases import PLENTY, Holding, Rules, account, case, fills, open_size
from tests.reference.model import Case, Row

NO_LIMIT = {"limit": "none"}
DEBTOR = Holding("debtor", 1.0)
Flow = tuple[int, str, str, float]


def crash(
    others: dict[str, tuple[float, float, float]],
    *,
    loss: Row | None = None,
    absorber: tuple[Row, ...] = (),
    flows: list[Flow] | None = None,
    marks: tuple[float, ...] = (60.0, 60.0),
) -> Case:
    """The debtor's loss at step 1; others as account: (cash, size, entry)."""
    cash = {"debtor": 15.0, **{name: row[0] for name, row in others.items()}}
    holdings = [Holding(name, size, entry) for name, (_, size, entry) in others.items() if size]
    rules = Rules(liquidation=NO_LIMIT, loss=loss or {}, absorber=absorber)
    return case([100.0, *marks], cash, [DEBTOR, *holdings], rules, volume=PLENTY, flows=flows)


@on_both
@pytest.mark.parametrize("deposits", ["net", "ring_fence"])
@pytest.mark.parametrize(
    ("amount", "repaid"),
    [(10.0, 10.0), (25.0, 25.0), (40.0, 25.0)],
    ids=["smaller than", "equal to", "larger than"],
)
def test_a_deposit_that_compares_with_the_debt_as(
    replay: Replay, amount: float, repaid: float, deposits: str
) -> None:
    repaid = repaid if deposits == "net" else 0.0
    made = crash({}, loss={"deposits": deposits}, flows=[(2, "debtor", "deposit", amount)])
    result = replay(made)
    row = account(result, "debtor")
    assert row["cash_end"] == pytest.approx(amount - repaid)
    assert row["debt_end"] == pytest.approx(25.0 - repaid)
    assert row["debt_peak_usd"] == pytest.approx(25.0)
    assert (row["deposits_usd"], row["deposits_to_debt_usd"]) == (amount, pytest.approx(repaid))
    assert row["was_in_debt"]
    assert row["ended_in_debt"] == (repaid < 25.0)
    assert result.platform_cash_usd == pytest.approx(repaid - 25.0)
    (flow,) = result.tables["flows"]
    assert flow["credited_usd"] == pytest.approx(amount - repaid)
    assert flow["to_debt_usd"] == pytest.approx(repaid)
    assert flow["refused_usd"] == 0.0


@on_both
def test_a_deposit_into_no_debt_is_cash(replay: Replay) -> None:
    made = case([100.0], {"a": 1.0}, [], Rules(), flows=[(0, "a", "deposit", 5.0)])
    assert account(replay(made), "a")["cash_end"] == 6.0


@on_both
def test_a_deposit_before_the_flag_saves_a_unit(replay: Replay) -> None:
    made = case(
        [100.0, 60.0], {"a": 15.0}, [Holding("a", 1.0)], Rules(), flows=[(1, "a", "deposit", 31.0)]
    )
    assert replay(made).tables["timeline"][1]["units_below_mm"] == 0


@on_both
@pytest.mark.parametrize(
    ("amount", "paid"),
    [(50.0, 50.0), (80.0, 80.0), (90.0, 80.0)],
    ids=["less than what is free", "exactly what is free", "more than what is free"],
)
def test_a_withdrawal_of(replay: Replay, amount: float, paid: float) -> None:
    # cash 100, margin 10: twice the margin stays
    made = case(
        [100.0], {"a": 100.0}, [Holding("a", 1.0)], Rules(), flows=[(0, "a", "withdrawal", amount)]
    )
    result = replay(made)
    row = account(result, "a")
    assert row["cash_end"] == pytest.approx(100.0 - paid)
    assert row["withdrawals_usd"] == pytest.approx(paid)
    assert row["withdrawals_refused_usd"] == pytest.approx(amount - paid)
    (flow,) = result.tables["flows"]
    assert flow["credited_usd"] == pytest.approx(paid)
    assert flow["refused_usd"] == pytest.approx(amount - paid)


@on_both
@pytest.mark.parametrize(("times", "paid"), [(0.0, 100.0), (1.0, 90.0), (5.0, 50.0)])
def test_a_withdrawal_leaves_so_many_times_the_margin(
    replay: Replay, times: float, paid: float
) -> None:
    # cash and equity 100, margin 10
    made = case(
        [100.0],
        {"a": 100.0},
        [Holding("a", 1.0)],
        Rules(withdraw_margin=times),
        flows=[(0, "a", "withdrawal", 100.0)],
    )
    assert account(replay(made), "a")["withdrawals_usd"] == pytest.approx(paid)


@on_both
def test_a_loss_that_is_written_off_touches_nobody_else(replay: Replay) -> None:
    # the debtor's 25 fall to the platform; the winner (a profit of 40) withdraws 50 of its 100
    made = crash(
        {"winner": (100.0, -1.0, 100.0)},
        loss={"policy": "write_off"},
        flows=[(2, "winner", "withdrawal", 50.0)],
    )
    result = replay(made)
    assert account(result, "winner")["cash_end"] == pytest.approx(50.0)
    assert account(result, "winner")["withdrawals_usd"] == pytest.approx(50.0)
    assert account(result, "debtor")["debt_end"] == 0.0
    assert result.platform_cash_usd == pytest.approx(-25.0)
    assert result.tables["loss_shares"] == []


@on_both
@pytest.mark.parametrize(
    ("cash", "size", "mark", "paid"),
    [
        (10.0, 1.0, 150.0, 10.0),  # equity 60, margin 15: cash is the lesser
        (-10.0, 1.0, 150.0, 0.0),
        (60.0, 1.0, 60.0, 8.0),  # equity 20, margin 6
        (52.0, 1.0, 60.0, 0.0),  # equity 12
        (50.0, 0.0, 100.0, 50.0),
    ],
    ids=[
        "no more than its cash",
        "nothing, its cash being negative",
        "what a loss leaves free",
        "nothing, a loss having taken it",
        "all, holding nothing",
    ],
)
def test_an_account_may_withdraw(
    replay: Replay, cash: float, size: float, mark: float, paid: float
) -> None:
    holdings = [Holding("a", size)] if size else []
    flows = [(1, "a", "withdrawal", 1000.0)]
    result = replay(case([100.0, mark], {"a": cash}, holdings, Rules(), flows=flows))
    assert account(result, "a")["withdrawals_usd"] == pytest.approx(paid)


@on_both
def test_flows_go_in_file_order_at_one_time(replay: Replay) -> None:
    flows = [(0, "a", "withdrawal", 5.0), (0, "a", "deposit", 5.0), (0, "a", "withdrawal", 3.0)]
    result = replay(case([100.0], {"a": 0.0}, [], Rules(), flows=flows))
    assert [row["refused_usd"] for row in result.tables["flows"]] == [5.0, 0.0, 0.0]
    assert account(result, "a")["cash_end"] == 2.0


@on_both
@pytest.mark.parametrize(("rate", "sign"), [(0.01, 1), (-0.01, -1)], ids=["positive", "negative"])
def test_funding_of_rate(replay: Replay, rate: float, sign: int) -> None:
    cash = {"long": 100.0, "short": 100.0, "isolated": 0.0}
    holdings = [Holding("long", 2.0), Holding("short", -2.0), Holding("isolated", 1.0, margin=50.0)]
    result = replay(case([100.0, 100.0], cash, holdings, Rules(), funding=[0.0, rate]))
    assert account(result, "long")["funding_usd"] == pytest.approx(-2.0 * sign)
    assert account(result, "long")["cash_end"] == pytest.approx(100.0 - 2.0 * sign)
    assert account(result, "short")["funding_usd"] == pytest.approx(2.0 * sign)
    assert account(result, "isolated")["equity_end"] == pytest.approx(50.0 - sign)
    assert account(result, "isolated")["cash_end"] == 0.0


@on_both
@pytest.mark.parametrize(
    ("margined", "policy", "carried", "written_off"),
    [
        ("cross", "carry", 25.0, 0.0),
        ("cross", "write_off", 0.0, 25.0),
        ("isolated", "carry", 0.0, 25.0),
        ("isolated", "write_off", 0.0, 25.0),
    ],
)
def test_a_loss_that_is(
    replay: Replay, margined: str, policy: str, carried: float, written_off: float
) -> None:
    isolated = margined == "isolated"
    holding = Holding("a", 1.0, margin=15.0 if isolated else None)
    rules = Rules(liquidation=NO_LIMIT, loss={"policy": policy})
    cash = {"a": 7.0 if isolated else 15.0}
    result = replay(case([100.0, 60.0], cash, [holding], rules, volume=PLENTY))
    (row,) = result.tables["shortfalls"]
    assert row["shortfall_usd"] == pytest.approx(25.0)
    assert row["carried_usd"] == pytest.approx(carried)
    assert row["written_off_usd"] == pytest.approx(written_off)
    assert (row["paid_by_absorbers_usd"], row["shared_usd"]) == (0.0, 0.0)
    assert account(result, "a")["debt_end"] == pytest.approx(carried)
    assert account(result, "a")["cash_end"] == (7.0 if isolated else 0.0)
    assert result.platform_cash_usd == pytest.approx(-25.0)


@on_both
@pytest.mark.parametrize(
    ("fund", "paid"),
    [
        ({"cash": 100.0}, 25.0),
        ({"cash": 25.0}, 25.0),
        ({"cash": 10.0}, 10.0),
        ({"cash": 10.0, "floor": 4.0}, 6.0),
        ({"cash": 10.0, "floor": 10.0}, 0.0),
        ({"cash": 100.0, "pays_shortfall": False}, 0.0),
    ],
    ids=[
        "more than the loss",
        "exactly the loss",
        "less than the loss",
        "a floor to keep",
        "nothing above its floor",
        "no duty to pay",
    ],
)
def test_a_fund_with(replay: Replay, fund: Row, paid: float) -> None:
    result = replay(crash({}, absorber=({"name": "fund", **fund},)))
    (row,) = result.tables["shortfalls"]
    assert row["paid_by_absorbers_usd"] == pytest.approx(paid)
    assert row["carried_usd"] == pytest.approx(25.0 - paid)
    assert result.tables["absorbers"][-1]["cash_usd"] == pytest.approx(fund["cash"] - paid)


@on_both
def test_funds_pay_in_the_order_of_the_file(replay: Replay) -> None:
    funds = ({"name": "z", "cash": 10.0}, {"name": "a", "cash": 100.0})
    result = replay(crash({}, absorber=funds))
    last = {row["absorber"]: row["cash_usd"] for row in result.tables["absorbers"][-2:]}
    assert last == {"z": 0.0, "a": pytest.approx(85.0)}


# at 60: w1 has cash 60 and profit 40, w2 cash 10 and profit 40, idle only cash of 50
OTHERS = {"w1": (60.0, -1.0, 100.0), "w2": (10.0, -1.0, 100.0), "idle": (50.0, 0.0, 0.0)}


@on_both
@pytest.mark.parametrize(
    ("basis", "charges"),
    [
        ("profit", {"w1": 12.5, "w2": 12.5}),
        ("equity", {"w1": 12.5, "w2": 6.25, "idle": 6.25}),
        ("open_interest", {"w1": 12.5, "w2": 12.5}),
    ],
)
def test_a_loss_shared_by(replay: Replay, basis: str, charges: dict[str, float]) -> None:
    result = replay(crash(OTHERS, loss={"policy": "share", "basis": basis}))
    found = {row["account"]: row["amount_usd"] for row in result.tables["loss_shares"]}
    assert found == pytest.approx(charges)
    (row,) = result.tables["shortfalls"]
    assert (row["shared_usd"], row["carried_usd"]) == (pytest.approx(25.0), 0.0)
    assert row["written_off_usd"] == pytest.approx(0.0)
    for name, charge in charges.items():
        assert account(result, name)["loss_share_usd"] == pytest.approx(charge)
        assert account(result, name)["cash_end"] == pytest.approx(OTHERS[name][0] - charge)
    assert result.platform_cash_usd == pytest.approx(0.0)


@on_both
def test_a_share_never_takes_more_than_the_equity(replay: Replay) -> None:
    # open interest 60 and 60; poor owns 7, rich the rest
    made = case(
        [60.0],
        {"debtor": 15.0, "rich": 60.0, "poor": -33.0},
        [DEBTOR, Holding("rich", -1.0), Holding("poor", -1.0)],
        Rules(liquidation=NO_LIMIT, loss={"policy": "share", "basis": "open_interest"}),
        volume=PLENTY,
    )
    found = {row["account"]: row["amount_usd"] for row in replay(made).tables["loss_shares"]}
    assert found == pytest.approx({"poor": 7.0, "rich": 18.0})


@on_both
def test_what_cannot_be_charged_falls_to_the_platform(replay: Replay) -> None:
    # profits of 4 and 6 against a loss of 25
    made = case(
        [60.0],
        {"debtor": 15.0, "w1": 60.0, "w2": 60.0},
        [DEBTOR, Holding("w1", -1.0, 64.0), Holding("w2", -1.0, 66.0)],
        Rules(liquidation=NO_LIMIT, loss={"policy": "share"}),
        volume=PLENTY,
    )
    result = replay(made)
    found = {row["account"]: row["amount_usd"] for row in result.tables["loss_shares"]}
    assert found == pytest.approx({"w1": 4.0, "w2": 6.0})
    (row,) = result.tables["shortfalls"]
    assert row["shared_usd"] == pytest.approx(10.0)
    assert row["written_off_usd"] == pytest.approx(15.0)
    assert result.platform_cash_usd == pytest.approx(-15.0)


@on_both
def test_two_losses_of_a_step_are_shared_once_in_proportion(replay: Replay) -> None:
    # losses of 25 and 75 against a profit of 40
    made = case(
        [60.0],
        {"d1": 15.0, "d2": 45.0, "w": 60.0},
        [Holding("d1", 1.0), Holding("d2", 3.0), Holding("w", -1.0)],
        Rules(liquidation=NO_LIMIT, loss={"policy": "share"}),
        volume=PLENTY,
    )
    result = replay(made)
    shared = {row["account"]: row["shared_usd"] for row in result.tables["shortfalls"]}
    assert shared == pytest.approx({"d1": 10.0, "d2": 30.0})
    assert [row["amount_usd"] for row in result.tables["loss_shares"]] == [pytest.approx(40.0)]


@on_both
def test_profit_is_charged_only_once(replay: Replay) -> None:
    # d1 loses 25 at 60, charged to w1; d2 loses 14 at 40: w1 has 60 - 25 left, w2 gained 20
    made = case(
        [100.0, 60.0, 40.0],
        {"d1": 15.0, "d2": 46.0, "w1": 60.0, "w2": 100.0},
        [Holding("d1", 1.0), Holding("d2", 1.0), Holding("w1", -1.0), Holding("w2", -1.0, 60.0)],
        Rules(liquidation=NO_LIMIT, loss={"policy": "share"}),
        volume=PLENTY,
    )
    charged = replay(made).tables["loss_shares"]
    assert [(row["step"], row["account"], row["amount_usd"]) for row in charged] == [
        (1, "w1", pytest.approx(25.0)),
        (2, "w1", pytest.approx(14 * 35 / 55)),
        (2, "w2", pytest.approx(14 * 20 / 55)),
    ]


@on_both
def test_a_closed_isolated_unit_repays_the_debt_of_its_account(replay: Replay) -> None:
    # the cross unit owes 25 from step 1; the isolated short is bought at 120 with 10 left
    made = case(
        {"BTC": [100.0, 60.0, 60.0], "ETH": [100.0, 100.0, 120.0]},
        {"a": 15.0},
        [Holding("a", 1.0), Holding("a", -1.0, market="ETH", margin=30.0)],
        Rules(liquidation=NO_LIMIT),
        volume=PLENTY,
    )
    result = replay(made)
    row = account(result, "a")
    assert [fill["market"] for fill in fills(result)] == ["BTC", "ETH"]
    assert (row["debt_end"], row["cash_end"]) == (pytest.approx(15.0), 0.0)
    assert row["deposits_to_debt_usd"] == 0.0


@on_both
def test_negative_cash_without_positions_is_a_shortfall(replay: Replay) -> None:
    result = replay(case([100.0], {"a": -5.0}, [], Rules()))
    assert account(result, "a")["debt_end"] == 5.0
    assert account(result, "a")["cash_end"] == 0.0


@on_both
@pytest.mark.parametrize(
    ("short_by", "in_debt"), [(0.009765625, False), (0.015625, True)], ids=["under", "over"]
)
def test_a_debt_counts_from_one_cent(replay: Replay, short_by: float, in_debt: bool) -> None:
    result = replay(case([100.0], {"a": -short_by}, [], Rules()))
    row = account(result, "a")
    assert (row["was_in_debt"], row["ended_in_debt"]) == (in_debt, in_debt)
    assert row["debt_end"] == short_by


@on_both
def test_an_account_under_water_has_negative_equity_and_a_position(replay: Replay) -> None:
    result = replay(
        case([100.0, 60.0], {"a": 15.0, "b": 41.0}, [Holding("a", 1.0), Holding("b", 1.0)], Rules())
    )
    assert account(result, "a")["ended_underwater"]
    assert not account(result, "b")["ended_underwater"]
    assert open_size(result, "a") == 1.0


@on_both
def test_a_deficit_is_the_equity_when_the_units_own_adl_begins(replay: Replay) -> None:
    # a's ADL (-35) closes b's isolated hedge at 95, which returns 55 to b's cross unit (-25)
    holdings = [Holding("a", 1.0), Holding("b", 1.0), Holding("b", -1.0, margin=50.0)]
    result = replay(case([100.0, 60.0], {"a": 5.0, "b": 15.0}, holdings, Rules()))
    assert [row["loser"] for row in result.tables["adl_fills"]] == ["a"]
    assert result.deficit_usd == pytest.approx(35.0)


@on_both
def test_an_isolated_closing_lifts_a_cross_unit_whose_turn_is_over(replay: Replay) -> None:
    # cross: -25 at a limit of 85, nothing fills; isolated: 28 of 30, sold at mark, 28 returned
    def flat(rate: float) -> dict[str, object]:
        return {"kind": "tiers", "tiers": [{"from": 0.0, "rate": rate}]}

    made = case(
        {"BTC": [100.0, 60.0], "ETH": [100.0, 60.0]},
        {"a": 15.0, "w": 1000.0},
        [
            Holding("a", 1.0),
            Holding("a", 1.0, market="ETH", margin=68.0),
            Holding("w", -1.0),
        ],
        Rules(margin={"*": flat(0.1), "ETH": flat(0.5)}),
        volume=PLENTY,
    )
    result = replay(made)
    assert [fill["market"] for fill in fills(result)] == ["ETH"]
    step = result.tables["timeline"][1]
    assert (step["units_below_mm"], step["units_bankrupt"]) == (2, 0)
    assert result.tables["adl_fills"] == []


@pytest.mark.parametrize("entries", [(98.0, 102.0, 99.0), (98.0, 103.0, 105.0)])
def test_a_loss_that_is_shared_whole_leaves_no_rounding_to_write_off(
    entries: tuple[float, float, float],
) -> None:
    # In proportion to these profits at a mark of 60, the charges add up to 25 - 3.6e-15.
    shorts = [Holding(f"w{n}", -1.0, entry) for n, entry in enumerate(entries)]
    made = case(
        [60.0],
        {"debtor": 15.0, **{short.account: 60.0 for short in shorts}},
        [DEBTOR, *shorts],
        Rules(liquidation=NO_LIMIT, loss={"policy": "share"}),
        volume=PLENTY,
    )
    (row,) = IMPLEMENTATIONS["engine"](made).tables["shortfalls"]
    assert (row["shared_usd"], row["written_off_usd"]) == (row["shortfall_usd"], 0.0)
