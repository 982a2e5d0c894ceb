"""A loopback server that speaks the REST of every venue in the table, and misbehaves on request."""

import json
import threading
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlparse

import ccxt
import pytest

from crashsim.data.pull.client import Client, open_exchange
from crashsim.data.pull.feeds import Feed
from crashsim.data.retry import Retry

MINUTE = 60_000
HOUR = 3_600_000


@dataclass(frozen=True)
class Fault:
    """What one request meets instead of data. status 0: the connection is cut."""

    status: int = 200
    body: str = ""
    headers: tuple[tuple[str, str], ...] = ()


@dataclass
class FakeVenue:
    """Candles of every minute and funding of every eighth hour, save what a test takes away."""

    faults: deque[Fault | None] = field(default_factory=deque)
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    absent: set[int] = field(default_factory=set)
    cap: int = 10_000
    repeat: int | None = None  # this minute comes twice; contradict: with another price
    contradict: bool = False
    first_ms: int = 0
    url: str = ""

    def minutes(self, first_ms: int, last_ms: int) -> list[int]:
        start = max(-(-first_ms // MINUTE) * MINUTE, self.first_ms)
        found = [t for t in range(start, last_ms + 1, MINUTE) if t not in self.absent]
        return sorted([*found, self.repeat]) if self.repeat in found else found

    def fundings(self, first_ms: int, last_ms: int) -> list[int]:
        start = max(-(-first_ms // (8 * HOUR)) * 8 * HOUR, self.first_ms)
        return list(range(start, last_ms + 1, 8 * HOUR))


def candle(time_ms: int) -> tuple[float, float, float, float, float, float]:
    """Open, high, low, close, base and quote volume of a minute: made up, different each minute."""
    step = time_ms // MINUTE % 97
    return 100.0 + step, 110.0 + step, 90.0 + step, 101.0 + step, 2.0 + step, 200.0 + step


def _text(time_ms: int) -> str:
    return datetime.fromtimestamp(time_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def _ms(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1000)


def _array(time_ms: int, middle: list[Any]) -> list[Any]:
    o, h, low, c, v, q = (str(x) for x in candle(time_ms))
    return [time_ms, o, h, low, c, v, *middle, q]


def _binance(venue: FakeVenue, q: dict[str, str]) -> list[Any]:
    times = venue.minutes(int(q["startTime"]), int(q["endTime"]))
    return [_array(t, [t + 59_999]) for t in times[: min(int(q["limit"]), venue.cap)]]


def _binance_funding(venue: FakeVenue, q: dict[str, str]) -> list[Any]:
    times = venue.fundings(int(q["startTime"]), int(q["endTime"]))
    row = {"symbol": q["symbol"], "fundingRate": "0.0001"}
    return [{**row, "fundingTime": t} for t in times]


def _bybit(venue: FakeVenue, q: dict[str, str]) -> dict[str, Any]:
    times = venue.minutes(int(q["start"]), int(q["end"]))[-min(int(q["limit"]), venue.cap) :]
    rows = [[str(x) for x in _array(t, [])] for t in reversed(times)]
    return {"retCode": 0, "retMsg": "OK", "result": {"symbol": q["symbol"], "list": rows}}


def _bybit_funding(venue: FakeVenue, q: dict[str, str]) -> dict[str, Any]:
    times = venue.fundings(int(q["startTime"]), int(q["endTime"]))
    rows = [
        {"symbol": q["symbol"], "fundingRate": "0.0001", "fundingRateTimestamp": str(t)}
        for t in reversed(times)
    ]
    return {"retCode": 0, "retMsg": "OK", "result": {"category": "linear", "list": rows}}


def _okx(venue: FakeVenue, q: dict[str, str]) -> dict[str, Any]:
    times = venue.minutes(int(q["before"]) + 1, int(q["after"]) - 1)
    newest = times[-min(int(q["limit"]), venue.cap) :]
    rows = []
    for t in reversed(newest):
        o, h, low, c, v, quote = (str(x) for x in candle(t))
        rows.append([str(t), o, h, low, c, "777", v, quote, "1"])  # 777: contracts, not base
    return {"code": "0", "msg": "", "data": rows}


def _okx_funding(venue: FakeVenue, q: dict[str, str]) -> dict[str, Any]:
    times = venue.fundings(int(q["before"]) + 1, int(q["after"]) - 1)
    rows = [
        {"instId": q["instId"], "fundingRate": "9", "realizedRate": "0.0001", "fundingTime": str(t)}
        for t in reversed(times)
    ]
    return {"code": "0", "msg": "", "data": rows}


def _backpack(venue: FakeVenue, q: dict[str, str]) -> list[Any]:
    rows = []
    for t in venue.minutes(int(q["startTime"]) * 1000, int(q["endTime"]) * 1000):
        o, h, low, c, v, quote = (str(x) for x in candle(t))
        start = _text(t)[:19].replace("T", " ")
        prices = {"open": o, "high": h, "low": low, "close": c}
        rows.append({"start": start, **prices, "volume": v, "quoteVolume": quote, "trades": "3"})
    return rows[: venue.cap]


def _deribit(venue: FakeVenue, q: dict[str, str]) -> dict[str, Any]:
    first = int(q["start_timestamp"]) // MINUTE * MINUTE  # the candle that holds the start, too
    times = venue.minutes(first, int(q["end_timestamp"]))[: venue.cap]
    names = ("open", "high", "low", "close", "volume", "cost")
    columns = {n: [candle(t)[i] for t in times] for i, n in enumerate(names)}
    return {"jsonrpc": "2.0", "result": {"status": "ok", "ticks": times, **columns}}


def _deribit_funding(venue: FakeVenue, q: dict[str, str]) -> dict[str, Any]:
    times = venue.fundings(int(q["start_timestamp"]), int(q["end_timestamp"]))
    rows = [{"timestamp": t, "interest_1h": 0.0001, "interest_8h": 0.0008} for t in times]
    return {"jsonrpc": "2.0", "result": rows}


def _dydx(venue: FakeVenue, q: dict[str, str]) -> dict[str, Any]:
    times = venue.minutes(_ms(q["fromIso"]), _ms(q["toIso"]))[-min(int(q["limit"]), venue.cap) :]
    rows = []
    for t in reversed(times):
        o, h, low, c, v, quote = (str(x) for x in candle(t))
        prices = {"open": o, "high": h, "low": low, "close": c}
        rows.append({"startedAt": _text(t), **prices, "baseTokenVolume": v, "usdVolume": quote})
    return {"candles": rows}


def _dydx_funding(venue: FakeVenue, q: dict[str, str]) -> dict[str, Any]:
    last = _ms(q["effectiveBeforeOrAt"])
    times = venue.fundings(last - 90 * HOUR, last)
    rows = [{"ticker": "BTC-USD", "rate": "0.0001", "effectiveAt": _text(t)} for t in times]
    return {"historicalFunding": rows[::-1]}


def _paradex(venue: FakeVenue, q: dict[str, str]) -> dict[str, Any]:
    if q.get("price_kind", "last") not in ("last", "mark", "underlying"):
        return {"error": "VALIDATION_ERROR", "message": "price_kind"}
    times = venue.minutes(int(q["start_at"]), int(q["end_at"]))[: venue.cap]
    return {"results": [[t, *candle(t)[:5]] for t in times]}


ROUTES: dict[str, Callable[[FakeVenue, dict[str, str]], Any]] = {
    "/fapi/v1/klines": _binance,
    "/fapi/v1/markPriceKlines": _binance,
    "/fapi/v1/indexPriceKlines": _binance,
    "/fapi/v1/fundingRate": _binance_funding,
    "/v5/market/kline": _bybit,
    "/v5/market/mark-price-kline": _bybit,
    "/v5/market/index-price-kline": _bybit,
    "/v5/market/funding/history": _bybit_funding,
    "/api/v5/market/history-candles": _okx,
    "/api/v5/market/history-mark-price-candles": _okx,
    "/api/v5/market/history-index-candles": _okx,
    "/api/v5/public/funding-rate-history": _okx_funding,
    "/api/v1/klines": _backpack,
    "/api/v2/public/get_tradingview_chart_data": _deribit,
    "/api/v2/public/get_funding_rate_history": _deribit_funding,
    "/v4/candles/perpetualMarkets/BTC-USD": _dydx,
    "/v4/historicalFunding/BTC-USD": _dydx_funding,
    "/v1/markets/klines": _paradex,
}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body leave together: else each answer waits 40 ms for an ACK
    venue: FakeVenue

    def do_GET(self) -> None:
        parts = urlparse(self.path)
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        self.venue.requests.append((parts.path, query))
        fault = self.venue.faults.popleft() if self.venue.faults else None
        if fault is None:
            body = json.dumps(ROUTES[parts.path](self.venue, query))
            if self.venue.contradict:  # the second of two equal minutes gets another price
                body = _contradict(body)
            self._send(200, body, ())
        elif fault.status:
            self._send(fault.status, fault.body, fault.headers)
        else:
            self.close_connection = True  # nothing was sent: the client sees a cut connection

    def _send(self, status: int, body: str, headers: tuple[tuple[str, str], ...]) -> None:
        data = body.encode()
        self.send_response(status)
        for name, value in (*headers, ("Content-Length", str(len(data)))):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


def _contradict(body: str) -> str:
    rows = json.loads(body)
    seen = set()
    for row in rows:
        if row[0] in seen:
            row[4] = "123456"
        seen.add(row[0])
    return json.dumps(rows)


@pytest.fixture(scope="session")
def server() -> Iterator[ThreadingHTTPServer]:
    handler = type("Handler", (_Handler,), {"venue": FakeVenue()})
    running = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    running.daemon_threads = True
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield running
    running.shutdown()
    running.server_close()
    thread.join(timeout=5)


@pytest.fixture
def venue(server: ThreadingHTTPServer, monkeypatch: pytest.MonkeyPatch) -> FakeVenue:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    fake = FakeVenue(url=f"http://127.0.0.1:{server.server_address[1]}")
    monkeypatch.setattr(server.RequestHandlerClass, "venue", fake)
    return fake


@pytest.fixture
def client_of(venue: FakeVenue) -> Iterator[Callable[[Feed], Client]]:
    opened: list[ccxt.Exchange] = []

    def build(feed: Feed) -> Client:
        exchange = open_exchange(feed)
        exchange.urls["api"] = _pointed(exchange.urls["api"], venue.url)
        exchange.enableRateLimit = False
        opened.append(exchange)
        return Client(feed, exchange)

    yield build
    for exchange in opened:
        exchange.session.close()


def _pointed(urls: Any, base: str) -> Any:
    if isinstance(urls, dict):
        return {key: _pointed(value, base) for key, value in urls.items()}
    return base + urlparse(urls.replace("{hostname}", "host")).path


@dataclass
class Clock:
    """Sleeps without sleeping."""

    waits: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def retry(clock: Clock) -> Retry:
    return Retry(attempts=4, sleep=clock.sleep)
