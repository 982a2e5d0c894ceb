"""What is offered to the book, when, and down to which price, on both implementations.

A long of 8 BTC entered at 100 with cash 100. At 90 its equity is 20 against a margin of 72: it is
flagged, and selling a part of it at mark does not save it while more than 2 BTC are left.
"""

import hashlib

import pytest

from tests.reference.adapter import Replay, on_both
from tests.reference.cases import PLENTY, Holding, Rules, case, fills, open_size
from tests.reference.model import Case, Row

LONG = Holding("a", 8.0)


def sold(
    replay: Replay,
    liquidation: Row,
    steps: int = 4,
    volume: list[float] | float = PLENTY,
    mark: float = 90.0,
    cash: float = 100.0,
) -> list[tuple[int, float]]:
    """(step, quantity) of every fill; the mark falls at step 0 and stays."""
    made = case([mark] * steps, {"a": cash}, [LONG], Rules(liquidation=liquidation), volume=volume)
    return [(row["step"], row["size"]) for row in fills(replay(made))]


def partial(**more: object) -> Row:
    """A quarter of a position above 100 USD."""
    return {"size": {"fraction": 0.25, "above_notional": 100.0, **more}}


@on_both
def test_without_first_only_every_order_is_a_quarter_of_what_is_left(replay: Replay) -> None:
    # the equity of 20 covers a margin of 9 a BTC from 2.2 BTC down: after the fifth order
    quarters = [8 * 0.75**k / 4 for k in range(5)]
    assert sold(replay, partial(), steps=6) == [
        (k, pytest.approx(q)) for k, q in enumerate(quarters)
    ]


@on_both
def test_the_first_order_is_a_quarter_and_the_next_is_all(replay: Replay) -> None:
    assert sold(replay, partial(first_only=True)) == [(0, 2.0), (1, 6.0)]


@on_both
def test_an_order_that_finds_no_volume_is_not_the_first(replay: Replay) -> None:
    volume = [0.0, PLENTY, PLENTY, PLENTY]
    assert sold(replay, partial(first_only=True), volume=volume) == [(1, 2.0), (2, 6.0)]


@on_both
def test_an_order_that_fills_in_part_is_the_first(replay: Replay) -> None:
    volume = [90.0, PLENTY, PLENTY, PLENTY]
    assert sold(replay, partial(first_only=True), volume=volume) == [(0, 1.0), (1, 7.0)]


@on_both
def test_the_first_order_of_each_position_is_a_part(replay: Replay) -> None:
    # at 88 and 90 the equity is -22: nothing restores it, ETH has its first order at step 0 too
    made = case(
        {"BTC": [90.0] * 2, "ETH": [88.0] * 2},
        {"a": 106.0},
        [LONG, Holding("a", 4.0, market="ETH")],
        Rules(liquidation={**partial(first_only=True), "limit": "none"}),
        volume=PLENTY,
    )
    found = [(row["step"], row["market"], row["size"]) for row in fills(replay(made))]
    assert found == [(0, "BTC", 2.0), (0, "ETH", 1.0), (1, "BTC", 6.0), (1, "ETH", 3.0)]


@on_both
@pytest.mark.parametrize(
    ("cooldown_s", "steps"),
    [(0.0, [0, 1]), (0.5, [0, 1]), (1.0, [0, 1]), (1.5, [0, 2]), (3.0, [0, 3]), (30.0, [0])],
    ids=["none", "under a step", "one step", "over one step", "three steps", "beyond the end"],
)
def test_a_cooldown_holds_a_position_back_for(
    replay: Replay, cooldown_s: float, steps: list[int]
) -> None:
    rules = {**partial(first_only=True), "cooldown_s": cooldown_s}
    assert [step for step, _ in sold(replay, rules)] == steps


@on_both
def test_a_cooldown_begins_with_a_fill_and_not_with_an_offer(replay: Replay) -> None:
    rules = {**partial(first_only=True), "cooldown_s": 2.0}
    volume = [0.0, PLENTY, PLENTY, PLENTY]
    assert sold(replay, rules, volume=volume) == [(1, 2.0), (3, 6.0)]


@on_both
def test_a_cooldown_is_of_one_position_and_not_of_its_unit(replay: Replay) -> None:
    # BTC sells 1 of 8 at step 0; ETH has no volume until step 1
    made = case(
        {"BTC": [90.0] * 2, "ETH": [90.0] * 2},
        {"a": 100.0},
        [LONG, Holding("a", 2.0, market="ETH")],
        Rules(liquidation={"cooldown_s": 30.0, "limit": "none"}),
        volume=[90.0, PLENTY],
    )
    made.volume_usd[0][1] = 0.0
    found = [(row["step"], row["market"], row["size"]) for row in fills(replay(made))]
    assert found == [(0, "BTC", 1.0), (1, "ETH", 2.0)]


def turn(step: int, account: str, isolated: str = "", seed: int = 0) -> float:
    """Section 8, written out: 53 bits of the hash of the unit's words."""
    text = f"{seed}|{step}|{account}|{isolated}|turn"
    return int(hashlib.sha256(text.encode()).hexdigest(), 16) / 2**256


@on_both
@pytest.mark.parametrize("margined", ["cross", "isolated"])
def test_a_turn_is_taken_where_its_draw_is_below_the_probability(
    replay: Replay, margined: str
) -> None:
    isolated = margined == "isolated"
    holding = Holding("a", 8.0, margin=100.0 if isolated else None)
    rules = Rules(liquidation={"turn_probability": 0.5})
    volume = 9.0  # a tenth of a BTC a step
    made = case([90.0] * 12, {"a": 0.0 if isolated else 100.0}, [holding], rules, volume=volume)
    taken = [row["step"] for row in fills(replay(made))]
    assert taken == [k for k in range(12) if turn(k, "a", "BTC" if isolated else "") < 0.5]
    assert 2 < len(taken) < 10


@on_both
def test_a_turn_not_taken_leaves_the_unit_in_the_list(replay: Replay) -> None:
    # "a" is bankrupt and takes no turn: it is deleveraged at once against the short of "b";
    # "c", a flagged short that takes no turn either, is no candidate though it has a profit
    probability = 1e-6
    made = case(
        [80.0],
        {"a": 100.0, "b": 1000.0, "c": -79.0},
        [LONG, Holding("b", -8.0), Holding("c", -4.0)],
        Rules(liquidation={"turn_probability": probability}),
        volume=PLENTY,
    )
    assert min(turn(0, "a"), turn(0, "c")) > probability
    result = replay(made)
    assert fills(result) == []
    assert result.tables["timeline"][0]["units_below_mm"] == 2
    assert [(row["winner"], row["size"]) for row in result.tables["adl_fills"]] == [("b", 8.0)]


@on_both
@pytest.mark.parametrize(
    ("most_usd", "quantities"),
    [(90.0, [1.0, 1.0, 1.0]), (360.0, [4.0, 4.0]), (720.0, [8.0]), (1e6, [8.0])],
    ids=["an eighth", "half", "exactly all", "more than all"],
)
def test_a_unit_offers_in_one_step_at_most(
    replay: Replay, most_usd: float, quantities: list[float]
) -> None:
    rules = {"max_usd_per_step": most_usd, "limit": "none"}
    found = sold(replay, rules, steps=3)
    assert found == [(k, pytest.approx(quantity)) for k, quantity in enumerate(quantities)]


def two_positions(liquidation: Row, volume: float = PLENTY) -> Case:
    """8 BTC and 4 ETH at 90, equity -20."""
    return case(
        {"BTC": [90.0], "ETH": [90.0]},
        {"a": 100.0},
        [LONG, Holding("a", 4.0, market="ETH")],
        Rules(liquidation={"limit": "none", **liquidation}),
        volume=volume,
    )


@on_both
@pytest.mark.parametrize(
    ("most_usd", "expected"),
    [
        (450.0, {"BTC": 5.0}),
        (720.0, {"BTC": 8.0}),
        (810.0, {"BTC": 8.0, "ETH": 1.0}),
        (2000.0, {"BTC": 8.0, "ETH": 4.0}),
    ],
    ids=["part of the first", "just the first", "part of the second", "both"],
)
def test_the_positions_of_a_unit_share_its_dollars_for(
    replay: Replay, most_usd: float, expected: dict[str, float]
) -> None:
    result = replay(two_positions({"max_usd_per_step": most_usd}))
    assert {row["market"]: row["size"] for row in fills(result)} == pytest.approx(expected)


@on_both
def test_only_fills_use_up_a_units_dollars(replay: Replay) -> None:
    # 2 BTC fill for want of volume; 450 - 180 are left for 3 ETH, of which 2 fill
    result = replay(two_positions({"max_usd_per_step": 450.0}, volume=180.0))
    assert [(r["market"], r["size"]) for r in fills(result)] == [("BTC", 2.0), ("ETH", 2.0)]


@on_both
def test_each_unit_has_its_own_dollars(replay: Replay) -> None:
    made = case(
        [80.0],
        {"a": 100.0, "b": 90.0},
        [LONG, Holding("b", 8.0)],
        Rules(liquidation={"max_usd_per_step": 160.0, "limit": "none"}, adl={"enabled": False}),
        volume=PLENTY,
    )
    found = [(row["account"], row["size"]) for row in fills(replay(made))]
    assert found == [("b", 2.0), ("a", 2.0)]


# at 90 the margin of 8 BTC is 72: the largest discount is 1.5 * 10 % * (1 - equity / 72)
@on_both
@pytest.mark.parametrize(
    ("equity", "discount"),
    [(72.0, 0.0), (36.0, 0.075), (18.0, 0.1125), (0.0, 0.15), (-50.0, 0.15)],
    ids=["the margin", "half of it", "a quarter of it", "nothing", "a debt"],
)
def test_the_largest_discount_of_a_fillable_price_at_an_equity_of(
    replay: Replay, equity: float, discount: float
) -> None:
    # impact 0.5 over a volume of the whole position: the fill stops where it reaches the discount
    rules = {"trigger": "at_or_below", "impact": 0.5, "limit": {"mm_multiple": 1.5}}
    found = sold(replay, rules, steps=1, volume=720.0, cash=equity + 80.0)
    expected = [(0, pytest.approx(8.0 * discount / 0.5))] if discount else []
    assert found == expected


@on_both
def test_a_fillable_price_widens_as_the_equity_falls(replay: Replay) -> None:
    # half spread 5 %: equity 48 allows 15 % * (1 - 48/72) = 5 %, equity 56 less
    rules = {"half_spread": 0.05, "limit": {"mm_multiple": 1.5}}
    assert sold(replay, rules, steps=1, cash=136.0) == []
    assert sold(replay, rules, steps=1, cash=124.0) == [(0, 8.0)]


@on_both
def test_a_fillable_price_may_lie_beyond_bankruptcy_and_leave_a_debt(replay: Replay) -> None:
    # equity 20 of 720 is 2.8 %; half spread 5 % is within 15 % * (1 - 20/72) = 10.8 %
    rules = Rules(liquidation={"half_spread": 0.05, "limit": {"mm_multiple": 1.5}, "fee_rate": 0.1})
    result = replay(case([90.0], {"a": 100.0}, [LONG], rules, volume=PLENTY))
    (fill,) = fills(result)
    assert (fill["price"], fill["bankruptcy_price"]) == (pytest.approx(85.5), 87.5)
    assert fill["fee_usd"] == 0.0
    assert result.tables["shortfalls"][0]["shortfall_usd"] == pytest.approx(16.0)


@on_both
def test_a_fillable_price_follows_each_positions_own_margin(replay: Replay) -> None:
    # BTC 10 %, ETH 40 % of 180 = 72: mm 144; equity 0: discounts of 15 % and 60 %
    def flat(rate: float) -> Row:
        return {"kind": "tiers", "tiers": [{"from": 0.0, "rate": rate}]}

    made = case(
        {"BTC": [90.0], "ETH": [90.0]},
        {"a": 100.0},
        [LONG, Holding("a", 2.0, market="ETH")],
        Rules(
            margin={"*": flat(0.1), "ETH": flat(0.4)},
            liquidation={"half_spread": 0.2, "limit": {"mm_multiple": 1.5}},
            adl={"enabled": False},
        ),
        volume=PLENTY,
    )
    result = replay(made)
    assert [(row["market"], row["price"]) for row in fills(result)] == [
        ("ETH", pytest.approx(72.0))
    ]
    assert open_size(result, "a") == 8.0
