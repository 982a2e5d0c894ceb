"""Collateral other than USD on both implementations; every number worked by hand.

"a" is long 10 BTC from 100 with a margin of 10 %, and pledges assets of weight 0.5, named as
markets of the tape.
"""

import pytest

from tests.reference.adapter import Replay, on_both
from tests.reference.cases import PLENTY, Holding, Rules, account, case, fills, open_size
from tests.reference.model import Case, Row
from tests.reference.replay import Result

LONG = Holding("a", 10.0)
NO_LIMIT = {"limit": "none"}
Lots = dict[str, float]


def pledged(
    lots: Lots,
    marks: dict[str, list[float]],
    rules: Rules,
    cash: dict[str, float] | None = None,
    others: tuple[Holding, ...] = (),
    volume: float = PLENTY,
    flows: list[tuple[int, str, str, float]] | None = None,
) -> Case:
    """The long of "a" with its lots; other accounts as cash and holdings."""
    return case(
        marks,
        cash or {"a": 0.0},
        [LONG, *others],
        rules,
        volume=volume,
        flows=flows,
        collateral=[("a", asset, quantity) for asset, quantity in lots.items()],
    )


def half(**more: object) -> Rules:
    """Weights of a half, no limit on the book."""
    parts: Row = {"liquidation": NO_LIMIT, "collateral": {"*": 0.5}, **more}
    return Rules(**parts)


def sales(result: Result) -> list[tuple[str, float, float]]:
    """(asset, quantity, proceeds) in the order they were made."""
    rows = result.tables["collateral_sales"]
    return [(row["asset"], row["quantity"], row["proceeds_usd"]) for row in rows]


@on_both
@pytest.mark.parametrize(
    ("quantity", "price", "trigger", "flagged"),
    [
        (400.0, 1.0, "below", 0),
        (200.0, 1.0, "below", 0),
        (200.0, 1.0, "at_or_below", 1),
        (198.0, 1.0, "below", 1),
        (400.0, 0.5, "below", 0),
        (400.0, 0.4375, "below", 1),
    ],
    ids=[
        "twice its margin",
        "exactly its margin",
        "exactly its margin, which is enough to be flagged",
        "less than its margin",
        "exactly its margin after a fall of the asset",
        "less than its margin after a fall of the asset",
    ],
)
def test_a_position_at_its_entry_with_weighted_collateral_of(
    replay: Replay, quantity: float, price: float, trigger: str, flagged: int
) -> None:
    made = pledged(
        {"USDE": quantity},
        {"BTC": [100.0], "USDE": [price]},
        half(liquidation={"trigger": trigger}),
        volume=0.0,
    )
    result = replay(made)
    assert result.tables["timeline"][0]["units_below_mm"] == flagged
    assert account(result, "a")["equity_end"] == pytest.approx(quantity * 0.5 * price)
    assert account(result, "a")["cash_end"] == 0.0


@on_both
@pytest.mark.parametrize(
    ("weights", "equity"),
    [
        ({"ETHUSDT": 1.0, "ETH": 0.5, "*": 0.25}, 200.0),
        ({"ETH": 0.5, "*": 0.25}, 100.0),
        ({"*": 0.25}, 50.0),
        ({"ETHUSDT": 0.0, "*": 1.0}, 0.0),
    ],
    ids=["by its name", "by its base", "as all others", "as nothing, a weight of 0 being one"],
)
def test_an_asset_counts(replay: Replay, weights: dict[str, float], equity: float) -> None:
    made = case(
        {"ETHUSDT": [100.0]},
        {"a": 0.0},
        [],
        Rules(collateral=weights),
        collateral=[("a", "ETHUSDT", 2.0)],
    )
    assert account(replay(made), "a")["equity_end"] == pytest.approx(equity)


@on_both
def test_collateral_moves_the_bankruptcy_price(replay: Replay) -> None:
    # equity 200 - 150 = 50 over 10 BTC: bankrupt at 80
    made = pledged({"USDE": 400.0}, {"BTC": [85.0], "USDE": [1.0]}, half())
    (fill,) = fills(replay(made))
    assert fill["bankruptcy_price"] == pytest.approx(80.0)


@on_both
@pytest.mark.parametrize(
    ("mark", "sold", "owed"),
    [(99.0, 20.0, 0.0), (90.0, 200.0, 0.0), (80.0, 400.0, 0.0), (70.0, 400.0, 100.0)],
    ids=["covered by a little", "covered by half", "covered exactly", "covered in part"],
)
def test_a_borrow_after_the_book_closed_everything_is(
    replay: Replay, mark: float, sold: float, owed: float
) -> None:
    made = pledged(
        {"USDE": 400.0},
        {"BTC": [mark], "USDE": [1.0]},
        half(margin=steep()),
    )
    result = replay(made)
    assert sales(result) == [("USDE", pytest.approx(sold), pytest.approx(sold / 2))]
    assert result.tables["collateral_sales"][0]["price"] == 0.5
    row = account(result, "a")
    assert (row["cash_end"], row["debt_end"]) == (0.0, pytest.approx(owed))
    assert row["equity_end"] == pytest.approx((400.0 - sold) / 2)
    assert row["shortfall_usd"] == pytest.approx(owed)


def steep() -> Row:
    """A margin so high that every position here is flagged."""
    return {"*": {"kind": "tiers", "tiers": [{"from": 0.0, "rate": 1.0}]}}


@on_both
@pytest.mark.parametrize(
    ("lots", "expected"),
    [
        ({"USDE": 100.0, "WBTC": 2.0}, [("WBTC", 2.0, 100.0)]),
        ({"USDE": 180.0, "WBTC": 2.0}, [("WBTC", 2.0, 100.0)]),
        ({"USDE": 240.0, "WBTC": 2.0}, [("USDE", 200.0, 100.0)]),
        ({"USDE": 160.0, "WBTC": 1.0}, [("USDE", 160.0, 80.0), ("WBTC", 0.4, 20.0)]),
        ({"USDE": 200.0, "WBTC": 2.0}, [("USDE", 200.0, 100.0)]),
        ({"USDE": 100.0, "WBTC": 1.0}, [("USDE", 100.0, 50.0), ("WBTC", 1.0, 50.0)]),
    ],
    ids=[
        "the most valuable first, it being enough",
        "the most valuable first, whatever the quantities",
        "the other first where that is worth more",
        "one after the other",
        "of two of the same value the first by name",
        "both of the same value, by name",
    ],
)
def test_a_borrow_of_100_sells(
    replay: Replay, lots: Lots, expected: list[tuple[str, float, float]]
) -> None:
    marks = {"BTC": [90.0], "USDE": [1.0], "WBTC": [100.0]}
    result = replay(pledged(lots, marks, half(margin=steep())))
    assert sales(result) == [(a, pytest.approx(q), pytest.approx(usd)) for a, q, usd in expected]
    assert result.tables["shortfalls"] == []
    assert account(result, "a")["cash_end"] == 0.0


@on_both
def test_a_lot_of_no_value_is_kept(replay: Replay) -> None:
    rules = Rules(liquidation=NO_LIMIT, margin=steep(), collateral={"USDE": 1.0, "JUNK": 0.0})
    marks = {"BTC": [90.0], "JUNK": [1.0], "USDE": [1.0]}
    result = replay(pledged({"USDE": 60.0, "JUNK": 1000.0}, marks, rules))
    assert [asset for asset, _, _ in sales(result)] == ["USDE"]
    assert account(result, "a")["debt_end"] == pytest.approx(40.0)


@on_both
def test_a_negative_cash_beside_an_open_position_sells_nothing(replay: Replay) -> None:
    made = pledged({"USDE": 1000.0}, {"BTC": [100.0], "USDE": [1.0]}, half(), cash={"a": -300.0})
    result = replay(made)
    assert sales(result) == []
    assert account(result, "a")["cash_end"] == -300.0


@on_both
def test_an_absorber_and_the_platform_see_only_the_rest_of_a_borrow(replay: Replay) -> None:
    # closed at 70: cash -300, 400 USDE bring 200; the fund pays 60 of the last 100
    rules = half(
        absorber=({"name": "fund", "cash": 60.0},), loss={"policy": "write_off"}, margin=steep()
    )
    result = replay(pledged({"USDE": 400.0}, {"BTC": [70.0], "USDE": [1.0]}, rules))
    (row,) = result.tables["shortfalls"]
    assert row["shortfall_usd"] == pytest.approx(100.0)
    assert row["paid_by_absorbers_usd"] == pytest.approx(60.0)
    assert row["written_off_usd"] == pytest.approx(40.0)


@on_both
def test_a_takeover_sells_all_collateral_and_moves_the_equity(replay: Replay) -> None:
    # equity 200 + 25 - 150 = 75 under a margin of 85
    rules = half(
        absorber=({"name": "vault", "cash": 5.0},),
        takeover={"below_mm_fraction": 1.0},
    )
    marks = {"BTC": [85.0], "USDE": [1.0], "WBTC": [100.0]}
    result = replay(pledged({"USDE": 400.0, "WBTC": 0.5}, marks, rules, volume=0.0))
    assert sales(result) == [("USDE", 400.0, 200.0), ("WBTC", 0.5, 25.0)]
    row = account(result, "a")
    assert (row["cash_end"], row["equity_end"]) == (0.0, 0.0)
    (vault,) = result.tables["absorbers"]
    assert vault["cash_usd"] == pytest.approx(80.0)
    assert open_size(result, "a") == 0.0
    assert result.tables["shortfalls"] == []


@on_both
def test_a_takeover_is_refused_by_the_equity_with_collateral(replay: Replay) -> None:
    # equity 200 - 250 = -50: the vault of 49 refuses, one of 50 accepts
    marks = {"BTC": [75.0], "USDE": [1.0]}
    for cash, left in ((49.0, 10.0), (50.0, 0.0)):
        rules = half(absorber=({"name": "vault", "cash": cash},), adl={"enabled": False})
        result = replay(pledged({"USDE": 400.0}, marks, rules, volume=0.0))
        assert open_size(result, "a") == left


@on_both
def test_a_winner_with_collateral_affords_a_worse_price(replay: Replay) -> None:
    # "w" is short 10 from 100 with cash -390: at 60 its equity is 10, and 210 with 400 USDE.
    # The price is the loser's bankruptcy price of 85, 25 a BTC: 210 afford 8.4 BTC.
    made = case(
        {"BTC": [60.0], "USDE": [1.0]},
        {"loser": 150.0, "w": -390.0},
        [Holding("loser", 10.0), Holding("w", -10.0)],
        Rules(collateral={"*": 0.5}),
        collateral=[("w", "USDE", 400.0)],
    )
    (fill,) = replay(made).tables["adl_fills"]
    assert fill["size"] == pytest.approx(8.4)


@on_both
@pytest.mark.parametrize(
    ("score", "expected"),
    [
        ("leverage", 10.0),
        ("hyperliquid", 11.0),
        ("margin_ratio * unit_notional", 1000.0),
        ("unit_upnl + cash - equity + mm", 0.0),
    ],
)
def test_the_score_of_a_winner_with_collateral_reads_the_whole_equity_in(
    replay: Replay, score: str, expected: float
) -> None:
    # "w": short 10 from 110, cash -100, 200 USDE: equity 100 of 1000 notional
    made = case(
        {"BTC": [100.0], "USDE": [1.0]},
        {"loser": -200.0, "w": -100.0},
        [Holding("loser", 10.0, entry=100.0), Holding("w", -10.0, entry=110.0)],
        Rules(collateral={"*": 0.5}, adl={"score": score, "price": "mark"}),
        collateral=[("w", "USDE", 200.0)],
    )
    (fill,) = replay(made).tables["adl_fills"]
    assert fill["score"] == pytest.approx(expected)


@on_both
@pytest.mark.parametrize(
    ("quantity", "paid"),
    [(2.0, 151.0), (200.0, 250.0), (400.0, 350.0), (4000.0, 350.0)],
    ids=[
        "all but a margin of 199",
        "all but half of it",
        "all of its cash",
        "no more than its cash",
    ],
)
def test_an_account_with_350_in_cash_and_twice_a_margin_of_100_to_keep_withdraws(
    replay: Replay, quantity: float, paid: float
) -> None:
    made = pledged(
        {"USDE": quantity},
        {"BTC": [100.0], "USDE": [1.0]},
        half(),
        cash={"a": 350.0},
        flows=[(0, "a", "withdrawal", 1000.0)],
    )
    assert account(replay(made), "a")["withdrawals_usd"] == pytest.approx(paid)


@on_both
def test_settled_profit_leaves_collateral_out(replay: Replay) -> None:
    # equity 1000 + 100 + 100 = 1200, margin 110: 980 free; cash and settled profit are 200
    rules = half(pnl_settlement_s=1.0)
    made = pledged(
        {"USDE": 2000.0},
        {"BTC": [110.0], "USDE": [1.0]},
        rules,
        cash={"a": 100.0},
        flows=[(0, "a", "withdrawal", 5000.0)],
    )
    assert account(replay(made), "a")["withdrawals_usd"] == pytest.approx(200.0)


@on_both
def test_a_share_of_losses_beyond_cash_is_a_borrow_of_the_next_step(replay: Replay) -> None:
    # The debtor loses 25 at 60; "idle" holds 10 in cash and 20 in USDE, a third of all equity
    rules = Rules(
        liquidation=NO_LIMIT,
        loss={"policy": "share", "basis": "equity"},
        collateral={"*": 0.5},
    )
    made = case(
        {"BTC": [100.0, 60.0, 60.0], "USDE": [1.0, 1.0, 0.8]},
        {"debtor": 15.0, "idle": 10.0},
        [Holding("debtor", 1.0)],
        rules,
        volume=PLENTY,
        collateral=[("idle", "USDE", 40.0)],
    )
    result = replay(made)
    assert [(r["account"], r["amount_usd"]) for r in result.tables["loss_shares"]] == [
        ("idle", pytest.approx(25.0))
    ]
    (sale,) = result.tables["collateral_sales"]
    assert (sale["step"], sale["quantity"]) == (2, pytest.approx(37.5))
    assert account(result, "idle")["cash_end"] == 0.0


@on_both
def test_a_haircut_counts_cash_and_not_collateral(replay: Replay) -> None:
    rules = half(liquidation=NO_LIMIT, loss={"policy": "withdrawal_haircut"})
    made = case(
        {"BTC": [100.0, 60.0, 60.0], "USDE": [1.0] * 3},
        {"debtor": 15.0, "w": 75.0},
        [Holding("debtor", 1.0)],
        rules,
        volume=PLENTY,
        flows=[(2, "w", "withdrawal", 40.0)],
        collateral=[("w", "USDE", 1000.0)],
    )
    assert account(replay(made), "w")["loss_share_usd"] == pytest.approx(10.0)
