"""Every venue's REST, spoken by a loopback server, through the real ccxt classes."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from crashsim.data.pull.client import open_exchange
from crashsim.data.pull.errand import Pulled, plan, pull
from crashsim.data.pull.feeds import FEEDS
from crashsim.data.retry import Retry
from crashsim.data.store.datasets import Window
from crashsim.data.store.store import Store, open_store

START = int(datetime(2025, 10, 10, 20, tzinfo=UTC).timestamp() * 1000)
END = int(datetime(2025, 10, 11, 0, tzinfo=UTC).timestamp() * 1000)
NIGHT = Window(START, END)
CASES = [(feed.name, series) for feed in FEEDS.values() for series in feed.series]


def now() -> datetime:
    return datetime(2026, 11, 22, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(tmp_path / "store")


def run(
    name: str,
    series: str,
    store: Store,
    client_of: Any,
    retry: Retry,
    window: Window = NIGHT,
) -> Pulled:
    (done,) = pull(plan([name], ["BTCUSDT"], [series], window), store, client_of, retry, now)
    return done


def expected(time_ms: int) -> tuple[float, ...]:
    step = time_ms // 60_000 % 97
    return (100.0 + step, 110.0 + step, 90.0 + step, 101.0 + step, 2.0 + step, 200.0 + step)


@pytest.mark.parametrize(("name", "series"), [c for c in CASES if c[1] != "funding"])
def test_every_minute_of_the_window_lands_and_nothing_else(
    name: str, series: str, store: Store, venue: Any, client_of: Any, retry: Retry
) -> None:
    done = run(name, series, store, client_of, retry)
    rows = store.read(name, "BTCUSDT", series, 0, 2**60)
    times = rows["time"].dt.epoch("ms").to_list()
    assert times == list(range(START, END, 60_000))
    assert (done.rows, done.missing, done.duplicates, done.failure) == (240, (), 0, None)
    pages = -(-240 // FEEDS[name].pages[series])
    assert done.calls == len(venue.requests) == pages


@pytest.mark.parametrize("name", list(FEEDS))
def test_prices_and_both_volumes_are_the_venues_own(
    name: str, store: Store, client_of: Any, retry: Retry
) -> None:
    run(name, "last", store, client_of, retry)
    row = store.read(name, "BTCUSDT", "last", START + 60_000, START + 120_000).row(0, named=True)
    o, h, low, c, base, quote = expected(START + 60_000)
    assert (row["open"], row["high"], row["low"], row["close"]) == (o, h, low, c)
    feed = FEEDS[name]
    assert row["volume"] == (base if feed.volume == "base" else None)
    assert row["volume_usd"] == (None if feed.quote_volume is None else quote)


@pytest.mark.parametrize(("name", "series"), [c for c in CASES if c[1] in ("mark", "index")])
def test_mark_and_index_candles_carry_no_volume(
    name: str, series: str, store: Store, client_of: Any, retry: Retry
) -> None:
    run(name, series, store, client_of, retry)
    rows = store.read(name, "BTCUSDT", series, START, END)
    assert rows["volume"].null_count() == rows["volume_usd"].null_count() == rows.height


@pytest.mark.parametrize("name", [name for name, series in CASES if series == "funding"])
def test_funding_at_the_end_of_the_window_belongs_to_it(
    name: str, store: Store, client_of: Any, retry: Retry
) -> None:
    done = run(name, "funding", store, client_of, retry)
    rows = store.read(name, "BTCUSDT", "funding", 0, 2**60)
    assert rows["time"].dt.epoch("ms").to_list() == [END]
    assert rows["funding_rate"].to_list() == pytest.approx([0.0001])
    assert done.failure is None


@pytest.mark.parametrize("name", [name for name, series in CASES if series == "funding"])
def test_a_window_between_two_fundings_is_empty_and_not_an_error(
    name: str, store: Store, client_of: Any, retry: Retry
) -> None:
    quiet = Window(START + 3_600_000, START + 7_200_000)
    done = run(name, "funding", store, client_of, retry, quiet)
    assert (done.rows, done.failure) == (0, None)


def test_the_index_is_asked_in_each_venues_own_words(
    store: Store, venue: Any, client_of: Any, retry: Retry
) -> None:
    for name in ("binance", "okx", "backpack", "paradex"):
        run(name, "index", store, client_of, retry)
    asked = dict(venue.requests)
    assert asked["/fapi/v1/indexPriceKlines"]["pair"] == "BTCUSDT"
    assert asked["/api/v5/market/history-index-candles"]["instId"] == "BTC-USDT"
    assert asked["/api/v1/klines"]["priceType"] == "Index"
    assert asked["/v1/markets/klines"]["price_kind"] == "underlying"


def test_ccxt_keeps_to_the_venues_rate_limit() -> None:
    for feed in FEEDS.values():
        exchange = open_exchange(feed)
        assert exchange.enableRateLimit
        assert exchange.rateLimit > 0
        assert exchange.session.trust_env


def test_where_rows_came_from_is_recorded_without_the_question(
    store: Store, venue: Any, client_of: Any, retry: Retry
) -> None:
    run("binance", "last", store, client_of, retry)
    (info,) = store.datasets()
    assert {part.place for part in info.parts} == {f"{venue.url}/fapi/v1/klines"}
    assert {part.retrieved_at for part in info.parts} == {"2026-11-22T00:00:00Z"}


def test_the_stored_frame_has_utc_times(store: Store, client_of: Any, retry: Retry) -> None:
    run("binance", "last", store, client_of, retry)
    frame = store.read("binance", "BTCUSDT", "last", START, END)
    assert frame.schema["time"] == pl.Datetime("ms", "UTC")
