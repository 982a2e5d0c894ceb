"""The public archives: what each has, where its files are, what they cost and under which terms.

The one table to extend. Patterns and terms were read from the archives' own documentation and
listings in November 2026; docs/pulling.md has the same table for readers.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

# Amazon's list price for data that leave the Tokyo region for the internet (first 10 TB a month),
# without the free allowance that an account may have: https://aws.amazon.com/s3/pricing/
TOKYO_USD_PER_GB = 0.114
TOKYO = "ap-northeast-1"

_BINANCE_TERMS = "public files; no licence stated; Binance's terms of use apply"
_VENUE_TERMS = "public files; no licence stated; the venue's terms of use apply"
_NODE_TERMS = "public chain data; requester pays; no licence stated"
_RESERVOIR_TERMS = "free archive of public chain data; requester pays; Hydromancer's terms apply"


@dataclass(frozen=True)
class Archive:
    """One kind of file in one archive.

    base: `https://host`, or `s3://bucket` (then region and usd_per_gb are set).
    pattern: key of a file; `{t}` is the start of its period, `{market}` the archive's own name of a
    market, `{coin}` the bare coin. A pattern that ends with `/` names a folder to list.
    every: the period of one file. zones: hours ahead of UTC in which periods may start; all are
    covered, since an archive's own word on this has been wrong before.
    before, after: further periods that the window needs, e.g. the snapshot of the day before.
    market: the archive's name of a market, "" where one file has all.
    checksum: suffix of the file beside it that holds its SHA-256, "" where there is none.
    """

    name: str
    what: str
    base: str
    pattern: str
    every: Literal["hour", "day", "month"]
    terms: str
    market: str = ""
    thousand: str = ""
    zones: tuple[int, ...] = (0,)
    before: int = 0
    after: int = 0
    checksum: str = ""
    region: str = ""
    usd_per_gb: float = 0.0

    @property
    def paid(self) -> bool:
        """Whether the one who asks pays for the transfer."""
        return self.usd_per_gb > 0


_DATES = {"day": "{t:%Y-%m-%d}", "month": "{t:%Y-%m}"}
_FOLDERS = {"day": "daily", "month": "monthly"}


def _binance(
    name: str, what: str, kind: str, interval: str = "", every: Literal["day", "month"] = "day"
) -> Archive:
    folder = f"{_FOLDERS[every]}/{kind}/{{market}}" + (f"/{interval}" if interval else "")
    return Archive(
        name,
        what,
        "https://data.binance.vision",
        f"data/futures/um/{folder}/{{market}}-{interval or kind}-{_DATES[every]}.zip",
        every=every,
        terms=_BINANCE_TERMS,
        market="{coin}USDT",
        thousand="1000",
        checksum=".CHECKSUM",
    )


def _okx(name: str, what: str, kind: str, every: Literal["day", "month"]) -> Archive:
    folder = "swaprates/monthly/{t:%Y%m}" if every == "month" else f"{kind}/daily/{{t:%Y%m%d}}"
    return Archive(
        name,
        what,
        "https://static.okx.com",
        f"cdn/okex/traderecords/{folder}/{{market}}-{kind}-{_DATES[every]}.zip",
        every=every,
        terms=_VENUE_TERMS,
        market="{coin}-USDT-SWAP",
        zones=(0, 8),
    )


def _hyperliquid(name: str, what: str, pattern: str) -> Archive:
    hourly = "{t.hour}" in pattern
    node = "_by_block" in pattern
    return Archive(
        name,
        what,
        f"s3://{_NODE if node else _ARCHIVE}",
        pattern,
        every="hour" if hourly else "day",
        terms=_NODE_TERMS,
        # A node cuts its files by arrival: the last fills of an hour are in the next file.
        after=1 if hourly else 0,
        region=TOKYO,
        usd_per_gb=TOKYO_USD_PER_GB,
    )


def _reservoir(name: str, what: str, folder: str, before: int = 0) -> Archive:
    return Archive(
        name,
        what,
        "s3://hydromancer-reservoir",
        f"{folder}/date={{t:%Y-%m-%d}}/",
        every="day",
        terms=_RESERVOIR_TERMS,
        before=before,
        region=TOKYO,
        usd_per_gb=TOKYO_USD_PER_GB,
    )


_NODE = "hl-mainnet-node-data"
_ARCHIVE = "hyperliquid-archive"
_DEX = "by_dex/hyperliquid"
_HOURLY = "hourly/{t:%Y%m%d}/{t.hour}.lz4"

_ALL = (
    _binance("binance-klines", "1-minute last candles", "klines", "1m"),
    _binance("binance-mark", "1-minute mark candles", "markPriceKlines", "1m"),
    _binance("binance-index", "1-minute index candles", "indexPriceKlines", "1m"),
    _binance("binance-aggtrades", "trades, none of ADL or fund", "aggTrades"),
    _binance("binance-trades", "single trades", "trades"),
    _binance("binance-funding", "funding payments", "fundingRate", every="month"),
    Archive(
        "bybit-trades",
        "trades",
        "https://public.bybit.com",
        "trading/{market}/{market}{t:%Y-%m-%d}.csv.gz",
        every="day",
        terms=_VENUE_TERMS,
        market="{coin}USDT",
        thousand="1000",
    ),
    _okx("okx-trades", "trades, in contracts", "trades", "day"),
    _okx("okx-candles", "1-minute last candles", "candlesticks", "day"),
    _okx("okx-funding", "funding payments", "fundingrates", "month"),
    _hyperliquid("hl-fills", "all fills, with accounts", f"node_fills_by_block/{_HOURLY}"),
    _hyperliquid("hl-events", "funding, deposits, withdrawals", f"misc_events_by_block/{_HOURLY}"),
    _hyperliquid("hl-contexts", "mark and oracle, 1 minute", "asset_ctxs/{t:%Y%m%d}.csv.lz4"),
    _reservoir("reservoir-fills", "all fills, with accounts", f"{_DEX}/fills/perp/all"),
    _reservoir("reservoir-adl", "the ADL fills", f"{_DEX}/fills/perp/adl"),
    _reservoir(
        "reservoir-liquidations",
        "the liquidation fills",
        f"{_DEX}/fills/perp/liquidations",
    ),
    _reservoir("reservoir-candles", "1-second last candles", f"{_DEX}/candles/1s"),
    _reservoir("reservoir-positions", "every position, daily", f"{_DEX}/snapshots/perp", 1),
    _reservoir(
        "reservoir-accounts",
        "every account's value, daily",
        "global/snapshots/account_values",
        1,
    ),
)

ARCHIVES: Mapping[str, Archive] = {archive.name: archive for archive in _ALL}
