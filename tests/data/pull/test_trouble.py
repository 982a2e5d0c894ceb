"""Answers that are not data, and pulls that stop in the middle: what is asked again, what ends."""

from collections import deque
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlparse

import pytest

from crashsim.data.errors import NetworkError
from crashsim.data.pull.errand import Ask, Pulled, plan, pull
from crashsim.data.pull.feeds import FEEDS
from crashsim.data.pull.rehearsal import rehearse
from crashsim.data.retry import Retry
from crashsim.data.store.datasets import Window
from crashsim.data.store.store import Store, open_store
from crashsim.scenarios.errors import InputError

MINUTE = 60_000
START = int(datetime(2025, 10, 10, 20, tzinfo=UTC).timestamp() * 1000)
NIGHT = Window(START, START + 240 * MINUTE)
LAST_AND_FUNDING = [
    (feed.name, series)
    for feed in FEEDS.values()
    for series in ("last", "funding")
    if series in feed.series
]
HTML = "<html><body>Just a moment...</body></html>"


def now() -> datetime:
    return datetime(2026, 11, 22, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(tmp_path / "store")


@pytest.fixture
def run(store: Store, client_of: Any, retry: Retry) -> Any:
    def pull_one(name: str, series: str = "last", window: Window = NIGHT) -> Pulled:
        (done,) = pull(plan([name], ["BTCUSDT"], [series], window), store, client_of, retry, now)
        return done

    return pull_one


@pytest.fixture
def fault(venue: Any) -> Any:
    def put(
        status: int = 200, body: str = "", times: int = 1, after: int = 0, **headers: str
    ) -> None:
        from dataclasses import dataclass

        @dataclass(frozen=True)
        class Fault:
            status: int
            body: str
            headers: tuple[tuple[str, str], ...]

        named = tuple((key.replace("_", "-"), value) for key, value in headers.items())
        venue.faults = deque([None] * after + [Fault(status, body, named)] * times)

    return put


@pytest.mark.parametrize("status", [429, 500, 503])
@pytest.mark.parametrize("name", list(FEEDS))
def test_a_passing_failure_is_asked_again(
    name: str, status: int, run: Any, fault: Any, venue: Any, clock: Any
) -> None:
    fault(status, "busy", times=2)
    done = run(name)
    assert (done.rows, done.missing) == (240, ())
    assert len(clock.waits) == 2
    assert 0.5 <= clock.waits[0] < 1.0 <= clock.waits[1] < 2.0


@pytest.mark.parametrize("name", list(FEEDS))
def test_a_cut_connection_is_asked_again(name: str, run: Any, fault: Any, clock: Any) -> None:
    fault(0)
    assert run(name).rows == 240
    assert len(clock.waits) == 1


@pytest.mark.parametrize("body", [HTML, "null", ""])
@pytest.mark.parametrize(("name", "series"), LAST_AND_FUNDING)
def test_a_page_that_is_not_data_is_asked_again_and_never_taken_for_an_empty_one(
    name: str, series: str, body: str, run: Any, fault: Any, venue: Any, store: Store
) -> None:
    fault(200, body)
    assert run(name, series).failure is None
    venue.requests.clear()
    fault(200, body, times=100)
    with pytest.raises(NetworkError, match="gave up after 4 attempts"):
        run(name, series, Window(START - 3_600_000, START))
    assert len(venue.requests) == 4


@pytest.mark.parametrize(("name", "series"), LAST_AND_FUNDING)
def test_an_unexpected_object_is_never_taken_for_an_empty_page(
    name: str, series: str, run: Any, fault: Any
) -> None:
    fault(200, '{"hello": 1}', times=100)
    try:
        said = run(name, series).failure
    except NetworkError as error:
        said = str(error)
    assert said is not None
    assert "not data" in said or "refused with HTTP 200" in said


def test_the_waits_grow_and_are_the_same_for_the_same_seed(
    fault: Any, run: Any, clock: Any
) -> None:
    fault(500, times=9)
    with pytest.raises(NetworkError, match=r"HTTP 500; gave up after 4 attempts"):
        run("binance")
    first = list(clock.waits)
    assert first == sorted(first)
    assert first == pytest.approx([0.8184808, 1.2697867, 2.0819471])


def test_the_wait_that_a_venue_names_is_kept(fault: Any, run: Any, clock: Any) -> None:
    fault(429, "slow down", Retry_After="17")
    assert run("binance").rows == 240
    assert clock.waits == [17.0]


def test_a_wait_of_an_hour_ends_the_pull_with_the_advice(fault: Any, run: Any, clock: Any) -> None:
    fault(429, "slow down", Retry_After="3600")
    with pytest.raises(NetworkError, match=r"asks for a wait of 3600 s: run the command again"):
        run("binance")
    assert clock.waits == []


@pytest.mark.parametrize("name", list(FEEDS))
@pytest.mark.parametrize("status", [403, 404, 418, 451])
def test_a_refusal_ends_at_once(
    name: str, status: int, run: Any, fault: Any, venue: Any, clock: Any
) -> None:
    fault(status, "no", times=9)
    with pytest.raises(NetworkError, match=f"HTTP {status}"):
        run(name)
    assert len(venue.requests) == 1
    assert clock.waits == []


@pytest.mark.parametrize("status", [403, 404, 451])
def test_a_refusal_names_the_archive_that_has_the_same(status: int, run: Any, fault: Any) -> None:
    fault(status, "no")
    with pytest.raises(NetworkError, match="crashsim data fetch binance-klines"):
        run("binance")


def test_a_ban_says_how_long_to_ask_nothing(run: Any, fault: Any) -> None:
    fault(418, "banned", Retry_After="900")
    with pytest.raises(NetworkError, match=r"banned for too many requests. Ask nothing for 900 s"):
        run("binance")


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("binance", '{"code": -1121, "msg": "Invalid symbol."}'),
        ("bybit", '{"retCode": 10001, "retMsg": "Not supported symbols", "result": {}}'),
        ("okx", '{"code": "51001", "msg": "Instrument ID does not exist", "data": []}'),
    ],
)
def test_an_unknown_market_is_not_asked_again_and_stops_no_other(
    name: str, body: str, fault: Any, venue: Any, store: Store, client_of: Any, retry: Retry
) -> None:
    fault(400 if name == "binance" else 200, body)
    asks = plan([name], ["NEW", "BTC"], ["last"], NIGHT)
    new, btc = pull(asks, store, client_of, retry, now)
    assert (new.rows, new.calls) == (0, 1)
    assert "NEW" in str(new.failure)
    assert (btc.rows, btc.failure) == (240, None)


def test_a_rate_limit_told_with_status_200_is_asked_again(run: Any, fault: Any, clock: Any) -> None:
    fault(200, '{"retCode": 10006, "retMsg": "Too many visits!", "result": {}}')
    assert run("bybit").rows == 240
    assert len(clock.waits) == 1


@pytest.mark.parametrize("name", list(FEEDS))
def test_an_empty_page_is_an_error_of_its_series_and_stops_no_other(
    name: str, venue: Any, store: Store, client_of: Any, retry: Retry
) -> None:
    venue.absent = set(range(NIGHT.start_ms, NIGHT.end_ms, MINUTE))
    series = FEEDS[name].series
    done = pull(plan([name], ["BTCUSDT"], [], NIGHT), store, client_of, retry, now)
    assert [item.ask.series for item in done] == list(series)
    for item in done:
        if item.ask.series == "funding":
            assert item.failure is None
        else:
            assert item.failure is not None
            assert "with nothing between 2025-10-10 20:00 and" in item.failure
            assert item.calls == 2
            assert len(item.missing) == 1


def test_no_funding_in_the_hours_around_the_window_is_an_error_with_the_archive(
    run: Any, venue: Any
) -> None:
    venue.first_ms = NIGHT.end_ms + 48 * 3_600_000
    failure = run("okx", "funding").failure
    assert "the funding of recent months only" in failure
    assert "crashsim data fetch okx-funding" in failure


@pytest.mark.parametrize("name", list(FEEDS))
def test_a_short_page_is_asked_for_the_rest_until_it_is_whole(
    name: str, run: Any, venue: Any
) -> None:
    venue.cap = 70
    done = run(name)
    assert (done.rows, done.missing) == (240, ())
    assert done.calls > -(-240 // FEEDS[name].pages["last"])


@pytest.mark.parametrize("name", list(FEEDS))
def test_minutes_that_stay_away_are_asked_once_more_and_then_reported(
    name: str, run: Any, venue: Any, store: Store
) -> None:
    lost = START + 7 * MINUTE
    venue.absent = {lost, lost + MINUTE, START + 90 * MINUTE}
    done = run(name)
    assert done.missing == (
        Window(lost, lost + 2 * MINUTE),
        Window(START + 90 * MINUTE, START + 91 * MINUTE),
    )
    assert (done.rows, done.failure) == (237, None)
    again = run(name)
    assert (again.calls, again.missing) == (0, done.missing)


def test_an_identical_row_that_comes_twice_is_dropped_and_counted(run: Any, venue: Any) -> None:
    venue.repeat = START + 5 * MINUTE
    done = run("binance")
    assert (done.rows, done.duplicates, done.missing) == (240, 1, ())


def test_two_different_candles_of_one_minute_are_an_error_and_nothing_is_kept(
    run: Any, venue: Any, store: Store
) -> None:
    venue.repeat, venue.contradict = START + 5 * MINUTE, True
    with pytest.raises(NetworkError, match=r"two different candles for 2025-10-10 20:05:00"):
        run("binance")
    assert store.datasets() == ()


def test_a_pull_that_was_cut_goes_on_where_it_stopped(
    run: Any, venue: Any, fault: Any, store: Store
) -> None:
    day = Window(START, START + 1000 * MINUTE)  # 4 pages of 300
    fault(500, times=9, after=2)
    with pytest.raises(NetworkError):
        run("okx", window=day)
    assert len(venue.requests) == 2 + 4
    landed = {part.start_ms for info in store.datasets() for part in info.parts}
    assert landed == {START, START + 300 * MINUTE}
    venue.faults.clear()
    venue.requests.clear()
    done = run("okx", window=day)
    assert (done.rows, done.calls, len(venue.requests)) == (1000, 2, 2)
    asked = [int(query["before"]) + 1 for _, query in venue.requests]
    assert asked == [START + 600 * MINUTE, START + 900 * MINUTE]


def test_a_whole_pull_run_again_asks_nothing(run: Any, venue: Any) -> None:
    for series in FEEDS["binance"].series:
        run("binance", series)
    before = len(venue.requests)
    for series in FEEDS["binance"].series:
        assert run("binance", series).calls == 0
    assert len(venue.requests) == before


def test_a_window_inside_minutes_is_widened_to_whole_ones() -> None:
    (ask,) = plan(["binance"], ["BTC"], ["last"], Window(START + 1, START + MINUTE + 1))
    assert ask.window == Window(START, START + 2 * MINUTE)


@pytest.mark.parametrize(
    ("venues", "series", "said"),
    [
        (["ftx"], [], "venue 'ftx' cannot be pulled; those that can: binance, bybit"),
        (["dydx"], ["mark"], "dYdX v4 serves no mark history; it has last, funding"),
        (["okx"], ["trades"], "series 'trades' is not one of last, mark, index, funding"),
    ],
)
def test_what_cannot_be_pulled_is_said_before_anything_is_asked(
    venues: list[str], series: list[str], said: str
) -> None:
    with pytest.raises(InputError, match=said):
        plan(venues, ["BTC"], series, NIGHT)


@pytest.mark.parametrize(
    ("name", "market", "symbol", "stored"),
    [
        ("binance", "BTCUSDT", "BTCUSDT", "BTCUSDT"),
        ("binance", "BTC/USDT:USDT", "BTCUSDT", "BTC/USDT:USDT"),
        ("bybit", "BTC_USDC_PERP", "BTCUSDT", "BTC_USDC_PERP"),
        ("okx", "BTC-PERP", "BTC-USDT-SWAP", "BTC-PERP"),
        ("backpack", "kBONK", "kBONK_USDC_PERP", "kBONK"),
        ("backpack", "1000BONKUSDT", "kBONK_USDC_PERP", "1000BONKUSDT"),
        ("binance", "kPEPE", "1000PEPEUSDT", "kPEPE"),
        ("okx", "1000PEPEUSDT", "PEPE-USDT-SWAP", "PEPE-USDT-SWAP"),
        ("deribit", "ETHUSDT", "ETH-PERPETUAL", "ETHUSDT"),
        ("deribit", "SOL", "SOL_USDC-PERPETUAL", "SOL"),
        ("dydx", "BTC", "BTC-USD", "BTC"),
        ("paradex", "ETHUSDT", "ETH-USD-PERP", "ETHUSDT"),
    ],
)
def test_a_market_has_each_venues_own_name_and_keeps_its_own_in_the_store(
    name: str, market: str, symbol: str, stored: str
) -> None:
    ask = Ask(FEEDS[name], market, "last", NIGHT)
    assert ask.name == f"{name} last {symbol}"
    assert ask.dataset.market == stored


def test_a_window_that_is_not_over_is_refused(run: Any, venue: Any) -> None:
    late = int(now().timestamp() * 1000)
    with pytest.raises(InputError, match="is not over yet"):
        run("binance", window=Window(late - MINUTE, late + MINUTE))
    assert venue.requests == []


@pytest.mark.parametrize("name", list(FEEDS))
def test_a_dry_run_names_the_very_questions_that_are_then_asked(
    name: str, store: Store, venue: Any, client_of: Any, retry: Retry
) -> None:
    asks = plan([name], ["BTCUSDT"], [], NIGHT)
    rehearsed = rehearse(asks, store)
    assert venue.requests == []
    pull(asks, store, client_of, retry, now)
    assert sum(len(item.open) for item in rehearsed) == len(venue.requests)
    asked = [(path, query) for path, query in venue.requests]
    for item in rehearsed:
        parts = urlparse(item.first_url)
        said = {key: values[0] for key, values in parse_qs(str(parts.query)).items()}
        assert (parts.path, said) in asked
        assert item.seconds > 0
    assert all(item.open == () and item.first_url is None for item in rehearse(asks, store))
