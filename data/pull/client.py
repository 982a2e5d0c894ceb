"""One venue through ccxt: explicit questions, and every kind of bad answer told apart.

ccxt turns a page that is not data (HTML with status 200, `null`) into an empty list, and 400, 403,
404 and 451 into an error that looks passing. So this client keeps the status, headers and body of
the last answer itself and judges by those.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from crashsim.data.errors import NetworkError, NotServedError, TransientError
from crashsim.data.pull.feeds import Feed
from crashsim.data.pull.refusal import refusal
from crashsim.data.pull.symbols import coin_on, symbol_on
from crashsim.data.store.datasets import Window
from crashsim.scenarios.errors import InputError

if TYPE_CHECKING:
    import ccxt

MINUTE = "1m"


@dataclass(frozen=True)
class Row:
    """One candle as a venue sent it. Prices in quote per unit of base, time of the open, UTC ms."""

    time_ms: int
    open: float | None
    high: float | None
    low: float | None
    close: float | None
    volume: float | None
    volume_usd: float | None


@dataclass(frozen=True)
class Rate:
    """One funding rate (fraction of notional) and the time it was paid, UTC ms."""

    time_ms: int
    funding_rate: float


@dataclass
class _Answer:
    """The last HTTP answer, as ccxt received it."""

    status: int | None = None
    wait_s: float | None = None
    body: str = ""
    url: str = ""


class Client:
    """Asks one venue. Raises TransientError for what can pass, NetworkError for what cannot.

    Of the latter, NotServedError concerns the market or series that was asked for alone.
    """

    def __init__(self, feed: Feed, exchange: ccxt.Exchange) -> None:
        self.feed = feed
        self.rate_limit_ms = float(exchange.rateLimit)
        self._exchange = exchange
        self._answer = _Answer()
        self._pass_on = exchange.on_rest_response
        exchange.on_rest_response = self._note
        self._listed: dict[str, dict[str, Any]] = {}

    @property
    def place(self) -> str:
        """URL of the last answer, for the record of where rows came from."""
        return self._answer.url

    def candles(self, market: str, series: str, window: Window) -> list[Row]:
        """Candles of `last`, `mark` or `index`, as the venue sent them: unsorted, unclipped."""
        params = {**self.feed.params.get(series, {}), "until": window.end_ms - 1}
        limit = min(self.feed.pages[series], (window.end_ms - window.start_ms) // 60_000)
        sent = self._ask(
            lambda symbol: self._exchange.fetch_ohlcv(
                symbol, MINUTE, window.start_ms, limit, params
            ),
            market,
        )
        raw = self._rows(self.feed.rows_at)
        traded = self._quote_volumes(raw) if series == "last" else {}
        return [_row(item, traded.get(int(item[0])), series, self.feed) for item in sent]

    def funding(self, market: str, window: Window) -> list[Rate]:
        """Funding rates from start to end of the window."""
        params = {self.feed.funding_end: window.end_ms - 1}
        sent = self._ask(
            lambda symbol: self._exchange.fetch_funding_rate_history(
                symbol, window.start_ms, self.feed.pages["funding"], params
            ),
            market,
        )
        self._rows(self.feed.funding_at)
        return [Rate(int(item["timestamp"]), self._rate(item)) for item in sent]

    def _ask(self, question: Any, market: str) -> list[Any]:
        import ccxt

        symbol = self._list(market)
        self._answer = _Answer()
        try:
            return list(question(symbol))
        except ccxt.BaseError as error:
            raise self._judge(error, market) from error
        except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
            # ccxt's parsers stumble like this over an object where rows should be.
            raise self._not_data() from error

    def _list(self, market: str) -> str:
        """Tell ccxt of the market, as its list of today's markets lacks old ones."""
        known = self._listed.get(market)
        if known is None:
            known = _market(self.feed, self._exchange, market)
            self._listed[market] = known
            self._exchange.set_markets(list(self._listed.values()))
        return str(known["symbol"])

    def _note(
        self, code: int, reason: str, url: str, method: str, headers: Any, body: str, *request: Any
    ) -> Any:
        self._answer = _Answer(code, _seconds(headers.get("Retry-After")), body, url)
        return self._pass_on(code, reason, url, method, headers, body, *request)

    def _judge(self, error: Exception, market: str) -> Exception:
        import ccxt

        status = self._answer.status
        where = f"{self.feed.title}, {symbol_on(self.feed, market)}"
        if status is None:
            late = isinstance(error, ccxt.RequestTimeout)
            told = "no answer in time" if late else "the connection failed"
            return TransientError(f"{where}: {told}")
        if status == 429 or status >= 500:
            return TransientError(f"{where}: HTTP {status}", self._answer.wait_s)
        if status < 400 and isinstance(error, ccxt.NetworkError):
            return TransientError(f"{where}: {type(error).__name__}", self._answer.wait_s)
        said = refusal(self.feed, where, status, self._answer.wait_s, str(error))
        of_this_market = status < 400 or status in (400, 422)
        return NotServedError(said) if of_this_market else NetworkError(said)

    def _rows(self, path: tuple[str, ...]) -> list[Any]:
        """The list of raw rows in the last answer; anything else there is not data."""
        try:
            found = json.loads(self._answer.body)
        except ValueError:
            found = None
        for key in path:
            found = found.get(key) if isinstance(found, dict) else None
        if not isinstance(found, list):
            raise self._not_data()
        return found

    def _not_data(self) -> TransientError:
        start = " ".join(self._answer.body.split())[:60]
        return TransientError(
            f"{self.feed.title}: HTTP {self._answer.status} with something that is not data"
            f" ({start!r})"
        )

    def _rate(self, item: Any) -> float:
        own = self.feed.rate_at
        return float(item["fundingRate"] if own is None else item["info"][own])

    def _quote_volumes(self, raw: list[Any]) -> dict[int, float]:
        where, at = self.feed.quote_volume, self.feed.time_at
        if where is None:
            return {}
        return {self._time_ms(row[at]): float(row[where]) for row in raw}

    def _time_ms(self, value: Any) -> int:
        text = str(value)
        return int(text) if text.isdigit() else int(self._exchange.parse8601(text))


def open_exchange(feed: Feed) -> ccxt.Exchange:
    """The ccxt exchange of a feed, with its own rate limit on. Needs no key and no network."""
    import ccxt

    if feed.ccxt_id not in ccxt.exchanges:
        raise InputError(
            f"ccxt {ccxt.__version__} does not know {feed.ccxt_id}; update it: pip install -U ccxt"
        )
    exchange: ccxt.Exchange = getattr(ccxt, feed.ccxt_id)({"enableRateLimit": True})
    # HTTPS_PROXY and NO_PROXY mean here what they mean elsewhere.
    exchange.session.trust_env = True
    return exchange


def _market(feed: Feed, exchange: ccxt.Exchange, market: str) -> dict[str, Any]:
    coin, venue_id = coin_on(feed, market), symbol_on(feed, market)
    inverse = coin in feed.own_symbols
    settle = coin if inverse else feed.settle
    structure: dict[str, Any] = exchange.safe_market_structure(
        {
            "id": venue_id,
            "symbol": f"{coin}/{feed.quote}:{settle}",
            "base": coin,
            "quote": feed.quote,
            "settle": settle,
            "baseId": coin,
            "quoteId": feed.quote,
            "settleId": settle,
            "type": "swap",
            "spot": False,
            "swap": True,
            "future": False,
            "option": False,
            "contract": True,
            "linear": not inverse,
            "inverse": inverse,
            # OKX names index candles by the instrument's family.
            "info": {"instFamily": f"{coin}-{feed.quote}"},
        }
    )
    return structure


def _row(item: list[Any], traded_usd: float | None, series: str, feed: Feed) -> Row:
    volume = item[5] if series == "last" and feed.volume == "base" else None
    opened, high, low, close = item[1:5]
    return Row(int(item[0]), opened, high, low, close=close, volume=volume, volume_usd=traded_usd)


def _seconds(header: str | None) -> float | None:
    return float(header) if header is not None and header.isdigit() else None
