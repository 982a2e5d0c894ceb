"""Rule 6 on both implementations; every number worked by hand.

The loser: a long of 1 BTC entered at 100 with cash 15; at a mark of 60 it stands at -25 and is
bankrupt at 85. The mirror: a short at a mark of 140, bankrupt at 115. No volume, no fund.
"""

import hashlib
from dataclasses import replace as with_fields

import pytest

from tests.reference.adapter import Replay, on_both
from tests.reference.cases import Holding, Rules, account, case, open_size
from tests.reference.model import Case, Row
from tests.reference.replay import Result

CASH = 1000.0
LOSER = Holding("loser", 1.0)


def crash(winners: list[Holding], *marks: float, cash: Row | None = None, **adl: object) -> Case:
    """The loser against these winners, with 1000 of cash each where none is given."""
    money = {"loser": 15.0, **{winner.account: CASH for winner in winners}, **(cash or {})}
    return case([100.0, *(marks or (60.0,))], money, [LOSER, *winners], Rules(adl=adl))


def closed(result: Result) -> dict[str, float]:
    """What each winner lost of its position."""
    sizes: dict[str, float] = {}
    for row in result.tables["adl_fills"]:
        sizes[row["winner"]] = sizes.get(row["winner"], 0.0) + row["size"]
    return sizes


@on_both
@pytest.mark.parametrize(
    ("side", "mark", "price"), [(1, 60.0, 85.0), (-1, 140.0, 115.0)], ids=["long", "short"]
)
def test_one_winner_closes_a_bankrupt(replay: Replay, side: int, mark: float, price: float) -> None:
    holdings = [Holding("a", side * 1.0), Holding("w", side * -2.0)]
    result = replay(case([100.0, mark], {"a": 15.0, "w": 100.0}, holdings, Rules()))
    (fill,) = result.tables["adl_fills"]
    assert (fill["winner"], fill["loser"], fill["size"], fill["rank"]) == ("w", "a", 1.0, 1)
    assert fill["side"] == ("short" if side > 0 else "long")
    assert (fill["price"], fill["bankruptcy_price"]) == (pytest.approx(price),) * 2
    assert (fill["score"], fill["mark_price"]) == (pytest.approx(80.0), mark)
    assert fill["winner_upnl_usd"] == pytest.approx(40.0)
    assert fill["cost_usd"] == pytest.approx(25.0)
    winner, loser = account(result, "w"), account(result, "a")
    assert winner["cash_end"] == pytest.approx(115.0)
    assert open_size(result, "w") == side * -1.0
    assert (winner["adl_notional_usd"], winner["adl_fills"]) == (mark, 1)
    assert winner["adl_cost_usd"] == pytest.approx(25.0)
    assert winner["was_deleveraged"] and not winner["was_liquidated"]
    assert loser["cash_end"] == pytest.approx(0.0, abs=1e-9)
    assert (loser["was_deleveraged"], loser["was_liquidated"]) == (False, False)
    assert result.tables["shortfalls"] == []  # rounding is not debt
    assert result.deficit_usd == pytest.approx(25.0)


@on_both
@pytest.mark.parametrize(
    ("winner", "expected"),
    [
        (-1.0, 1.0),
        (-0.4, 0.4),
        (-5.0, 1.0),
        (1.0, 0.0),
        (-2e12, 0.0),
    ],
    ids=["just as large", "smaller", "larger", "on the same side", "to whom it is dust"],
)
def test_one_winner(replay: Replay, winner: float, expected: float) -> None:
    result = replay(crash([Holding("w", winner)]))
    assert sum(closed(result).values()) == pytest.approx(expected)
    assert open_size(result, "loser") == pytest.approx(1.0 - expected)


@on_both
def test_what_no_candidate_covers_is_retried_at_the_next_step(replay: Replay) -> None:
    # w2 gains only once the mark is below its entry of 58
    made = crash([Holding("w1", -0.4), Holding("w2", -1.0, 58.0)], 60.0, 50.0)
    rows = replay(made).tables["adl_fills"]
    assert [(row["step"], row["winner"]) for row in rows] == [(1, "w1"), (2, "w2")]
    # after w1 the remainder stands at -15 on 0.6; at 50 it is bankrupt at 50 + 21/0.6 = 85
    assert [row["price"] for row in rows] == [pytest.approx(85.0)] * 2


@on_both
def test_a_winner_too_poor_for_the_price_is_closed_down_to_zero_equity(replay: Replay) -> None:
    # the loser stands at -25 again; w has cash 8 and profit 2, and each BTC costs it 25
    holdings = [Holding("loser", 1.0, 62.0), Holding("w", -1.0, 62.0)]
    result = replay(case([62.0, 60.0], {"loser": -23.0, "w": 8.0}, holdings, Rules()))
    assert closed(result) == {"w": pytest.approx(0.4)}
    assert account(result, "w")["equity_end"] == pytest.approx(0.0, abs=1e-9)
    assert account(result, "w")["debt_end"] == 0.0
    assert open_size(result, "loser") == pytest.approx(0.6)


@on_both
@pytest.mark.parametrize(
    ("price", "loser_cash", "winner_cash", "debt"),
    [
        ("bankruptcy", 0.0, CASH + 15.0, 0.0),
        ("mark", 0.0, CASH + 40.0, 25.0),
        ("previous_mark", 15.0, CASH, 0.0),
    ],
)
def test_the_price_of_adl(
    replay: Replay, price: str, loser_cash: float, winner_cash: float, debt: float
) -> None:
    result = replay(crash([Holding("w", -1.0)], price=price))
    assert account(result, "loser")["cash_end"] == pytest.approx(loser_cash, abs=1e-9)
    assert account(result, "loser")["debt_end"] == pytest.approx(debt)
    assert account(result, "w")["cash_end"] == pytest.approx(winner_cash)


@on_both
def test_the_previous_mark_of_the_first_step_is_its_own(replay: Replay) -> None:
    holdings = [Holding("loser", 1.0), Holding("w", -1.0)]
    rules = Rules(adl={"price": "previous_mark"})
    result = replay(case([60.0], {"loser": 15.0, "w": 10.0}, holdings, rules))
    assert [row["price"] for row in result.tables["adl_fills"]] == [60.0]


@on_both
def test_a_bankruptcy_price_may_be_negative(replay: Replay) -> None:
    # short from 10 with -20 of cash: -70 at 60, bankrupt at 60 - 70
    holdings = [Holding("loser", -1.0, 10.0), Holding("w", 1.0, 10.0)]
    result = replay(case([10.0, 60.0], {"loser": -20.0, "w": 1000.0}, holdings, Rules()))
    assert [row["price"] for row in result.tables["adl_fills"]] == [pytest.approx(-10.0)]
    assert account(result, "w")["cash_end"] == pytest.approx(980.0)


@on_both
@pytest.mark.parametrize(
    ("entry", "eligible", "expected"),
    [
        (61.0, "profitable", 1.0),
        (60.0, "profitable", 0.0),
        (59.0, "profitable", 0.0),
        (60.0, "opposite", 1.0),
        (59.0, "opposite", 1.0),
    ],
    ids=[
        "with a profit",
        "at its entry, where profit counts",
        "with a loss, where profit counts",
        "at its entry, where every opposite counts",
        "with a loss, where every opposite counts",
    ],
)
def test_a_short(replay: Replay, entry: float, eligible: str, expected: float) -> None:
    result = replay(crash([Holding("w", -1.0, entry)], eligible=eligible))
    assert sum(closed(result).values()) == expected


@on_both
@pytest.mark.parametrize(
    ("cash", "expected"), [(-34.5, 0.0), (-34.0, 1.0)], ids=["below its margin", "at its margin"]
)
def test_a_winner(replay: Replay, cash: float, expected: float) -> None:
    # a profit of 40 and a margin of 6; its equity is enough for the mark, which is the price
    made = case(
        [60.0],
        {"loser": 15.0, "w": cash},
        [LOSER, Holding("w", -1.0)],
        Rules(adl={"price": "mark"}),
    )
    assert sum(closed(replay(made)).values()) == expected


@on_both
@pytest.mark.parametrize(
    ("entries", "order"),
    [
        ({"w1": 100.0, "w2": 90.0}, ["w1", "w2"]),
        ({"w1": 90.0, "w2": 100.0}, ["w2", "w1"]),
        ({"w1": 90.0, "w2": 90.0}, ["w1", "w2"]),
    ],
    ids=["the first gained more", "the second gained more", "a tie goes by account"],
)
def test_the_queue_goes_by_score(
    replay: Replay, entries: dict[str, float], order: list[str]
) -> None:
    winners = [Holding(name, -0.75, entry) for name, entry in entries.items()]
    rows = replay(crash(winners)).tables["adl_fills"]
    assert [row["winner"] for row in rows] == order
    assert [row["rank"] for row in rows] == [1, 2]
    assert [row["size"] for row in rows] == [0.75, 0.25]


@on_both
def test_a_tie_between_units_of_one_account_goes_to_the_cross_unit(replay: Replay) -> None:
    winners = [Holding("w", -0.75), Holding("w", -0.75, margin=1000.0)]
    result = replay(crash(winners))
    assert open_size(result, "w") == 0.0
    assert open_size(result, "w", mode="isolated") == -0.5


@on_both
@pytest.mark.parametrize(
    ("lot", "expected"),
    [
        (None, {"w1": 0.75, "w2": 0.25}),
        (0.5, {"w1": 1.0, "w2": 0.0}),
        (0.25, {"w1": 0.75, "w2": 0.25}),
        (0.375, {"w1": 0.75, "w2": 0.25}),
        (4.0, {"w1": 1.0, "w2": 0.0}),
    ],
    ids=[
        "without lots",
        "equal remainders go by account",
        "whole lots",
        "a broken lot to the one with a remainder",
        "a lot larger than the need",
    ],
)
def test_pro_rata_in_lots(replay: Replay, lot: float | None, expected: dict[str, float]) -> None:
    winners = [Holding("w1", -3.0), Holding("w2", -1.0)]
    result = replay(crash(winners, allocation="pro_rata", lot=lot))
    got = closed(result)
    assert {name: got.get(name, 0.0) for name in expected} == pytest.approx(expected)


@on_both
def test_pro_rata_takes_everything_where_the_winners_hold_too_little(replay: Replay) -> None:
    winners = [Holding("w1", -0.5), Holding("w2", -0.125)]
    result = replay(crash(winners, allocation="pro_rata"))
    assert closed(result) == {"w1": 0.5, "w2": 0.125}
    assert open_size(result, "loser") == pytest.approx(0.375)


@on_both
@pytest.mark.parametrize(
    ("grace_s", "step"), [(0.0, 1), (1.0, 2), (2.0, 3), (2.5, 4), (60.0, None)]
)
def test_adl_waits_for_its_grace(replay: Replay, grace_s: float, step: int | None) -> None:
    made = crash([Holding("w", -1.0)], 60.0, 60.0, 60.0, 60.0, grace_s=grace_s)
    assert [row["step"] for row in replay(made).tables["adl_fills"]] == [step] * (step is not None)


@on_both
def test_a_recovery_starts_the_grace_again(replay: Replay) -> None:
    # bankrupt at steps 1, 3, 4, 5: two seconds from step 3
    made = crash([Holding("w", -1.0)], 60.0, 90.0, 60.0, 60.0, 60.0, grace_s=2.0)
    assert [row["step"] for row in replay(made).tables["adl_fills"]] == [5]


@on_both
def test_without_adl_the_bankrupt_stays_under_water(replay: Replay) -> None:
    result = replay(crash([Holding("w", -1.0)], enabled=False))
    assert result.tables["adl_fills"] == []
    assert account(result, "loser")["ended_underwater"]
    assert result.deficit_usd == 0.0


@on_both
def test_the_order_of_the_queue_is_not_recomputed_within_a_step(replay: Replay) -> None:
    # after 0.75 of it is closed w1 has less profit than w2, and is still asked first
    losers = [Holding("loser", 1.0), Holding("other", 1.0)]
    winners = [Holding("w1", -1.5), Holding("w2", -1.25)]
    money = {"loser": 15.0, "other": 16.0, "w1": CASH, "w2": CASH}
    rows = replay(case([100.0, 60.0], money, [*losers, *winners], Rules())).tables["adl_fills"]
    assert [(row["loser"], row["winner"], row["size"], row["rank"]) for row in rows] == [
        ("loser", "w1", 1.0, 1),
        ("other", "w1", 0.5, 1),
        ("other", "w2", 0.5, 2),
    ]


@on_both
@pytest.mark.parametrize("eligible", [True, False], ids=["eligible", "not eligible"])
def test_a_fund_that_holds_the_other_side_and_is(replay: Replay, eligible: bool) -> None:
    # the fund takes the short at 140 and keeps 75; at 60 it has 155 and refuses the long's -150
    fund = {"name": "fund", "cash": 100.0, "floor": 74.0}
    made = case(
        [100.0, 140.0, 60.0],
        {"loser": 90.0, "short": 15.0},
        [Holding("loser", 6.0), Holding("short", -1.0)],
        Rules(absorber=(fund,), adl={"absorbers_eligible": eligible}),
    )
    rows = replay(made).tables["adl_fills"]
    assert [(row["winner"], row["loser"], row["size"]) for row in rows] == [
        ("fund", "loser", 1.0)
    ] * eligible
    for row in rows:
        assert row["price"] == pytest.approx(85.0)
        assert row["cost_usd"] == pytest.approx(25.0)


@on_both
def test_a_hedge_of_the_same_account_is_a_candidate(replay: Replay) -> None:
    holdings = [LOSER, Holding("loser", -1.0, margin=50.0)]
    result = replay(case([100.0, 60.0], {"loser": 15.0}, holdings, Rules()))
    (fill,) = result.tables["adl_fills"]
    assert (fill["winner"], fill["loser"]) == ("loser", "loser")
    # 0 of the cross unit, and 50 + 15 that the closed isolated one returns
    assert account(result, "loser")["cash_end"] == pytest.approx(65.0)


SCORES = {
    # w1: short 1 from 100, cash 20, equity 60; w2: short 4 from 70, cash 200, equity 240
    "bitmex": (0.4 * 60 / 60, 10 / 70 * 60 / 60),
    "binance": (40 / 20 * 6 / 60, 40 / 200 * 24 / 240),
    "hyperliquid": (100 / 60, 70 / 60),
    "profit_usd": (40.0, 40.0),
    "profit_frac": (0.4, 10 / 70),
    "leverage": (1.0, 1.0),
    "size": (60.0, 240.0),
    "upnl * 2 - notional": (20.0, -160.0),
}


@on_both
@pytest.mark.parametrize("score", SCORES)
def test_the_scores_of_two_shorts(replay: Replay, score: str) -> None:
    made = case(
        [100.0, 60.0],
        {"loser": 15.0, "w1": 20.0, "w2": 200.0},
        [LOSER, Holding("w1", -1.0), Holding("w2", -4.0, 70.0)],
        Rules(adl={"score": score, "allocation": "pro_rata"}),
    )
    rows = replay(made).tables["adl_fills"]
    found = {row["winner"]: row["score"] for row in rows if row["step"] == 1}
    expected = dict(zip(("w1", "w2"), SCORES[score], strict=True))
    assert found == pytest.approx(expected)


@on_both
@pytest.mark.parametrize("seed", [0, 7])
def test_the_random_score_is_that_of_its_hash(replay: Replay, seed: int) -> None:
    winners = [Holding("w1", -1.0), Holding("w2", -1.0)]
    made = crash(winners, score="random", allocation="pro_rata")
    rows = replay(with_fields(made, seed=seed)).tables["adl_fills"]
    for row in rows:
        digest = hashlib.sha256(f"{seed}|1|{row['winner']}|BTC".encode()).hexdigest()
        assert row["score"] == (int(digest, 16) >> (256 - 53)) / 2**53
    assert [row["rank"] for row in sorted(rows, key=lambda row: -row["score"])] == [1, 2]
