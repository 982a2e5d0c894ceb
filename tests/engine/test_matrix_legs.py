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
