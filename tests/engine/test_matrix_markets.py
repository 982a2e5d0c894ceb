"""Section 8 on both implementations: funds by open interest, by market, and one a market.

Unless said otherwise lou, long 1 BTC and 1 ETH at 100 with cash 30, stands at -10 when both gap to
80: half of his margin of 16 is in each, and so half of what he owes.
"""

import pytest

from tests.reference.adapter import Replay, on_both
from tests.reference.cases import PLENTY, Holding, Rules, account, case, fills, open_size
from tests.reference.model import Case, Row
from tests.reference.replay import Result

NO_LIMIT: Row = {"limit": "none"}


def fund(name: str, cash: float, *markets: str, **rules: object) -> Row:
    listed: Row = {"markets": list(markets)} if markets else {}
    return {"name": name, "cash": cash, **listed, **rules}


def lou(*absorbers: Row, cash: float = 30.0, volume: float = 0.0, **rules: Row) -> Case:
    return case(
        {"BTC": [100.0, 80.0], "ETH": [100.0, 80.0]},
        {"lou": cash},
        [Holding("lou", 1.0), Holding("lou", 1.0, market="ETH")],
        Rules(absorber=absorbers, **rules),
        volume=[0.0, volume],
    )


def cash_of(result: Result) -> dict[str, float]:
    """What each absorber has in cash at the end."""
    return {row["absorber"]: row["cash_usd"] for row in result.tables["absorbers"]}


def takers(result: Result) -> dict[str, str]:
    return {row["market"]: row["counterparty"] for row in fills(result, "takeover")}


@on_both
@pytest.mark.parametrize(
    ("absorbers", "taken_by", "cash"),
    [
        ([fund("f", 10.0)], {"BTC": "f", "ETH": "f"}, {"f": 0.0}),
        ([fund("f", 9.5)], {}, {"f": 9.5}),
        ([fund("f", 10.0, "BTC", "ETH")], {"BTC": "f", "ETH": "f"}, {"f": 0.0}),
        ([fund("f", 9.5, "BTC", "ETH")], {}, {"f": 9.5}),
        ([fund("b", 5.0, "BTC")], {"BTC": "b"}, {"b": 0.0}),
        ([fund("b", 4.5, "BTC")], {}, {"b": 4.5}),
        ([fund("s", 50.0, "SOL")], {}, {"s": 50.0}),
        (
            [fund("b", 5.0, "BTC"), fund("e", 5.0, "*")],
            {"BTC": "b", "ETH": "e"},
            {"b": 0.0, "e": 0.0},
        ),
        (
            [fund("b", 4.5, "BTC"), fund("all", 10.0)],
            {"BTC": "all", "ETH": "all"},
            {"b": 4.5, "all": 0.0},
        ),
        (
            [fund("b", 5.0, "BTC"), fund("all", 5.0)],
            {"BTC": "b", "ETH": "all"},
            {"b": 0.0, "all": 0.0},
        ),
        (
            [fund("all", 9.5), fund("b", 5.0, "BTC")],
            {"BTC": "b"},
            {"all": 9.5, "b": 0.0},
        ),
        (
            [fund("b", 50.0, "BTC", max_notional=79.0), fund("e", 50.0, "ETH", max_notional=80.0)],
            {"ETH": "e"},
            {"b": 50.0, "e": 45.0},
        ),
    ],
    ids=[
        "one for all, with just enough",
        "one for all, with too little",
        "one that lists both, with just enough",
        "one that lists both, with too little",
        "one of BTC, with just its half",
        "one of BTC, with less than its half",
        "one of a market that he is not in",
        "one of BTC and one of the others",
        "one of BTC that refuses before one for all",
        "one of BTC before one for all that has just the rest",
        "one for all that refuses before one of BTC",
        "one of BTC that has no room and one of ETH that just has",
    ],
)
def test_a_unit_in_two_markets_is_offered_to(
    replay: Replay, absorbers: list[Row], taken_by: dict[str, str], cash: dict[str, float]
) -> None:
    result = replay(lou(*absorbers))
    assert takers(result) == taken_by
    assert cash_of(result) == pytest.approx(cash)
    row, left = account(result, "lou"), 2 - len(taken_by)
    assert row["equity_end"] == pytest.approx(-5.0 * left)
    assert row["cash_end"] == pytest.approx(15.0 * left)
    assert row["realised_pnl_usd"] == pytest.approx(-20.0 * len(taken_by))
    assert row["ended_underwater"] == (left > 0)
    assert open_size(result, "lou") == (0.0 if "BTC" in taken_by else 1.0)


@on_both
def test_the_part_that_is_refused_goes_on_to_adl_at_its_own_bankruptcy_price(
    replay: Replay,
) -> None:
    given = case(
        {"BTC": [100.0, 80.0], "ETH": [100.0, 80.0]},
        {"lou": 30.0, "win": PLENTY},
        [
            Holding("lou", 1.0),
            Holding("lou", 1.0, market="ETH"),
            Holding("win", -1.0),
            Holding("win", -1.0, market="ETH"),
        ],
        Rules(absorber=(fund("b", 5.0, "BTC"),)),
    )
    result = replay(given)
    (closed,) = result.tables["adl_fills"]
    assert (closed["market"], closed["price"]) == ("ETH", pytest.approx(85.0))
    assert account(result, "lou")["equity_end"] == pytest.approx(0.0)
    assert result.tables["shortfalls"] == []
    assert result.deficit_usd == pytest.approx(5.0)


@on_both
def test_a_part_of_a_unit_with_equity_is_taken_early_and_the_rest_waits(replay: Replay) -> None:
    early = {"below_mm_fraction": 1.0}
    result = replay(lou(fund("b", 0.0, "BTC"), cash=48.0, takeover=early))
    assert takers(result) == {"BTC": "b"}  # 8 of equity, 4 of it with BTC
    assert cash_of(result) == pytest.approx({"b": 4.0})
    assert account(result, "lou")["equity_end"] == pytest.approx(4.0)
    assert account(result, "lou")["cash_end"] == pytest.approx(24.0)


@on_both
def test_equity_goes_by_margin_not_by_notional(replay: Replay) -> None:
    tables = {
        "BTC": {"kind": "tiers", "tiers": [{"from": 0.0, "rate": 0.3}]},
        "*": {"kind": "tiers", "tiers": [{"from": 0.0, "rate": 0.1}]},
    }
    result = replay(lou(fund("b", 50.0, "BTC"), margin=tables))
    assert cash_of(result) == pytest.approx({"b": 42.5})  # -10 x 24 / 32
    (taken,) = fills(result, "takeover")
    assert taken["bankruptcy_price"] == pytest.approx(87.5)


@on_both
def test_collateral_is_sold_whole_before_a_part_of_it_moves(replay: Replay) -> None:
    given = case(
        {"BTC": [100.0, 80.0], "ETH": [100.0, 80.0], "USDE": [1.0, 1.0]},
        {"lou": 20.0},
        [Holding("lou", 1.0), Holding("lou", 1.0, market="ETH")],
        Rules(absorber=(fund("b", 50.0, "BTC"),), collateral={"USDE": 0.5}),
        collateral=[("lou", "USDE", 20.0)],
    )
    result = replay(given)
    (sale,) = result.tables["collateral_sales"]
    assert (sale["quantity"], sale["proceeds_usd"]) == (20.0, 10.0)
    assert cash_of(result) == pytest.approx({"b": 45.0})
    assert account(result, "lou")["cash_end"] == pytest.approx(15.0)


@on_both
@pytest.mark.parametrize(
    ("absorbers", "paid", "cash"),
    [
        ([fund("f", 50.0)], 10.0, {"f": 40.0}),
        ([fund("b", 50.0, "BTC")], 5.0, {"b": 45.0}),
        ([fund("b", 3.0, "BTC")], 3.0, {"b": 0.0}),
        ([fund("b", 3.0, "BTC"), fund("e", 50.0, "*")], 8.0, {"b": 0.0, "e": 45.0}),
        ([fund("b", 3.0, "BTC"), fund("all", 50.0)], 10.0, {"b": 0.0, "all": 43.0}),
        ([fund("s", 50.0, "SOL")], 0.0, {"s": 50.0}),
        ([fund("b", 50.0, "BTC", pays_shortfall=False)], 0.0, {"b": 50.0}),
    ],
    ids=[
        "one for all",
        "one of BTC",
        "one of BTC with too little",
        "one of BTC with too little and one of the others",
        "one of BTC with too little and one for all",
        "one of another market",
        "one of BTC that does not pay",
    ],
)
def test_a_shortfall_of_two_markets_falls_to(
    replay: Replay, absorbers: list[Row], paid: float, cash: dict[str, float]
) -> None:
    takes_nothing = [{**one, "max_notional": 0.0} for one in absorbers]
    result = replay(lou(*takes_nothing, volume=80.0, liquidation=NO_LIMIT))
    (row,) = result.tables["shortfalls"]
    assert row["shortfall_usd"] == pytest.approx(10.0)
    assert row["paid_by_absorbers_usd"] == pytest.approx(paid)
    assert row["carried_usd"] == pytest.approx(10.0 - paid)
    assert cash_of(result) == pytest.approx(cash)


@on_both
def test_only_what_is_closed_in_the_last_step_counts_for_a_shortfall(replay: Replay) -> None:
    given = case(
        {"BTC": [100.0, 80.0, 80.0], "ETH": [100.0, 80.0, 80.0]},
        {"lou": 30.0},
        [Holding("lou", 2.0), Holding("lou", 1.0, market="ETH")],
        Rules(absorber=(fund("b", 50.0, "BTC", max_notional=0.0),), liquidation=NO_LIMIT),
    )
    volume = [[0.0, 0.0], [160.0, 0.0], [0.0, 80.0]]  # BTC first, then ETH
    result = replay(Case(**{**vars(given), "volume_usd": volume}))
    (row,) = result.tables["shortfalls"]
    assert (row["step"], row["paid_by_absorbers_usd"]) == (2, 0.0)
    assert cash_of(result) == {"b": 50.0}


@on_both
@pytest.mark.parametrize("markets", [(), ("*",)], ids=["one for all", "one that lists the others"])
def test_a_shortfall_of_no_market_falls_to(replay: Replay, markets: tuple[str, ...]) -> None:
    given = case([100.0], {"lou": -10.0}, [], Rules(absorber=(fund("f", 50.0, *markets),)))
    result = replay(given)
    assert cash_of(result) == {"f": 50.0 if markets else 40.0}


@on_both
@pytest.mark.parametrize(
    ("markets", "receiver"),
    [(("BTC",), "f"), ((), "f"), (("ETH",), "platform")],
    ids=["of the market", "of all", "of another market"],
)
def test_a_fee_in_btc_beside_a_fund(
    replay: Replay, markets: tuple[str, ...], receiver: str
) -> None:
    rules = Rules(absorber=(fund("f", 0.0, *markets),), liquidation={"fee_rate": 0.01})
    given = case([100.0], {"a": 5.0}, [Holding("a", 1.0)], rules, volume=100.0)
    result = replay(given)
    assert cash_of(result) == pytest.approx({"f": 1.0 if receiver == "f" else 0.0})
    assert result.platform_cash_usd == pytest.approx(1.0 if receiver == "platform" else 0.0)


@on_both
@pytest.mark.parametrize(
    ("listed", "first", "second"),
    [
        ((["BTC"], ["*"]), {"BTCUSDT"}, {"ETH"}),
        ((["BTCUSDT"], ["BTC", "ETH"]), {"BTCUSDT"}, {"ETH"}),
        ((["BTC", "ETH"], ["BTC", "*"]), {"BTCUSDT", "ETH"}, set()),
        ((["*"], None), {"BTCUSDT", "ETH"}, set()),
    ],
    ids=[
        "others are those that nobody lists",
        "the exact name counts before the base",
        "who comes first is asked first",
        "one for all comes after",
    ],
)
def test_two_funds_of_which(
    replay: Replay, listed: tuple[list[str] | None, ...], first: set[str], second: set[str]
) -> None:
    absorbers = tuple(
        {"name": name, "cash": 50.0, "markets": markets}
        for name, markets in zip(("first", "second"), listed, strict=True)
    )
    given = case(
        {"BTCUSDT": [80.0], "ETH": [80.0]},
        {"a": 15.0, "b": 15.0},
        [Holding("a", 1.0, market="BTCUSDT"), Holding("b", 1.0, market="ETH")],
        Rules(absorber=absorbers),
    )
    taken = takers(replay(given))
    assert {market for market, name in taken.items() if name == "first"} == first
    assert {market for market, name in taken.items() if name == "second"} == second


# BTC: longs 3, shorts 1 at 100; ETH: longs 1, shorts 2 (one isolated) at 50.
INTEREST_USD = {"BTC": 300.0, "ETH": 100.0}


def sized(*absorbers: Row) -> Case:
    return case(
        {"BTC": [100.0, 110.0], "ETH": [50.0, 60.0], "SOL": [1.0, 1.0]},
        dict.fromkeys("abc", 1000.0),
        [
            Holding("a", 3.0),
            Holding("b", -1.0),
            Holding("a", 1.0, market="ETH"),
            Holding("b", -1.0, market="ETH"),
            Holding("c", -1.0, market="ETH", margin=1000.0),
        ],
        Rules(absorber=absorbers),
    )


@on_both
@pytest.mark.parametrize(
    ("rules", "cash"),
    [
        ({"cash_frac_oi": 0.5}, {"f": 200.0}),
        ({"cash_frac_oi": 0.0}, {"f": 0.0}),
        ({"cash_frac_oi": 0.5, "markets": ["BTC"]}, {"f": 150.0}),
        ({"cash_frac_oi": 0.5, "markets": ["SOL"]}, {"f": 0.0}),
        ({"cash": 80.0, "per": "market"}, {"f BTC": 60.0, "f ETH": 20.0}),
        ({"cash_frac_oi": 0.5, "per": "market"}, {"f BTC": 150.0, "f ETH": 50.0}),
        ({"cash": 80.0, "per": "market", "markets": ["ETH", "SOL"]}, {"f ETH": 80.0}),
        ({"cash": 80.0, "per": "market", "markets": ["SOL"]}, {}),
    ],
    ids=[
        "a fraction of all open interest",
        "a fraction of 0",
        "a fraction of its market's",
        "a fraction of a market in which nobody is",
        "cash shared over the markets",
        "a fraction in each market",
        "cash for the only one of its markets in which anybody is",
        "cash for a market in which nobody is",
    ],
)
def test_a_fund_starts_with(replay: Replay, rules: Row, cash: dict[str, float]) -> None:
    assert cash_of(replay(sized({"name": "f", **rules}))) == pytest.approx(cash)


@on_both
def test_a_market_has_its_share_of_floor_and_bound(replay: Replay) -> None:
    """Of the floor of 40 and the bound of 160 BTC's fund has a quarter: 50 may fall to 10."""
    absorber = fund("f", 200.0, per="market", floor=40.0, max_notional=160.0)
    given = case(
        {"BTC": [100.0, 40.0], "ETH": [100.0, 100.0]},
        {"a": 20.0, "b": 1000.0},
        [Holding("a", 1.0), Holding("b", 3.0, market="ETH")],
        Rules(absorber=(absorber,)),
    )
    result = replay(given)
    assert takers(result) == {"BTC": "f BTC"}
    assert cash_of(result) == pytest.approx({"f BTC": 10.0, "f ETH": 150.0})
    for change in ({"floor": 40.5}, {"max_notional": 159.0}):
        assert takers(replay(_with(given, {**absorber, **change}))) == {}


def _with(given: Case, absorber: Row) -> Case:
    return Case(**{**vars(given), "venue": {**given.venue, "absorber": [absorber]}})


@on_both
def test_a_fund_of_its_market_follows_its_own_peak(replay: Replay) -> None:
    """Half of its own 50, not of the 200 of all: 20 is less, and b waits under water."""
    absorber = fund("f", 200.0, per="market", max_drawdown_frac=0.5)
    given = case(
        {"BTC": [100.0, 40.0], "ETH": [100.0, 100.0]},
        {"a": 30.0, "b": 1000.0},
        [Holding("a", 1.0), Holding("b", 3.0, market="ETH")],
        Rules(absorber=(absorber,)),
    )
    result = replay(given)
    assert takers(result) == {}
    assert account(result, "a")["ended_underwater"]
