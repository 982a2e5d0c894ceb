"""Scenes of public bug reports of other projects, with the right value of each worked by hand."""

from collections.abc import Callable

import pytest

from tests.inputs.conftest import Case

Open = Callable[[str], Case]


def test_funding_of_the_store_reaches_the_tape_once(case: Open) -> None:
    # 21:02: 100 * 100 * 0.03 = 300, from the long to the short.
    at = case("funding-of-the-store-is-not-used")
    for file in ("ABCUSDT-1m-2025-10-10.csv", "ABCUSDT-fundingRate-2025-10.csv"):
        assert at.run("data", "import", file).code == 0
    done = at.run("replay", "scenario", "--out", "run")
    assert done.code == 0
    assert "yours funding rates of ABCUSDT: 1 in all." in done.out
    assert "funding paid, net $300.00" in done.out
    accounts = at.table("accounts")
    assert accounts.select("account", "funding_usd", "cash_end").rows() == [
        ("lon", -300.0, 6_700.0),
        ("sho", 300.0, 9_300.0),
    ]


def test_a_bar_of_a_thin_market_is_as_long_as_the_others(case: Open) -> None:
    at = case("thin-market-bars-stretched")
    done = at.run("replay", "scenario", "--out", "run")
    assert "THN has 2 gaps (240 s in all)" in done.out
    prices = at.table("prices_1m").filter(market="THN")
    assert prices["close"].to_list()[:3] == [70.0, 70.0, 70.0]
    assert prices["volume_usd"].to_list()[:4] == pytest.approx([60e3, 0.0, 0.0, 60e3])
    first = at.table("liquidations").filter(stage="book")["time"].min()
    assert f"{first:%H:%M:%S}" <= "21:00:40"


def test_prices_that_lasted_no_second_liquidate_nobody(case: Open) -> None:
    at = case("phantom-liquidation-from-sparse-trades")
    columns = "when=time,paid=price,n=size,way=side,id=trade_id"
    assert at.run("data", "import", "thin.csv", "--map", columns, "--market", "THN").code == 0
    assert at.run("replay", "scenario", "--out", "run").code == 0
    assert at.table("prices_1m")["low"].min() == 95.0
    accounts = at.table("accounts")
    assert not accounts["was_liquidated"].any() and not accounts["was_deleveraged"].any()
    assert accounts.filter(account="lon")["equity_end"].item() == pytest.approx(1_000.0)


def test_a_volume_of_mark_candles_that_is_0_was_not_measured(case: Open) -> None:
    done = case("mark-candles-with-volume-0").run("replay", "scenario", "--out", "run")
    assert done.code == 3 and "has no volume for ABC" in done.err


def test_a_minute_without_trades_has_volume_0(case: Open) -> None:
    at = case("mark-with-a-minute-without-trades")
    files = ("GMK_USDT_USDT-1m-mark.json", "GMK_USDT_USDT-1m-futures.json")
    assert at.run("data", "import", *files).code == 0
    assert at.run("replay", "scenario", "--out", "run").code == 0
    volume = at.table("prices_1m")["volume_usd"].to_list()
    assert len(volume) == 6 and volume[3] == 0.0 and min(volume[:3]) > 0.0


def test_a_tier_rate_of_5_is_one_sentence(case: Open) -> None:
    done = case("tier-rate-message").run("replay", "scenario", "--out", "run")
    assert done.code == 3
    assert done.err.count("found 5, expected a finite number at least 0 and at most 1") == 1
    assert "a percentage? 5 % is 0.05" in done.err and "a list of 1" not in done.err
