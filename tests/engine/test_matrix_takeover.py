"""Rules 5 and 7 on both implementations; every number worked by hand.

The long of 1 BTC entered at 100 with cash 15 stands at -25 when the mark gaps to 60 (margin 6).
"""

from dataclasses import replace as with_fields

import pytest

from tests.reference.adapter import Replay, on_both
from tests.reference.cases import Holding, Rules, account, case, fills, open_size
from tests.reference.model import Case, Row
from tests.reference.replay import Result


def fund(cash: float, **rules: object) -> Row:
    return {"name": "fund", "cash": cash, **rules}


def gap(*absorbers: Row, cash: float = 15.0, **takeover: float) -> Case:
    rules = Rules(absorber=absorbers, takeover=takeover)
    return case([100.0, 60.0], {"a": cash}, [Holding("a", 1.0)], rules)


def at_the_end(result: Result, name: str = "fund") -> Row:
    return [row for row in result.tables["absorbers"] if row["absorber"] == name][-1]


@on_both
@pytest.mark.parametrize(
    ("absorber", "accepted"),
    [
        (fund(100.0), True),
        (fund(25.0), True),
        (fund(24.5), False),
        (fund(75.0, floor=50.0), True),
        (fund(74.5, floor=50.0), False),
        (fund(5.0, floor=-20.0), True),
        (fund(100.0, max_notional=60.0), True),
        (fund(100.0, max_notional=59.5), False),
        (fund(0.0), False),
    ],
    ids=[
        "funds to spare",
        "funds exactly enough",
        "funds too small",
        "the floor exactly kept",
        "the floor not kept",
        "a floor below zero",
        "its size exactly filled",
        "its size too small",
        "an empty fund",
    ],
)
def test_a_bankrupt_unit_is_offered_to_a_fund_with(
    replay: Replay, absorber: Row, accepted: bool
) -> None:
    result = replay(gap(absorber))
    row, last = account(result, "a"), at_the_end(result)
    assert row["was_liquidated"] == accepted
    assert row["cash_end"] == (0.0 if accepted else 15.0)
    assert row["realised_pnl_usd"] == (-40.0 if accepted else 0.0)
    assert open_size(result, "a") == (0.0 if accepted else 1.0)
    assert last["cash_usd"] == pytest.approx(absorber["cash"] - (25.0 if accepted else 0.0))
    assert last["notional_usd"] == (60.0 if accepted else 0.0)
    assert row["ended_underwater"] == (not accepted)
    assert row["debt_end"] == 0.0


@on_both
def test_a_takeover_is_recorded_at_mark_without_a_fee(replay: Replay) -> None:
    (fill,) = fills(replay(gap(fund(100.0))), "takeover")
    assert (fill["step"], fill["account"], fill["side"], fill["size"]) == (1, "a", "sell", 1.0)
    assert (fill["price"], fill["mark_price"], fill["fee_usd"]) == (60.0, 60.0, 0.0)
    assert fill["bankruptcy_price"] == pytest.approx(85.0)
    assert fill["counterparty"] == "fund"


@on_both
@pytest.mark.parametrize(
    ("first", "taker"),
    [
        (fund(100.0), "fund"),
        (fund(24.0), "vault"),
        (fund(100.0, max_notional=50.0), "vault"),
    ],
    ids=["the first has funds", "the first lacks funds", "the first is full"],
)
def test_absorbers_are_asked_in_the_order_of_the_file(
    replay: Replay, first: Row, taker: str
) -> None:
    result = replay(gap(first, {"name": "vault", "cash": 1000.0}))
    assert [fill["counterparty"] for fill in fills(result, "takeover")] == [taker]


@on_both
@pytest.mark.parametrize(
    ("cash", "fraction", "taken"),
    [
        (40.0, 0.0, True),
        (40.5, 0.0, False),
        (43.0, 0.5, False),
        (42.5, 0.5, True),
        (45.5, 1.0, True),
        (46.0, 1.0, False),
    ],
    ids=[
        "zero equity is taken",
        "positive equity is not",
        "exactly half of the margin is not",
        "less than half of the margin is taken",
        "less than the margin is taken",
        "exactly the margin is not even flagged",
    ],
)
def test_a_takeover_by_equity_and_margin(
    replay: Replay, cash: float, fraction: float, taken: bool
) -> None:
    result = replay(gap(fund(100.0), cash=cash, below_mm_fraction=fraction))
    assert bool(fills(result, "takeover")) == taken
    assert at_the_end(result)["cash_usd"] == pytest.approx(100.0 + (cash - 40.0 if taken else 0))


@on_both
def test_a_refused_unit_with_equity_waits_and_is_not_deleveraged(replay: Replay) -> None:
    made = gap(fund(100.0, max_notional=1.0), cash=42.5, below_mm_fraction=0.5)
    short = Holding("w", -1.0).row()
    made = with_fields(
        made,
        accounts=[*made.accounts, {"account": "w", "cash": 100.0}],
        positions=[*made.positions, short],
    )
    result = replay(made)
    assert open_size(result, "a") == 1.0
    assert result.tables["adl_fills"] == []


@on_both
@pytest.mark.parametrize(
    ("mark", "size", "own", "cash", "notional", "equity"),
    [
        # at 30 the long stands at -10; 2 BTC entered at 45 on average
        (30.0, 1.0, 60.0, 975.0 - 10, 60.0, 965.0 - 30),
        # at 120 the short stands at -6; the fund's BTC realises 60
        (120.0, -1.0, 14.0, 975.0 + 60 - 6, 0.0, 1029.0),
        # at 120 the short stands at -12; one BTC realises 60, one is a new short
        (120.0, -2.0, 28.0, 975.0 + 60 - 12, 120.0, 1023.0),
        # at 120 the short stands at -3; half a BTC realises 30, the other has gained 30
        (120.0, -0.5, 7.0, 975.0 + 30 - 3, 60.0, 1002.0 + 30),
    ],
    ids=["same side", "opposite and equal", "opposite and larger", "opposite and smaller"],
)
def test_a_fund_with_1_btc_from_60_takes_over_a_second_position(
    replay: Replay,
    mark: float,
    size: float,
    own: float,
    cash: float,
    notional: float,
    equity: float,
) -> None:
    made = case(
        [100.0, 60.0, mark],
        {"a": 15.0, "b": own},
        [Holding("a", 1.0), Holding("b", size)],
        Rules(absorber=(fund(1000.0),)),
    )
    last = at_the_end(replay(made))
    assert (last["cash_usd"], last["notional_usd"]) == (pytest.approx(cash), notional)
    assert last["equity_usd"] == pytest.approx(equity)


BREACHED = {
    "at its floor": (35.0, 50.0, 0.0),  # 75 + 1 * (35 - 60) = 50
    "below its floor": (20.0, 50.0, 1.0),  # 35: bankrupt against the floor at 35
}


@on_both
@pytest.mark.parametrize("place", BREACHED)
@pytest.mark.parametrize("on_breach", ["adl", "hold"])
def test_a_fund(replay: Replay, on_breach: str, place: str) -> None:
    mark, floor, closed = BREACHED[place]
    closed = closed if on_breach == "adl" else 0.0
    made = case(
        [100.0, 60.0, mark],
        {"a": 15.0, "w": 100.0},
        [Holding("a", 1.0), Holding("w", -3.0)],
        Rules(absorber=(fund(100.0, floor=floor, on_breach=on_breach),)),
    )
    result = replay(made)
    assert sum(row["size"] for row in result.tables["adl_fills"]) == closed
    for row in result.tables["adl_fills"]:
        assert (row["winner"], row["loser"], row["side"]) == ("w", "fund", "short")
        assert row["price"] == pytest.approx(35.0)
        assert row["cost_usd"] == pytest.approx(15.0)
        assert at_the_end(result)["equity_usd"] == pytest.approx(floor)


@on_both
def test_a_breach_does_not_wait_for_the_grace(replay: Replay) -> None:
    made = case(
        [100.0, 60.0, 20.0],
        {"a": 15.0, "w": 100.0},
        [Holding("a", 1.0), Holding("w", -3.0)],
        Rules(adl={"grace_s": 60.0}, absorber=(fund(100.0, floor=50.0, on_breach="adl"),)),
    )
    assert [row["step"] for row in replay(made).tables["adl_fills"]] == [2]


@on_both
def test_a_breach_with_adl_off_is_held(replay: Replay) -> None:
    made = case(
        [100.0, 60.0, 20.0],
        {"a": 15.0, "w": 100.0},
        [Holding("a", 1.0), Holding("w", -3.0)],
        Rules(adl={"enabled": False}, absorber=(fund(100.0, floor=50.0, on_breach="adl"),)),
    )
    assert replay(made).tables["adl_fills"] == []
