"""What each venue serves through ccxt and how it wants to be asked: the one table to extend.

Page limits and parameters were read from ccxt 4.5.90 and the venues' documentation in November
2026; `archives` names the entry of `fetch.archives` that has the same series as files.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

SERIES = ("last", "mark", "index", "funding")

_RECENT_FUNDING = "it serves the funding of recent months only"


_PRICE_PARAMS = {"mark": {"price": "mark"}, "index": {"price": "index"}}


@dataclass(frozen=True)
class Feed:
    """One venue as ccxt serves it.

    symbol: the venue's own name of the perpetual of `{base}`; own_symbols: exceptions by base.
    thousand: prefix of markets that are quoted per 1000 units of a cheap coin, "" where none are.
    pages: series -> rows one call may ask for; a series that is absent is not served.
    params: series -> what the call needs besides time and limit.
    rows_at: path to the rows in a candle answer, so that a page which is not data is recognised.
    quote_volume: where the quote volume stands in one raw row (USD, USDT or USDC); None: nowhere.
    rate_at: the raw field with the rate of one funding row, where ccxt's own is another period's.
    volume: unit of ccxt's volume column; only "base" is kept, an unknown unit is dropped.
    funding_end: the parameter that ends a funding question, exclusive, UTC ms.
    limits: series -> what the venue does not keep, for the message when an answer is empty.
    """

    name: str
    ccxt_id: str
    title: str
    symbol: str
    quote: str
    settle: str
    pages: Mapping[str, int]
    rows_at: tuple[str, ...] = ()
    time_at: int | str = 0
    quote_volume: int | str | None = None
    funding_at: tuple[str, ...] = ()
    rate_at: str | None = None
    own_symbols: Mapping[str, str] = field(default_factory=dict)
    thousand: str = ""
    params: Mapping[str, Mapping[str, str]] = field(default_factory=lambda: _PRICE_PARAMS)
    volume: str = "base"
    funding_end: str = "until"
    archives: Mapping[str, str] = field(default_factory=dict)
    limits: Mapping[str, str] = field(default_factory=dict)

    @property
    def series(self) -> tuple[str, ...]:
        """The series it serves, in the order of SERIES."""
        return tuple(name for name in SERIES if name in self.pages)


_ALL = (
    Feed(
        name="binance",
        ccxt_id="binanceusdm",
        title="Binance USD-M",
        symbol="{base}USDT",
        quote="USDT",
        settle="USDT",
        thousand="1000",
        pages={"last": 1000, "mark": 1000, "index": 1000, "funding": 1000},
        quote_volume=7,
        archives={
            "last": "binance-klines",
            "mark": "binance-mark",
            "index": "binance-index",
            "funding": "binance-funding",
        },
    ),
    Feed(
        name="bybit",
        ccxt_id="bybit",
        title="Bybit linear",
        symbol="{base}USDT",
        quote="USDT",
        settle="USDT",
        thousand="1000",
        pages={"last": 1000, "mark": 1000, "index": 1000, "funding": 200},
        rows_at=("result", "list"),
        quote_volume=6,
        funding_at=("result", "list"),
        archives={"last": "bybit-trades"},
    ),
    Feed(
        name="okx",
        ccxt_id="okx",
        title="OKX swap",
        symbol="{base}-USDT-SWAP",
        quote="USDT",
        settle="USDT",
        pages={"last": 300, "mark": 100, "index": 100, "funding": 100},
        rows_at=("data",),
        quote_volume=7,
        funding_at=("data",),
        funding_end="after",
        archives={"last": "okx-candles", "funding": "okx-funding"},
        limits={"funding": _RECENT_FUNDING},
    ),
    Feed(
        # Funding has no time filter there (newest rows only), so it is not asked.
        name="backpack",
        ccxt_id="backpack",
        title="Backpack",
        symbol="{base}_USDC_PERP",
        quote="USDC",
        settle="USDC",
        thousand="k",
        pages={"last": 100, "mark": 100, "index": 100},
        time_at="start",
        quote_volume="quoteVolume",
        limits=dict.fromkeys(SERIES, "how far back it serves is not documented"),
    ),
    Feed(
        # Funding rows are hourly, but ccxt reports the 8-hour rate of each.
        name="deribit",
        ccxt_id="deribit",
        title="Deribit",
        symbol="{base}_USDC-PERPETUAL",
        own_symbols={"BTC": "BTC-PERPETUAL", "ETH": "ETH-PERPETUAL"},
        quote="USD",
        settle="USDC",
        pages={"last": 1000, "funding": 744},
        rows_at=("result", "ticks"),
        funding_at=("result",),
        rate_at="interest_1h",
    ),
    Feed(
        name="dydx",
        ccxt_id="dydx",
        title="dYdX v4",
        symbol="{base}-USD",
        quote="USDC",
        settle="USDC",
        pages={"last": 1000, "funding": 100},
        rows_at=("candles",),
        time_at="startedAt",
        quote_volume="usdVolume",
        funding_at=("historicalFunding",),
        limits=dict.fromkeys(SERIES, "how far back its indexer serves is not documented"),
    ),
    Feed(
        # `underlying` is Paradex's word for the index (ccxt sends `index`). Its funding rows are
        # observations of a running rate, not payments, so they are not asked; the unit of its
        # volume is not documented.
        name="paradex",
        ccxt_id="paradex",
        title="Paradex",
        symbol="{base}-USD-PERP",
        quote="USD",
        settle="USDC",
        thousand="k",
        pages={"last": 1000, "mark": 1000, "index": 1000},
        params={"mark": {"price": "mark"}, "index": {"price_kind": "underlying"}},
        rows_at=("results",),
        volume="unknown",
        limits=dict.fromkeys(SERIES, "how far back it serves is not documented"),
    ),
)

FEEDS: Mapping[str, Feed] = {feed.name: feed for feed in _ALL}
