"""Insurance funds as the venues answer for them: balances of a fund in a currency at a time.

Samples (Binance insuranceBalance; OKX insurance-fund; BitMEX insurance, in satoshis):

    [{"symbols":["ABCUSDT"],"assets":[{"asset":"USDT","marginBalance":"5.0","updateTime":17...}]}]
    {"code":"0","data":[{"details":[{"balance":"5.0","ccy":"USDT","ts":"17..."}],"instType":"SWAP"}]}
    [{"currency":"XBt","timestamp":"2025-10-10T12:00:00.000Z","walletBalance":500000000}]
"""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
import polars as pl

from crashsim.data.clock import utc_ms
from crashsim.data.loaders.format import Batch, Format, Options
from crashsim.data.loaders.reading.blob import Blob
from crashsim.data.loaders.reading.jsonlines import epoch_times, finite, json_lines, json_value
from crashsim.data.loaders.reading.sample import Sample, sample
from crashsim.data.store.datasets import MANY_MARKETS

_KEYS = {
    "binance": ('"marginBalance"', '"symbols"', '"updateTime"'),
    "okx": ('"details"', '"balance"', '"instType"'),
    "bitmex": ('"walletBalance"', '"currency"', '"timestamp"'),
}
_BITMEX_UNITS = {"XBt": ("BTC", 1e-8), "USDt": ("USDT", 1e-6)}


class Asset(msgspec.Struct):
    """A currency of a fund of Binance."""

    asset: str
    marginBalance: float  # noqa: N815 - the venue's name
    updateTime: int  # noqa: N815


class Group(msgspec.Struct):
    """A fund of Binance and the markets that it stands for."""

    symbols: list[str]
    assets: list[Asset]


class Detail(msgspec.Struct):
    """A balance of OKX; without one, another kind of entry."""

    ccy: str
    ts: int
    balance: str | float = ""


class Fund(msgspec.Struct):
    """A fund of OKX."""

    details: list[Detail]
    instType: str = ""  # noqa: N815
    instFamily: str = ""  # noqa: N815


class Answer(msgspec.Struct):
    """OKX's envelope."""

    data: list[Fund]


class Day(msgspec.Struct):
    """A balance of BitMEX."""

    currency: str
    timestamp: datetime
    walletBalance: int  # noqa: N815


class _Row(NamedTuple):
    time_ms: int
    market: str
    currency: str
    balance: float


_TYPES: dict[str, Any] = {
    "binance": list[Group] | Group,
    "okx": Answer,
    "bitmex": list[Day] | Day,
}


def _venue(seen: Sample) -> str | None:
    is_json = seen.layout in ("json", "jsonl")
    found = (v for v, keys in _KEYS.items() if is_json and all(key in seen.text for key in keys))
    return next(found, None)


def sniff(seen: Sample) -> bool:
    """JSON with the names that one of the venues gives to a fund."""
    return _venue(seen) is not None


def read(blob: Blob, options: Options) -> Iterator[Batch]:
    """All balances of a file: one answer, or a line each."""
    seen = sample(blob)
    venue = _venue(seen) or ""
    left_out: Counter[str] = Counter()
    rows = [row for value in _values(blob, seen, venue) for row in _rows(value, left_out)]
    columns = {
        "time": epoch_times([row.time_ms for row in rows], blob),
        "market": pl.Series([row.market for row in rows], dtype=pl.String),
        "currency": pl.Series([row.currency for row in rows], dtype=pl.String),
        "balance": pl.Series([row.balance for row in rows], dtype=pl.Float64),
    }
    notes = tuple(f"{count} {what} were left out" for what, count in left_out.items())
    yield Batch("fund", finite(pl.DataFrame(columns), blob), notes=notes, source=venue)


def _values(blob: Blob, seen: Sample, venue: str) -> Iterator[Any]:
    first = seen.text.lstrip().partition("\n")[0].rstrip()
    if first.startswith("{") and first.endswith("}"):
        for _, value in json_lines(blob, _TYPES[venue]):
            yield from value if isinstance(value, list) else [value]
    else:
        value = json_value(blob, _TYPES[venue])
        yield from value if isinstance(value, list) else [value]


def _rows(value: Group | Answer | Day, left_out: Counter[str]) -> Iterator[_Row]:
    if isinstance(value, Group):
        more = f" and {len(value.symbols) - 1} more" if len(value.symbols) > 1 else ""
        market = f"{value.symbols[0]}{more}" if value.symbols else MANY_MARKETS
        for asset in value.assets:
            yield _Row(asset.updateTime, market, asset.asset, asset.marginBalance)
    elif isinstance(value, Answer):
        for fund in value.data:
            market = fund.instFamily or fund.instType or MANY_MARKETS
            for each in fund.details:
                if (balance := _number(each.balance)) is not None:
                    yield _Row(each.ts, market, each.ccy, balance)
                else:
                    left_out["entries without a number as balance"] += 1
    elif unit := _BITMEX_UNITS.get(value.currency):
        yield _Row(utc_ms(value.timestamp), MANY_MARKETS, unit[0], value.walletBalance * unit[1])
    else:
        left_out[f"balances in {value.currency}, whose unit is not known,"] += 1


def _number(balance: str | float) -> float | None:
    try:
        return float(balance)
    except ValueError:
        return None


FORMAT = Format("insurance-fund", "import", sniff, read)
