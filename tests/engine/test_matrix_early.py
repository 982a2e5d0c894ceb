"""ADL before bankruptcy, on both implementations; every number worked by hand.

The loser: a long of 1 BTC entered at 100, at a mark of 80 with a margin of 8. Half of that is 4,
and `adl.below_mm_fraction` is 0.5. The winner holds the other side. No volume, no fund.
"""

import pytest

from tests.reference.adapter import Replay, on_both
from tests.reference.cases import PLENTY, Holding, Rules, account, case, fills, open_size
from tests.reference.model import Case, Row
from tests.reference.replay import Result

LONG, SHORT = Holding("a", 1.0), Holding("w", -1.0)
RICH = 1000.0
FUND = {"name": "fund", "cash": 100.0}


def falling(
    cash: float,
    *marks: float,
    adl: Row | None = None,
    takeover: Row | None = None,
    absorber: tuple[Row, ...] = (),
) -> Case:
    """The long with this cash against the short, at these marks (80)."""
    rules = Rules(
        adl={"below_mm_fraction": 0.5, "price": "mark", **(adl or {})},
        takeover=takeover or {},
        absorber=absorber,
    )
    return case(list(marks) or [80.0], {"a": cash, "w": RICH}, [LONG, SHORT], rules)


def closed(result: Result) -> list[tuple[int, str, float]]:
    """(step, market, price) of every ADL fill, in order."""
    return [(row["step"], row["market"], row["price"]) for row in result.tables["adl_fills"]]


@on_both
@pytest.mark.parametrize(
    ("cash", "fills_at"),
    [(19.75, 1), (20.0, 1), (20.25, 1), (23.75, 1), (24.0, 0), (24.25, 0), (28.0, 0)],
    ids=[
        "just below zero",
        "exactly zero",
        "just above zero",
        "just below half of the margin",
        "exactly half of it",
        "just above half of it",
        "exactly the margin",
    ],
)
@pytest.mark.parametrize("margined", ["cross", "isolated"])
def test_a_long_is_deleveraged_with_an_equity(
    replay: Replay, margined: str, cash: float, fills_at: int
) -> None:
    isolated = margined == "isolated"
    holding = Holding("a", 1.0, margin=cash if isolated else None)
    rules = Rules(adl={"below_mm_fraction": 0.5, "price": "mark"})
    money = {"a": 0.0 if isolated else cash, "w": RICH}
    result = replay(case([80.0], money, [holding, SHORT], rules))
    assert len(closed(result)) == fills_at
    step = result.tables["timeline"][0]
    assert step["units_bankrupt"] == (cash <= 20.0)


@on_both
def test_a_short_is_deleveraged_before_bankruptcy_too(replay: Replay) -> None:
    # a short at 120: margin 12, half of it 6, equity 25 - 20 = 5
    rules = Rules(adl={"below_mm_fraction": 0.5, "price": "mark"})
    holdings = [Holding("a", -1.0), Holding("w", 1.0)]
    result = replay(case([120.0], {"a": 25.0, "w": RICH}, holdings, rules))
    assert closed(result) == [(0, "BTC", 120.0)]
    assert account(result, "a")["cash_end"] == pytest.approx(5.0)


@on_both
def test_without_the_key_a_unit_with_equity_waits(replay: Replay) -> None:
    assert closed(replay(falling(22.0, adl={"below_mm_fraction": 0.0}))) == []


@on_both
@pytest.mark.parametrize(
    ("price", "marks", "paid", "left"),
    [
        ("mark", [80.0], 80.0, 2.0),
        ("bankruptcy", [80.0], 78.0, 0.0),
        ("previous_mark", [90.0, 80.0], 90.0, 12.0),
        ("previous_mark", [80.0], 80.0, 2.0),
    ],
    ids=["mark", "bankruptcy", "the mark before", "the mark before, at the first step"],
)
def test_what_is_left_to_who_had_2(
    replay: Replay, price: str, marks: list[float], paid: float, left: float
) -> None:
    # 90: equity 12, above the margin of 9
    result = replay(falling(22.0, *marks, adl={"price": price}))
    assert closed(result) == [(len(marks) - 1, "BTC", pytest.approx(paid))]
    assert account(result, "a")["cash_end"] == pytest.approx(left, abs=1e-9)
    assert account(result, "w")["cash_end"] == pytest.approx(RICH + 100.0 - paid)
    assert result.tables["shortfalls"] == []
    assert result.deficit_usd == 0.0


@on_both
@pytest.mark.parametrize(
    ("side", "marks", "price"),
    [(1.0, [79.0, 81.0], 80.0), (-1.0, [121.0, 119.0], 120.0)],
    ids=["long", "short"],
)
def test_the_mark_before_leaves_nobody_in_debt(
    replay: Replay, side: float, marks: list[float], price: float
) -> None:
    # with cash 20 the equity is -1, then 1: bankrupt at 80 (the short at 120), and closed there
    rules = Rules(adl={"below_mm_fraction": 0.5, "price": "previous_mark", "grace_s": 1.0})
    holdings = [Holding("a", side), Holding("w", -side)]
    result = replay(case(marks, {"a": 20.0, "w": RICH}, holdings, rules))
    assert closed(result) == [(1, "BTC", pytest.approx(price))]
    assert account(result, "a")["cash_end"] == pytest.approx(0.0, abs=1e-9)
    assert account(result, "a")["debt_end"] == 0.0


@on_both
@pytest.mark.parametrize(
    ("marks", "step"),
    [
        ([82.0, 80.0, 80.0, 80.0], 3),
        ([80.0, 79.0, 77.0, 77.0], 2),
        ([77.0, 80.0, 80.0, 80.0], 2),
        ([80.0, 82.0, 80.0, 80.0], None),
    ],
    ids=["from the second", "bankrupt since", "bankrupt before", "broken by a step above"],
)
def test_the_grace_of_2_s_counts_from_the_first_step_below(
    replay: Replay, marks: list[float], step: int | None
) -> None:
    # cash 22.5: 2.5 left at 80, 4.5 at 82 (above 4.1), bankrupt at 77
    result = replay(falling(22.5, *marks, adl={"grace_s": 2.0}))
    assert [one for one, _, _ in closed(result)] == ([] if step is None else [step])


def two_legs(cash: float, legs: str = "notional", price: str = "mark") -> Case:
    """BTC at 80 and ETH at 90 (margin 17, half of it 8.5), entered at 100; equity cash - 30."""
    holdings = [
        LONG,
        Holding("a", 1.0, market="ETH"),
        SHORT,
        Holding("w", -1.0, market="ETH"),
    ]
    rules = Rules(adl={"below_mm_fraction": 0.5, "price": price}, liquidation={"legs": legs})
    return case({"BTC": [80.0], "ETH": [90.0]}, {"a": cash, "w": RICH}, holdings, rules)


@on_both
@pytest.mark.parametrize(
    ("cash", "legs", "markets"),
    [
        (38.5, "notional", []),
        (38.0, "notional", ["ETH"]),  # 8 against 4
        (34.0, "notional", ["ETH"]),  # 4 against 4
        (33.75, "notional", ["ETH", "BTC"]),  # 3.75 against 4
        (38.0, "loss", ["BTC"]),  # 8 against 4.5
        (34.0, "loss", ["BTC", "ETH"]),  # 4 against 4.5
        (38.0, "parallel", ["ETH", "BTC"]),
        (38.5, "parallel", []),
    ],
)
def test_positions_are_closed_until_the_unit_is_above(
    replay: Replay, cash: float, legs: str, markets: list[str]
) -> None:
    assert [market for _, market, _ in closed(replay(two_legs(cash, legs)))] == markets


@on_both
def test_at_bankruptcy_prices_all_is_closed(replay: Replay) -> None:
    # equity 1.7 of a margin of 17: a tenth of each leg's margin
    result = replay(two_legs(31.7, price="bankruptcy"))
    assert closed(result) == [(0, "ETH", pytest.approx(89.1)), (0, "BTC", pytest.approx(79.2))]
    assert account(result, "a")["cash_end"] == pytest.approx(0.0, abs=1e-9)


@on_both
def test_a_bankrupt_is_closed_whole_although_the_key_is_set(replay: Replay) -> None:
    # equity -1: nothing stops between the legs
    assert [market for _, market, _ in closed(replay(two_legs(29.0)))] == ["ETH", "BTC"]


@on_both
@pytest.mark.parametrize(
    ("phi", "fund_usd", "taken", "deleveraged"),
    [
        (1.0, 0.0, 1, 0),
        (0.5, 0.0, 1, 0),
        (0.125, 0.0, 0, 1),
        (0.0, 0.0, 0, 1),
        (1.0, 500.0, 0, 1),
    ],
    ids=[
        "asked, and takes",
        "asked at the same bound",
        "not asked so early",
        "asked of the bankrupt only",
        "asked, and refuses",
    ],
)
def test_a_fund_that_is(
    replay: Replay, phi: float, fund_usd: float, taken: int, deleveraged: int
) -> None:
    # 2 left of a margin of 8: a quarter; a floor of 500 lets a fund of 100 take nothing
    fund = {**FUND, "floor": fund_usd}
    result = replay(falling(22.0, takeover={"below_mm_fraction": phi}, absorber=(fund,)))
    assert len(fills(result, "takeover")) == taken
    assert len(closed(result)) == deleveraged


@on_both
def test_a_unit_that_a_fund_refused_waits_where_it_is_not_due(replay: Replay) -> None:
    # asked below all of the margin and refused, due only below a quarter of it: 3 of 8
    fund, rules = {**FUND, "floor": 500.0}, {"below_mm_fraction": 0.25}
    made = falling(23.0, adl=rules, takeover={"below_mm_fraction": 1.0}, absorber=(fund,))
    assert closed(replay(made)) == []


@on_both
def test_the_deficit_is_noted_when_the_unit_is_bankrupt(replay: Replay) -> None:
    # no winner in profit at first: the short entered at 70; at 65 it is, and the long stands at -13
    made = case(
        [80.0, 65.0],
        {"a": 22.0, "w": RICH},
        [LONG, Holding("w", -1.0, entry=70.0)],
        Rules(adl={"below_mm_fraction": 0.5, "price": "mark"}),
    )
    result = replay(made)
    assert closed(result) == [(1, "BTC", 65.0)]
    assert result.deficit_usd == pytest.approx(13.0)


@on_both
def test_what_no_winner_covers_stays_and_the_unit_stays_in_the_list(replay: Replay) -> None:
    made = case(
        [80.0],
        {"a": 22.0, "w": RICH},
        [LONG, Holding("w", -0.25)],
        Rules(adl={"below_mm_fraction": 0.5, "price": "mark"}),
    )
    result = replay(made)
    assert open_size(result, "a") == 0.75
    assert account(result, "a")["was_deleveraged"] is False


@on_both
def test_a_cooldown_on_the_book_does_not_hold_it_back(replay: Replay) -> None:
    # 83: 6.5 left of 8.3, above 0.75 of it; a quarter is sold. 80: 4.25 left of 6, of which 0.75
    # are 4.5: nothing is offered to the book, and the rest is deleveraged. With 0.5 more it waits.
    rules = Rules(
        liquidation={
            "size": {"fraction": 0.25, "above_notional": 0.0},
            "cooldown_s": 30.0,
            "limit": "none",
        },
        adl={"below_mm_fraction": 0.75, "price": "mark"},
    )
    for cash, expected in ((23.5, [(1, "BTC", 80.0)]), (24.0, [])):
        money = {"a": cash, "w": RICH}
        result = replay(case([83.0, 80.0], money, [LONG, SHORT], rules, volume=PLENTY))
        assert [row["step"] for row in fills(result)] == [0]
        assert closed(result) == expected


@on_both
def test_an_early_unit_is_no_candidate(replay: Replay) -> None:
    # "b", a bankrupt short of ETH, finds only "a", who is long of it and early: nobody is asked
    rules = Rules(adl={"below_mm_fraction": 0.5, "price": "mark", "eligible": "opposite"})
    holdings = [LONG, Holding("a", 0.01, market="ETH"), Holding("b", -0.01, market="ETH")]
    marks = {"BTC": [80.0], "ETH": [100.0]}
    result = replay(case(marks, {"a": 22.0, "b": -1.0}, holdings, rules))
    assert closed(result) == []
