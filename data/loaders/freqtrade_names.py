"""What the name of a freqtrade file says: `BTC_USDT_USDT-1m-futures`, `BTC_USDT-trades`."""

import re

from crashsim.data.loaders.format import Options
from crashsim.data.loaders.reading.blob import Blob
from crashsim.data.loaders.reading.names import market_of
from crashsim.scenarios.instruments.instrument import DOLLARS

_NAME = re.compile(r"^([A-Za-z0-9_]+)-(\d+)(s|m|h|d|w|Mo|M|y)(?:-([A-Za-z_]+))?\b")
_PAIR = re.compile(r"^[A-Z0-9]+_[A-Z0-9]+(?:_[A-Z0-9]+)?-(?:\d+(?:s|m|h|d|w|Mo|M|y)|trades)\b")
_UNIT_S = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_KINDS = {"mark": "mark", "index": "index", "funding_rate": "funding"}


def is_of_freqtrade(blob: Blob) -> bool:
    """Whether the file is named as freqtrade names a pair, whose files belong together."""
    return _PAIR.match(blob.name) is not None


def source_named(blob: Blob) -> str | None:
    """The source of a pair's other files: of JSON and CSV ccxt's, of tables freqtrade's."""
    if not is_of_freqtrade(blob):
        return None
    return "freqtrade" if blob.name.endswith((".feather", ".parquet", ".arrow")) else "ccxt"


def market_named(blob: Blob, options: Options) -> str:
    """The market as ccxt writes it: `BTC_USDT_USDT` is `BTC/USDT:USDT`, `BTC_USDT` `BTC/USDT`."""
    if options.market or not is_of_freqtrade(blob):
        return market_of(blob, options)
    parts = blob.name.partition("-")[0].split("_")
    if len(parts) == 3 and parts[2] in (*parts[:2], *DOLLARS):
        return f"{parts[0]}/{parts[1]}:{parts[2]}"
    market = market_of(blob, options)
    return "/".join(parts) if len(parts) == 2 else market


def interval_named(blob: Blob) -> int | None:
    """Length of a bar in seconds; None where the name does not say it or it is a month."""
    found = _NAME.match(blob.name)
    unit = _UNIT_S.get(found[3]) if found else None
    return int(found[2]) * unit if found and unit else None


def kind_named(blob: Blob, options: Options) -> str:
    """`--kind`, else what the name's ending says, else last prices."""
    found = _NAME.match(blob.name)
    ending = (found[4] or "").lower() if found else ""
    return options.kind or _KINDS.get(ending, "last")
