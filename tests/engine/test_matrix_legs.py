"""Which positions of a unit are closed first, on both implementations; all worked by hand.

A cross account of BTC and ETH entered at 100, with a margin of 10 % and a book without a price
limit. Where nothing else is said BTC lost most, and ETH is the larger position.
"""

import pytest

from tests.reference.adapter import Replay, on_both
from tests.reference.cases import PLENTY, Holding, Rules, case, fills
from tests.reference.model import Case, Row
from tests.reference.replay import Result

BTC, ETH = Holding("a", 1.0), Holding("a", 2.0, market="ETH")
MARKS = {"BTC": [80.0], "ETH": [95.0]}  # profits -20 and -10, notionals 80 and 190, margin 27


def crashed(cash: float, liquidation: Row, marks: dict[str, list[float]] | None = None) -> Case:
    """The account at these marks; equity is its cash less 30 where none are given."""
    rules = Rules(liquidation={"limit": "none", **liquidation})
    return case(marks or MARKS, {"a": cash}, [BTC, ETH], rules, volume=PLENTY)


def sold(result: Result) -> list[tuple[int, str, float]]:
    """(step, market, quantity) of every fill, in order."""
    return [(row["step"], row["market"], row["size"]) for row in fills(result)]


@on_both
@pytest.mark.parametrize(
    ("legs", "first"), [("notional", "ETH"), ("loss", "BTC"), ("parallel", "ETH")]
)
def test_the_first_leg_of_a_unit_beyond_help_by(replay: Replay, legs: str, first: str) -> None:
    # equity -1: nothing restores it, and both are closed
    found = sold(replay(crashed(29.0, {"legs": legs})))
    assert [market for _, market, _ in found] == [first, "ETH" if first == "BTC" else "BTC"]


@on_both
@pytest.mark.parametrize(
    ("legs", "closed"),
    [
        ("notional", [(0, "ETH", 2.0)]),  # equity 20 covers the margin of 8 that BTC needs
        ("loss", [(0, "BTC", 1.0)]),  # and that of 19 that ETH needs
        ("parallel", [(0, "ETH", 2.0), (0, "BTC", 1.0)]),
    ],
    ids=["notional", "loss", "parallel"],
)
def test_a_unit_that_one_leg_restores(
    replay: Replay, legs: str, closed: list[tuple[int, str, float]]
) -> None:
    assert sold(replay(crashed(50.0, {"legs": legs}))) == closed


@on_both
@pytest.mark.parametrize(
    ("eth", "size", "first"),
    [(90.0, 2.0, "ETH"), (80.0, 1.0, "BTC")],
    ids=["the larger", "the first by name where notionals are the same too"],
)
def test_of_two_legs_with_the_same_loss(
    replay: Replay, eth: float, size: float, first: str
) -> None:
    holdings = [BTC, Holding("a", size, market="ETH")]
    rules = Rules(liquidation={"limit": "none", "legs": "loss"})
    made = case({"BTC": [80.0], "ETH": [eth]}, {"a": 40.0}, holdings, rules, volume=PLENTY)
    assert sold(replay(made))[0][1] == first


@on_both
def test_a_short_that_lost_most_goes_first(replay: Replay) -> None:
    # BTC: -1 x (120 - 100) = -20; ETH: 2 x (95 - 100) = -10
    holdings = [Holding("a", -1.0), ETH]
    rules = Rules(liquidation={"limit": "none", "legs": "loss"})
    made = case({"BTC": [120.0], "ETH": [95.0]}, {"a": 29.0}, holdings, rules, volume=PLENTY)
    assert [market for _, market, _ in sold(replay(made))] == ["BTC", "ETH"]


@on_both
def test_in_parallel_each_leg_fills_as_its_own_book_permits(replay: Replay) -> None:
    made = crashed(29.0, {"legs": "parallel"})
    made.volume_usd[0][made.markets.index("ETH")] = 47.5  # half a coin at 95
    assert sold(replay(made)) == [(0, "ETH", 0.5), (0, "BTC", 1.0)]


@on_both
def test_in_parallel_the_size_rule_holds_for_each_leg(replay: Replay) -> None:
    size = {"fraction": 0.25, "above_notional": 100.0}
    found = sold(replay(crashed(29.0, {"legs": "parallel", "size": size})))
    assert found == [(0, "ETH", 0.5), (0, "BTC", 1.0)]  # BTC is worth 80 only


@on_both
@pytest.mark.parametrize(
    ("most_usd", "share"), [(27.0, 0.1), (135.0, 0.5), (270.0, 1.0), (1000.0, 1.0)]
)
def test_in_parallel_a_bound_in_dollars_is_shared(
    replay: Replay, most_usd: float, share: float
) -> None:
    # together they are worth 270
    found = sold(replay(crashed(29.0, {"legs": "parallel", "max_usd_per_step": most_usd})))
    assert found == [(0, "ETH", pytest.approx(2 * share)), (0, "BTC", pytest.approx(share))]


@on_both
def test_in_parallel_what_cools_down_has_no_share(replay: Replay) -> None:
    # ETH sells half a coin at step 0 and cools down at step 1, where BTC has the 40 alone
    rules = {"legs": "parallel", "max_usd_per_step": 40.0, "cooldown_s": 30.0}
    marks = {market: prices * 2 for market, prices in MARKS.items()}
    made = crashed(29.0, rules, marks)
    made.volume_usd[0][made.markets.index("BTC")] = 0.0
    found = sold(replay(made))
    assert found == [(0, "ETH", pytest.approx(2 * 40 / 270)), (1, "BTC", pytest.approx(0.5))]


@on_both
@pytest.mark.parametrize(
    ("legs", "markets"), [("notional", ["ETH", "BTC"]), ("loss", ["BTC", "ETH"])]
)
def test_a_bankrupt_meets_its_winners_in_the_order_by(
    replay: Replay, legs: str, markets: list[str]
) -> None:
    # equity -1, no volume, and winners rich enough for both legs
    winners = [Holding("w", -1.0), Holding("w", -2.0, market="ETH")]
    rules = Rules(liquidation={"legs": legs})
    result = replay(case(MARKS, {"a": 29.0, "w": 1000.0}, [BTC, ETH, *winners], rules))
    assert [row["market"] for row in result.tables["adl_fills"]] == markets


@on_both
@pytest.mark.parametrize(
    ("legs", "positions", "steps"),
    [
        ("notional", 1, [(0, "ETH"), (1, "BTC")]),
        ("loss", 1, [(0, "BTC"), (1, "ETH")]),
        ("parallel", 1, [(0, "ETH"), (1, "BTC")]),
        ("notional", 2, [(0, "ETH"), (0, "BTC")]),
        ("parallel", 2, [(0, "ETH"), (0, "BTC")]),
    ],
    ids=["one", "one, by loss", "one, in parallel", "two", "two, in parallel"],
)
def test_of_a_unit_in_one_step_so_many_positions_are_offered(
    replay: Replay, legs: str, positions: int, steps: list[tuple[int, str]]
) -> None:
    marks = {market: prices * 2 for market, prices in MARKS.items()}
    made = crashed(29.0, {"legs": legs, "positions_per_step": positions}, marks)
    assert [(step, market) for step, market, _ in sold(replay(made))] == steps


@on_both
def test_an_order_that_finds_no_volume_is_one_of_the_positions(replay: Replay) -> None:
    marks = {market: prices * 2 for market, prices in MARKS.items()}
    made = crashed(29.0, {"positions_per_step": 1}, marks)
    made.volume_usd[0][made.markets.index("ETH")] = 0.0
    assert sold(replay(made)) == [(1, "ETH", 2.0)]


@on_both
def test_what_cools_down_is_none_of_the_positions(replay: Replay) -> None:
    # ETH sells half a coin at step 0 and cools down at step 1
    marks = {market: prices * 2 for market, prices in MARKS.items()}
    made = crashed(29.0, {"positions_per_step": 1, "cooldown_s": 30.0}, marks)
    made.volume_usd[0][made.markets.index("ETH")] = 47.5
    assert sold(replay(made)) == [(0, "ETH", 0.5), (1, "BTC", 1.0)]


def longs(cash: dict[str, float], liquidation: Row, volume: list[float] | float = PLENTY) -> Case:
    """Longs of 1 BTC at 80, entered at 100, for three steps; equity is cash less 20, margin 8."""
    holdings = [Holding(name, 1.0) for name in cash]
    rules = Rules(liquidation={"limit": "none", **liquidation}, adl={"enabled": False})
    return case([80.0] * 3, cash, holdings, rules, volume=volume)


def turns(result: Result) -> list[tuple[int, str]]:
    """(step, account) of every fill, in order."""
    return [(row["step"], row["account"]) for row in fills(result)]


@on_both
@pytest.mark.parametrize(
    ("units", "expected"),
    [
        (1, [(0, "c"), (1, "a"), (2, "b")]),
        (2, [(0, "c"), (0, "a"), (1, "b")]),
        (3, [(0, "c"), (0, "a"), (0, "b")]),
    ],
    ids=["one", "two", "three"],
)
def test_in_one_step_so_many_units_have_a_turn_the_most_distressed_first(
    replay: Replay, units: int, expected: list[tuple[int, str]]
) -> None:
    made = longs({"a": 22.0, "b": 23.0, "c": 21.0}, {"units_per_step": units})
    assert turns(replay(made)) == expected


@on_both
def test_a_unit_whose_order_does_not_fill_has_had_its_turn(replay: Replay) -> None:
    # "a" is bankrupt, and with a limit at bankruptcy it sells nothing, step after step
    rules = {"units_per_step": 1, "limit": "bankruptcy", "half_spread": 0.01}
    assert turns(replay(longs({"a": 19.0, "b": 27.0}, rules))) == []


@on_both
def test_a_unit_passed_over_by_lot_has_not_had_its_turn(replay: Replay) -> None:
    # at step 0 the draws are 0.68 for "b", which is more distressed, and 0.01 for "a"
    rules = {"units_per_step": 1, "turn_probability": 0.5}
    found = turns(replay(longs({"a": 22.0, "b": 21.0}, rules)))
    assert found[0] == (0, "a")


@on_both
@pytest.mark.parametrize(
    ("cross", "winners"), [(6.0, []), (9.0, ["a"])], ids=["not enough", "enough"]
)
def test_a_unit_without_a_turn_leaves_the_list_where_a_credit_is(
    replay: Replay, cross: float, winners: list[str]
) -> None:
    # The turns go to "z", bankrupt without volume, and to the isolated short of "a", whose 2 of a
    # margin of 8 go to the cross cash. With 11 against 10 that is safe, and asked as a winner.
    holdings = [
        Holding("a", -1.0, entry=82.0, margin=0.0),
        Holding("a", 1.0, market="ETH"),
        Holding("z", -1.0, market="ETH"),
    ]
    rules = Rules(liquidation={"limit": "none", "units_per_step": 2}, adl={"eligible": "opposite"})
    marks = {"BTC": [80.0], "ETH": [100.0]}
    made = case(marks, {"a": cross, "z": 0.0}, holdings, rules)
    made.volume_usd[0][made.markets.index("BTC")] = PLENTY
    result = replay(made)
    assert [row["market"] for row in fills(result)] == ["BTC"]
    assert [row["winner"] for row in result.tables["adl_fills"]] == winners
