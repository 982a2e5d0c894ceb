"""Rules 4 and 9 on both implementations; every number worked by hand.

The long: 1 BTC entered at 100, cash 15, mark 90: equity 5, margin 9, bankrupt at 85.
The short: the same at a mark of 110: equity 5, margin 11, bankrupt at 115.
"""

import pytest

from tests.reference.adapter import Replay, on_both
from tests.reference.cases import PLENTY, Holding, Rules, account, case, fills, open_size
from tests.reference.model import Case

SIDES = {"long": (1.0, 90.0, 85.0), "short": (-1.0, 110.0, 115.0)}


def distressed(side: str, rules: Rules, volume_in_marks: float = 1e9) -> Case:
    """One account, flagged at step 1; the volume in multiples of its notional."""
    size, mark, _ = SIDES[side]
    volume = [0.0, volume_in_marks * mark]
    return case([100.0, mark], {"a": 15.0}, [Holding("a", size)], rules, volume=volume)


@on_both
@pytest.mark.parametrize("side", SIDES)
def test_a_liquid_book_closes_the_position_at_mark(replay: Replay, side: str) -> None:
    _, mark, bankruptcy = SIDES[side]
    result = replay(distressed(side, Rules()))
    (fill,) = fills(result)
    assert fill["side"] == ("sell" if side == "long" else "buy")
    assert (fill["size"], fill["price"], fill["mark_price"]) == (1.0, mark, mark)
    assert fill["bankruptcy_price"] == pytest.approx(bankruptcy)
    assert open_size(result, "a") == 0
    row = account(result, "a")
    assert row["cash_end"] == pytest.approx(5.0)
    assert row["realised_pnl_usd"] == pytest.approx(-10.0)
    assert row["liquidated_notional_usd"] == pytest.approx(mark)
    assert row["was_liquidated"] and not row["was_in_debt"]


@on_both
@pytest.mark.parametrize("side", SIDES)
def test_a_market_with_no_volume_closes_nothing(replay: Replay, side: str) -> None:
    result = replay(distressed(side, Rules(), volume_in_marks=0.0))
    assert fills(result) == []
    assert open_size(result, "a") == SIDES[side][0]
    assert not account(result, "a")["was_liquidated"]


@on_both
@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize(
    ("liquidation", "volume", "closed", "discount"),
    [
        ({"half_spread": 0.02}, 1e9, 1.0, 0.02),
        ({"impact": 0.08}, 2.0, 1.0, 0.02),  # half of the capacity: 0.08 * 0.5 / 2
        ({"half_spread": 0.01, "impact": 0.04}, 2.0, 1.0, 0.02),
        ({}, 1.0, 1.0, 0.0),
        ({}, 0.5, 0.5, 0.0),
        ({"participation": 0.5}, 1.0, 0.5, 0.0),
        ({"participation": 0.0}, 1.0, 0.0, 0.0),
    ],
    ids=[
        "the half spread alone",
        "impact at half of the capacity",
        "half spread and impact",
        "the capacity exactly exhausted",
        "half of it in the capacity",
        "half of it in the venue's share of volume",
        "a venue without a share of volume",
    ],
)
def test_what_the_book_gives(
    replay: Replay,
    side: str,
    liquidation: dict[str, float],
    volume: float,
    closed: float,
    discount: float,
) -> None:
    size, mark, _ = SIDES[side]
    result = replay(distressed(side, Rules(liquidation=liquidation), volume))
    assert sum(fill["size"] for fill in fills(result)) == pytest.approx(closed)
    assert open_size(result, "a") == pytest.approx(size * (1 - closed))
    for fill in fills(result):
        assert fill["price"] == pytest.approx(mark * (1 - size * discount))


@on_both
@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("impact", [0.0, 0.1], ids=["without impact", "with impact"])
def test_a_half_spread_beyond_bankruptcy_closes_nothing(
    replay: Replay, side: str, impact: float
) -> None:
    rules = Rules(liquidation={"half_spread": 0.06, "impact": impact})  # 5/90 and 5/110 are less
    assert fills(replay(distressed(side, rules))) == []


@on_both
def test_a_half_spread_exactly_at_bankruptcy_closes_at_bankruptcy(replay: Replay) -> None:
    # mark 128, cash for an equity of 8: the limit is 1/16 of mark
    rules = Rules(liquidation={"half_spread": 0.0625})
    made = case([128.0], {"a": 8.0}, [Holding("a", 1.0, 128.0)], rules, volume=PLENTY)
    result = replay(made)
    assert [fill["price"] for fill in fills(result)] == [120.0]
    assert account(result, "a")["cash_end"] == 0.0
    assert result.tables["shortfalls"] == []


@on_both
@pytest.mark.parametrize(
    ("half_spread", "closed"), [(0.0, ["ETH"]), (0.01, [])], ids=["at mark", "below mark"]
)
def test_a_bankrupt_units_position_without_margin_is_bankrupt_at_mark(
    replay: Replay, half_spread: float, closed: list[str]
) -> None:
    # at -25 the margin of 6 lies in BTC alone (bankrupt at 85); ETH carries none of the -25
    def flat(rate: float) -> dict[str, object]:
        return {"kind": "tiers", "tiers": [{"from": 0.0, "rate": rate}]}

    rules = Rules(
        margin={"*": flat(0.1), "ETH": flat(0.0)}, liquidation={"half_spread": half_spread}
    )
    made = case(
        {"BTC": [100.0, 60.0], "ETH": [50.0, 50.0]},
        {"a": 15.0},
        [Holding("a", 1.0), Holding("a", 1.0, 50.0, market="ETH")],
        rules,
        volume=PLENTY,
    )
    assert [fill["market"] for fill in fills(replay(made))] == closed


@on_both
def test_impact_stops_the_order_at_its_limit_price(replay: Replay) -> None:
    # limit 5/90; utilisation 5/90/0.2 = 5/18 of 2 BTC; the average is half way to 85
    rules = Rules(liquidation={"impact": 0.2})
    result = replay(distressed("long", rules, 2.0))
    (fill,) = fills(result)
    assert fill["size"] == pytest.approx(5 / 9)
    assert fill["price"] == pytest.approx(87.5)
    assert open_size(result, "a") == pytest.approx(4 / 9)


@on_both
def test_the_next_unit_pays_for_the_utilisation_of_the_first(replay: Replay) -> None:
    # each sells half of the capacity: discounts 0..2 % and 2..4 %
    rules = Rules(liquidation={"impact": 0.04})
    made = case(
        [100.0, 90.0],
        {"a": 14.0, "b": 15.0},
        [Holding("a", 1.0), Holding("b", 1.0)],
        rules,
        volume=[0.0, 180.0],
    )
    prices = {fill["account"]: fill["price"] for fill in fills(replay(made))}
    assert prices == {"a": pytest.approx(90 * 0.99), "b": pytest.approx(90 * 0.97)}


@on_both
def test_the_limit_that_the_first_unit_has_passed_stops_the_second(replay: Replay) -> None:
    # the first goes to the limit price that both share
    rules = Rules(liquidation={"impact": 0.0625})
    made = case(
        [100.0, 90.0],
        {"a": 12.0, "b": 12.0},
        [Holding("a", 4.0, 92.0), Holding("b", 4.0, 92.0)],
        rules,
        volume=[0.0, 90.0],
    )
    # equity 12 - 8 = 4 on 4 BTC: limit 1/90, utilisation 1/90/0.0625 = 8/45 of 1 BTC
    (fill,) = fills(replay(made))
    assert (fill["account"], fill["size"]) == ("a", pytest.approx(8 / 45))


@on_both
def test_buys_and_sells_have_a_capacity_each(replay: Replay) -> None:
    made = case(
        [100.0, 90.0],
        {"long": 15.0, "short": -5.0},  # both stand at 5
        [Holding("long", 1.0), Holding("short", -1.0)],
        Rules(),
        volume=[0.0, 90.0],
    )
    closed = {(fill["account"], fill["side"]): fill["size"] for fill in fills(replay(made))}
    assert closed == {("long", "sell"): 1.0, ("short", "buy"): 1.0}


@on_both
@pytest.mark.parametrize(
    ("above_notional", "closed"),
    [(80.0, 0.25), (90.0, 1.0), (100.0, 1.0)],
    ids=["above the bound", "exactly at the bound", "below the bound"],
)
def test_partial_size_of_a_position(replay: Replay, above_notional: float, closed: float) -> None:
    rules = Rules(liquidation={"size": {"fraction": 0.25, "above_notional": above_notional}})
    (fill,) = fills(replay(distressed("long", rules)))
    assert fill["size"] == closed


@on_both
def test_a_partial_order_that_restores_the_margin_ends_the_liquidation(replay: Replay) -> None:
    # half of it leaves equity 5 against a margin of 4.5
    rules = Rules(liquidation={"size": {"fraction": 0.5, "above_notional": 0.0}})
    made = case([100.0, 90.0, 90.0], {"a": 15.0}, [Holding("a", 1.0)], rules, volume=PLENTY)
    result = replay(made)
    assert [fill["size"] for fill in fills(result)] == [0.5]
    assert open_size(result, "a") == 0.5


@on_both
def test_a_restored_unit_keeps_its_other_positions(replay: Replay) -> None:
    # equity 12 against 18 + 9; closing the larger leaves 12 against 9
    made = case(
        {"BTC": [100.0, 90.0], "ETH": [100.0, 90.0]},
        {"a": 42.0},
        [Holding("a", 2.0), Holding("a", 1.0, market="ETH")],
        Rules(),
        volume=PLENTY,
    )
    result = replay(made)
    assert [fill["market"] for fill in fills(result)] == ["BTC"]
    assert open_size(result, "a", "ETH") == 1.0


@on_both
@pytest.mark.parametrize(
    ("fee_rate", "fee"),
    [(0.01, 0.9), (0.1, 5.0), (0.0, 0.0)],
    ids=["a fee that fits", "a fee cut at bankruptcy", "no fee"],
)
@pytest.mark.parametrize("fund", [False, True], ids=["to the platform", "to the first fund"])
def test_the_liquidation_fee(replay: Replay, fund: bool, fee_rate: float, fee: float) -> None:
    funds = ({"name": "one", "cash": 7.0}, {"name": "two", "cash": 7.0}) if fund else ()
    rules = Rules(liquidation={"fee_rate": fee_rate}, absorber=funds)
    result = replay(distressed("long", rules))
    assert fills(result)[0]["fee_usd"] == pytest.approx(fee)
    assert account(result, "a")["cash_end"] == pytest.approx(5.0 - fee)
    assert account(result, "a")["fees_usd"] == pytest.approx(fee)
    assert account(result, "a")["realised_pnl_usd"] == pytest.approx(-10.0)
    assert result.platform_cash_usd == pytest.approx(0.0 if fund else fee)
    last = {row["absorber"]: row["cash_usd"] for row in result.tables["absorbers"]}
    if fund:
        assert last == {"one": pytest.approx(7.0 + fee), "two": 7.0}


@on_both
def test_a_gap_through_bankruptcy_fills_nothing_at_a_limit(replay: Replay) -> None:
    made = case([100.0, 60.0], {"a": 15.0}, [Holding("a", 1.0)], Rules(), volume=PLENTY)
    assert fills(replay(made)) == []


@on_both
@pytest.mark.parametrize(("size", "mark"), [(1.0, 60.0), (-1.0, 140.0)], ids=["long", "short"])
def test_a_gap_through_bankruptcy_without_a_limit_leaves_a_debt_and_no_fee(
    replay: Replay, size: float, mark: float
) -> None:
    rules = Rules(liquidation={"limit": "none", "fee_rate": 0.01})
    result = replay(case([100.0, mark], {"a": 15.0}, [Holding("a", size)], rules, volume=PLENTY))
    (fill,) = fills(result)
    assert (fill["price"], fill["fee_usd"]) == (mark, 0.0)
    row = account(result, "a")
    assert (row["cash_end"], row["debt_end"]) == (0.0, pytest.approx(25.0))
    assert row["ended_in_debt"] and not row["ended_underwater"]
    assert result.platform_cash_usd == pytest.approx(-25.0)


@on_both
def test_a_closed_isolated_unit_saves_the_cross_unit_before_its_turn(replay: Replay) -> None:
    # isolated: equity 2 of 9, returned after its closing; cross: 8 + 2 meets 9
    made = case(
        {"BTC": [100.0, 90.0], "ETH": [100.0, 90.0]},
        {"a": 18.0},
        [Holding("a", 1.0), Holding("a", 1.0, market="ETH", margin=12.0)],
        Rules(),
        volume=PLENTY,
    )
    result = replay(made)
    assert [(f["market"], f["margin_mode"]) for f in fills(result)] == [("ETH", "isolated")]
    assert account(result, "a")["cash_end"] == pytest.approx(20.0)
    assert open_size(result, "a") == 1.0


@on_both
def test_a_fund_unwinds_into_what_the_book_has_left(replay: Replay) -> None:
    # 1 BTC at 60 is taken over at step 1; step 2 gives 0.5, step 3 the rest, down to 2 % off
    rules = Rules(
        liquidation={"impact": 0.04},
        absorber=({"name": "fund", "cash": 100.0, "unwind": True},),
    )
    made = case(
        [100.0, 60.0, 60.0, 60.0],
        {"a": 15.0},
        [Holding("a", 1.0)],
        rules,
        volume=[0.0, 0.0, 30.0, 30.0],
    )
    result = replay(made)
    unwound = fills(result, "unwind")
    assert [(f["step"], f["account"], f["counterparty"]) for f in unwound] == [
        (2, "fund", "book"),
        (3, "fund", "book"),
    ]
    assert [f["size"] for f in unwound] == [pytest.approx(0.5), pytest.approx(0.5)]
    assert [f["price"] for f in unwound] == [pytest.approx(60 * 0.98)] * 2
    last = result.tables["absorbers"][-1]
    assert last["cash_usd"] == pytest.approx(75.0 - 60 * 0.02)
    assert last["notional_usd"] == 0.0


@on_both
def test_a_fund_that_does_not_unwind_keeps_what_it_took_over(replay: Replay) -> None:
    # 1 BTC taken over at 85 (cash 15 paid in) with the mark at 60: 100 - 25 = 75, and 60 held
    rules = Rules(absorber=({"name": "fund", "cash": 100.0, "unwind": False},))
    made = case(
        [100.0, 60.0, 60.0],
        {"a": 15.0},
        [Holding("a", 1.0)],
        rules,
        volume=[0.0, 0.0, PLENTY],
    )
    result = replay(made)
    assert fills(result, "unwind") == []
    last = result.tables["absorbers"][-1]
    assert last["equity_usd"] == pytest.approx(75.0)
    assert last["notional_usd"] == pytest.approx(60.0)
