"""What a file's name may add to its content: the market, a date, a moment."""

import re
from datetime import UTC, datetime

from crashsim.data.loaders.format import Options
from crashsim.data.loaders.reading.blob import Blob
from crashsim.scenarios.errors import InputError

_TAIL = (
    r"(?:-(?:\d+[smhdwM]o?|aggTrades|trades|metrics|fundingRate|bookDepth|bookTicker"
    r"|liquidationSnapshot|funding_rate|mark|index|futures|open_interest|premiumIndex)\b"
    r"|_?\d{4}-\d{2}-\d{2}|-?\d{8})"
)
_MARKET = re.compile(rf"^([A-Za-z0-9@:]+(?:[_-][A-Za-z0-9:]+)*?){_TAIL}")
# What stands after the base in a market's name: BTC-USDT-SWAP, BTC_USDC_PERP, BTC-26DEC25.
_AFTER_A_BASE = ("USD", "USDT", "USDC", "BTC", "ETH", "EUR", "PERP", "SWAP", "PERPETUAL", "FDUSD")
_DATE = re.compile(r"(?<!\d)(20\d{2})-?(\d{2})-?(\d{2})(?!\d)")
_SNAPSHOT_MS = re.compile(r"_(1[2-9]\d{11})(?!\d)")


def market_of(blob: Blob, options: Options) -> str:
    """The market of a file whose rows do not name it: `--market`, else the file's name."""
    if options.market:
        return options.market
    found = _MARKET.match(blob.name)
    if found is None:
        raise InputError(
            f"{blob.path}: its rows name no market and neither does its file name; say it with"
            " --market, for example --market BTCUSDT"
        )
    name = found.group(1)
    parts = re.split(r"[_-]", name)
    if len(parts) > 1 and not any(part.upper() in _AFTER_A_BASE for part in parts[1:]):
        raise InputError(
            f"{blob.path}: its rows name no market, and of its file name {name!r} it is not clear "
            "what is the market; say it with --market, for example --market BTCUSDT"
        )
    return name


def date_of(blob: Blob) -> datetime | None:
    """The date in a path as `2025-10-10` or `20251010`, the last one; None without."""
    for found in reversed(list(_DATE.finditer(blob.path))):
        try:
            return datetime(int(found[1]), int(found[2]), int(found[3]), tzinfo=UTC)
        except ValueError:
            continue
    return None


def snapshot_ms(blob: Blob) -> int:
    """UTC ms of a snapshot whose file is named `..._{block}_{timestamp}`.

    A file inside an archive may carry it in the archive's name.
    """
    found = _SNAPSHOT_MS.findall(blob.path)
    if not found:
        raise InputError(
            f"{blob.path}: a snapshot's file name must hold its time, as in"
            " accounts_758750000_1760126694218.json (block, then milliseconds)"
        )
    return int(found[-1])
