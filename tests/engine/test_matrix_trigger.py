"""Rule 3 and the orders of section 3, on both implementations; every number worked by hand.

A position of 1 BTC entered at 100 with a margin of 10 %. The long's mark falls to 80 (loss 20,
margin 8), the short's rises to 120 (loss 20, margin 12).
"""

import pytest

from tests.reference.adapter import Replay, on_both
from tests.reference.cases import PLENTY, Holding, Rules, case, fills

SIDES = {"long": (1.0, 80.0, 8.0), "short": (-1.0, 120.0, 12.0)}
PLACES = {
    "just above its margin": (+0.5, "margin", {"below": 0, "at_or_below": 0}, 0),
    "exactly at its margin": (0.0, "margin", {"below": 0, "at_or_below": 1}, 0),
    "just below its margin": (-0.5, "margin", {"below": 1, "at_or_below": 1}, 0),
    "just above zero": (+0.5, "zero", {"below": 1, "at_or_below": 1}, 0),
    "exactly at zero": (0.0, "zero", {"below": 1, "at_or_below": 1}, 1),
    "just below zero": (-0.5, "zero", {"below": 1, "at_or_below": 1}, 1),
}


@on_both
@pytest.mark.parametrize("trigger", ["below", "at_or_below"])
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("margined", ["cross", "isolated"])
def test_a_position_whose_equity_is(
    replay: Replay, margined: str, side: str, place: str, trigger: str
) -> None:
    size, mark, maintenance = SIDES[side]
    offset, threshold, flagged, bankrupt = PLACES[place]
    money = 20.0 + (maintenance if threshold == "margin" else 0.0) + offset
    isolated = margined == "isolated"
    holding = Holding("a", size, margin=money if isolated else None)
    cash = {"a": 0.0 if isolated else money}
    result = replay(case([100.0, mark], cash, [holding], Rules(liquidation={"trigger": trigger})))
    step = result.tables["timeline"][1]
    assert (step["units_below_mm"], step["units_bankrupt"]) == (flagged[trigger], bankrupt)


@on_both
@pytest.mark.parametrize(
    ("trigger", "cash", "flagged"),
    [
        ("below", 20.0, 0),
        ("at_or_below", 20.0, 1),
        ("below", 19.5, 1),
    ],
    ids=["zero equity is not below", "zero equity is at", "negative equity is below"],
)
def test_where_the_margin_is_zero(replay: Replay, trigger: str, cash: float, flagged: int) -> None:
    rules = Rules(rate=0.0, liquidation={"trigger": trigger})
    result = replay(case([100.0, 80.0], {"a": cash}, [Holding("a", 1.0)], rules))
    step = result.tables["timeline"][1]
    assert (step["units_below_mm"], step["units_bankrupt"]) == (flagged, flagged)


@on_both
def test_an_account_without_positions_is_never_flagged(replay: Replay) -> None:
    result = replay(case([100.0, 80.0], {"a": 0.0, "b": 5.0}, [], Rules(rate=0.1)))
    assert [row["units_below_mm"] for row in result.tables["timeline"]] == [0, 0]


TIERS = [{"from": 0.0, "rate": 0.01}, {"from": 1000.0, "rate": 0.05}, {"from": 5000.0, "rate": 0.1}]


@on_both
@pytest.mark.parametrize(
    ("size", "maintenance"),
    [(5.0, 5.0), (10.0, 10.0), (20.0, 60.0), (50.0, 210.0), (60.0, 310.0)],
    ids=["first tier", "at the first bound", "second tier", "at the second bound", "third tier"],
)
@pytest.mark.parametrize("place", ["below", "at"])
def test_marginal_tiers_at_a_mark_of_100(
    replay: Replay, size: float, maintenance: float, place: str
) -> None:
    rules = Rules(margin={"*": {"kind": "tiers", "tiers": TIERS}})
    cash = maintenance - (0.25 if place == "below" else 0.0)
    result = replay(case([100.0], {"a": cash}, [Holding("a", size)], rules))
    assert result.tables["timeline"][0]["units_below_mm"] == (place == "below")


@on_both
@pytest.mark.parametrize(
    ("size", "maintenance"),
    [(1.0, 2.0), (4.0, 8.0), (16.0, 64.0)],
    ids=["at its base", "where the root meets the base", "above its base"],
)
@pytest.mark.parametrize("place", ["below", "at"])
def test_square_root_margin_at_a_mark_of_100(
    replay: Replay, size: float, maintenance: float, place: str
) -> None:
    # base 2 %; 0.001 * sqrt(400) = 2 %; 0.001 * sqrt(1600) = 4 %
    rules = Rules(margin={"*": {"kind": "sqrt", "base": 0.02, "factor": 0.001}})
    cash = maintenance + (-0.25 if place == "below" else 1e-9)
    result = replay(case([100.0], {"a": cash}, [Holding("a", size)], rules))
    assert result.tables["timeline"][0]["units_below_mm"] == (place == "below")


SCALED = {  # 50 BTC at 100; times 3 the upper tier's 40 % is held at 100 %
    "tiers, halved": (0.5, [{"from": 0.0, "rate": 0.1}, {"from": 4000.0, "rate": 0.4}], 400.0),
    "tiers, held at 1": (3.0, [{"from": 0.0, "rate": 0.1}, {"from": 4000.0, "rate": 0.4}], 2200.0),
    "a root above its base": (2.0, {"base": 0.01, "factor": 0.001}, 5000 * 0.002 * 5000**0.5),
    "a root at its base": (2.0, {"base": 0.2, "factor": 0.001}, 2000.0),
    "a root at a base held at 1": (10.0, {"base": 0.2, "factor": 0.001}, 5000.0),
    "a root beyond 1": (10.0, {"base": 0.2, "factor": 0.002}, 5000 * 0.02 * 5000**0.5),
}


@on_both
@pytest.mark.parametrize("table", SCALED)
@pytest.mark.parametrize("place", ["below", "above"])
def test_a_scaled_margin_of_50_btc(replay: Replay, table: str, place: str) -> None:
    scale, given, maintenance = SCALED[table]
    tiers = {"kind": "tiers", "tiers": given}
    own = tiers if isinstance(given, list) else {"kind": "sqrt", **given}
    rules = Rules(margin={"*": own}, margin_scale=scale)
    cash = maintenance + (-0.25 if place == "below" else 0.25)
    result = replay(case([100.0], {"a": cash}, [Holding("a", 50.0)], rules))
    assert result.tables["timeline"][0]["units_below_mm"] == (place == "below")


@on_both
@pytest.mark.parametrize(
    ("market", "served"),
    [
        ("BTC", "base"),
        ("BTCUSDT", "base"),
        ("BTC/USDT:USDT", "base"),
        ("BTC_USDC_PERP", "base"),
        ("BTC-PERP", "exact"),
        ("ETH", "default"),
        ("WBTC", "default"),
    ],
)
def test_a_market_finds_its_margin_table(replay: Replay, market: str, served: str) -> None:
    def flat(rate: float) -> dict[str, object]:
        return {"kind": "tiers", "tiers": [{"from": 0.0, "rate": rate}]}

    tables = {"*": flat(0.1), "BTC": flat(0.2), "BTC-PERP": flat(0.3)}
    # margins of 10, 20 and 30: three accounts tell which one applies
    cash = {"above 10": 15.0, "above 20": 25.0, "above 30": 35.0}
    holdings = [Holding(name, 1.0, market=market) for name in cash]
    result = replay(case({market: [100.0]}, cash, holdings, Rules(margin=tables)))
    expected = {"default": 0, "base": 1, "exact": 2}[served]
    assert result.tables["timeline"][0]["units_below_mm"] == expected


@on_both
@pytest.mark.parametrize(
    ("cash", "first"),
    [
        ({"a": 11.0, "b": 14.0}, "a"),
        ({"a": 14.0, "b": 11.0}, "b"),
        ({"a": 12.0, "b": 12.0}, "a"),
    ],
    ids=["the first is worse", "the second is worse", "a tie goes by account"],
)
def test_the_most_distressed_is_liquidated_first(
    replay: Replay, cash: dict[str, float], first: str
) -> None:
    # one unit of capacity at 90, and two longs whose margin of 9 is not met
    holdings = [Holding("a", 1.0), Holding("b", 1.0)]
    result = replay(case([100.0, 90.0], cash, holdings, Rules(), volume=[0.0, 90.0]))
    assert [row["account"] for row in fills(result)] == [first]


@on_both
def test_a_unit_without_margin_is_the_most_distressed(replay: Replay) -> None:
    def flat(rate: float) -> dict[str, object]:
        return {"kind": "tiers", "tiers": [{"from": 0.0, "rate": rate}]}

    # z owes no margin on ETH and stands at -1; a stands at -100 with a margin of 9
    rules = Rules(margin={"*": flat(0.1), "ETH": flat(0.0)}, liquidation={"limit": "none"})
    made = case(
        {"BTC": [90.0], "ETH": [90.0]},
        {"a": -90.0, "z": 9.0},
        [Holding("a", 1.0), Holding("z", 1.0, market="ETH")],
        rules,
        volume=PLENTY,
    )
    assert [row["account"] for row in fills(replay(made))] == ["z", "a"]


@on_both
@pytest.mark.parametrize(
    ("sizes", "order"),
    [
        ({"BTC": 1.0, "ETH": 2.0}, ["ETH", "BTC"]),
        ({"BTC": 2.0, "ETH": 1.0}, ["BTC", "ETH"]),
        ({"BTC": 1.0, "ETH": 1.0}, ["BTC", "ETH"]),
    ],
    ids=["the larger in ETH", "the larger in BTC", "a tie goes by market"],
)
def test_a_unit_closes_its_largest_position_first(
    replay: Replay, sizes: dict[str, float], order: list[str]
) -> None:
    loss = 10.0 * sum(sizes.values())
    made = case(
        {"BTC": [100.0, 90.0], "ETH": [100.0, 90.0]},
        {"a": loss + 0.5},  # equity 0.5: one closing is never enough
        [Holding("a", size, market=market) for market, size in sizes.items()],
        Rules(),
        volume=PLENTY,
    )
    assert [row["market"] for row in fills(replay(made))] == order
