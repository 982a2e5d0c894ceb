"""Data that nothing in a replay reads, known by content, so that they are refused by name."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from crashsim.data.loaders.klines import looks_like_klines
from crashsim.data.loaders.reading.sample import Sample


@dataclass(frozen=True)
class Unread:
    """How data are known, what they are, and what to bring instead."""

    is_it: Callable[[Sample], bool]
    what: str
    instead: str


_BANDS = {"percentage", "depth", "notional"}
_OPEN_INTEREST = ("date", "open_interest_amount", "open_interest_value")


def _is_premium(seen: Sample) -> bool:
    """Premium candles of Binance, by folder or by values below 0; freqtrade's, by name."""
    if re.search(r"-premiumindex\b", seen.path, re.IGNORECASE):
        return True
    below = any(cell.strip().startswith("-") for row in seen.rows for cell in row[1:5])
    return looks_like_klines(seen, 13) and (below or "premiumIndexKlines" in seen.path)


def _is_book(seen: Sample) -> bool:
    """Hyperliquid's l2Book channel, a message a line, or a table of Tardis."""
    is_feed = seen.layout == "jsonl" and '"levels"' in seen.text and '"raw"' in seen.text[:4096]
    return is_feed or {"asks[0].price", "bids[0].price"} <= set(seen.names)


def _is_of_balances(seen: Sample) -> bool:
    head = seen.text[:2000]
    return seen.layout == "json" and '"token"' in head and '"balance"' in head


_UNREAD = (
    Unread(_is_premium, "candles of a premium", "last, mark or index candles"),
    Unread(_is_book, "levels of an order book", "trades or candles"),
    Unread(
        lambda seen: _BANDS <= set(seen.names) <= {*_BANDS, "timestamp", "ts", "market", "symbol"},
        "the depth of an order book in bands",
        "trades or candles",
    ),
    Unread(
        lambda seen: seen.names[:3] == ("create_time", "symbol", "sum_open_interest"),
        "open interest and ratios of positions",
        "trades or candles",
    ),
    Unread(lambda seen: seen.names == _OPEN_INTEREST, "open interest", "trades or candles"),
    Unread(_is_of_balances, "spot balances", "account values and positions"),
)


def unread(seen: Sample) -> str | None:
    """What the data are that nothing here reads, and what to bring; None where they are not."""
    found = next((each for each in _UNREAD if each.is_it(seen)), None)
    if found is None:
        return None
    return f"{found.what}: nothing in crashsim reads them; bring {found.instead}"
