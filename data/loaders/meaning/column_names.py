"""Which of our columns a file's column is, from its name alone.

A name is compared without case, blanks and punctuation: `open_time`, `Open Time` and `openTime` are
one. `t, o, h, l, c, v` are candles where all of them stand together.
"""

import re
from collections.abc import Iterable, Mapping

from crashsim.scenarios.errors import InputError

ALIASES: Mapping[str, tuple[str, ...]] = {
    "time": (
        "time",
        "ts",
        "timestamp",
        "date",
        "datetime",
        "block_time",
        "open_time",
        "unix",
        "start_time",
        "open_timestamp",
        "timestamp_ms",
        "time_ms",
        "unix_time",
        "unix_timestamp",
        "gmt_time",
        "time_utc",
        "utc_time",
        "created_at",
        "trade_time",
        "event_time",
        "started_at",
        "start",
        "funding_time",
        "funding_rate_timestamp",
    ),
    "market": (
        "market",
        "symbol",
        "coin",
        "instrument",
        "instrument_name",
        "pair",
        "ticker",
        "inst_id",
        "instrument_id",
        "product_id",
        "contract",
    ),
    "open": ("open", "open_price"),
    "high": ("high", "high_price", "max"),
    "low": ("low", "low_price", "min"),
    "close": ("close", "close_price"),
    "volume": (
        "volume",
        "base_volume",
        "volume_base",
        "vol_ccy",
        "base_asset_volume",
        "base_token_volume",
        "vol",
    ),
    "volume_usd": (
        "volume_usd",
        "quote_volume",
        "volume_quote",
        "turnover",
        "quote_asset_volume",
        "vol_ccy_quote",
        "volume_usdt",
        "volume_usdc",
        "quote_vol",
        "usd_volume",
    ),
    "price": ("price", "px", "trade_price"),
    "size": ("size", "sz", "amount", "qty", "quantity"),
    "side": ("side", "taker_side", "aggressor_side", "direction_side", "taker_direction"),
    "is_buyer_maker": ("is_buyer_maker", "buyer_maker"),
    "trade_id": ("trade_id", "tid", "id"),
    "order_id": ("order_id", "oid"),
    "account": ("account", "user", "address", "user_address", "wallet"),
    "direction": ("direction", "dir"),
    "closed_pnl": ("closed_pnl", "realized_pnl"),
    "start_position": ("start_position",),
    "fee": ("fee",),
    "crossed": ("crossed",),
    "liquidated_account": ("liquidated_account", "liquidation_user", "liquidated_user"),
    "block_number": ("block_number", "block"),
    "funding_rate": ("funding_rate",),
    "mark": ("mark", "mark_price", "mark_px"),
    "index": ("index", "index_price", "oracle_px"),
}
OHLC = ("open", "high", "low", "close")
_LETTERS = {"t": "time", "o": "open", "h": "high", "l": "low", "c": "close", "v": "volume"}
_DOLLARS = ("usd", "usdt", "usdc", "busd", "fdusd", "usde", "tusd")
_VOLUME_OF = re.compile(r"^(?:volume|vol)[\s_(]+([a-z0-9]{2,10})\)?$|^([a-z0-9]{2,10})[\s_]volume$")


def plain(name: str) -> str:
    """A column's name without case, blanks and punctuation."""
    return re.sub(r"[^a-z0-9]+", "", name.lower())


_ROLE_OF = {plain(name): role for role, names in ALIASES.items() for name in names}
_RANK_OF = {plain(n): place for names in ALIASES.values() for place, n in enumerate(names)}


def roles(columns: Iterable[str], chosen: Mapping[str, str]) -> dict[str, str]:
    """theirs -> ours of the columns that have a role; `chosen` (`--map`) goes before names.

    Of several columns for one role the first alias counts; the others have none.
    Raises InputError for a chosen column of ours that there is not.
    """
    if unknown := [ours for ours in chosen.values() if ours not in ALIASES]:
        raise InputError(
            f"--map: {', '.join(unknown)} is not a column of ours: {', '.join(ALIASES)}"
        )
    names = list(columns)
    by_letter = {"o", "h", "l", "c"} <= {plain(name) for name in names}
    best: dict[str, tuple[int, str]] = {}
    for name in names:
        role = _role(name, by_letter)
        if name in chosen or role is None or role in chosen.values():
            continue
        rank = _RANK_OF.get(plain(name), len(_RANK_OF))
        if role not in best or rank < best[role][0]:
            best[role] = (rank, name)
    return {**chosen, **{name: role for role, (_, name) in best.items()}}


def _role(name: str, by_letter: bool) -> str | None:
    key = plain(name)
    if by_letter and key in _LETTERS:
        return _LETTERS[key]
    return _ROLE_OF.get(key) or _volume_of(name)


def _volume_of(name: str) -> str | None:
    """`Volume BTC` is in coins, `Volume USDT` in dollars: the name says its unit."""
    match = _VOLUME_OF.match(name.strip().lower())
    asset = match[1] or match[2] if match else None
    if asset is None or asset in ("quote", "base", "buy", "sell", "taker", "total", "number"):
        return None
    return "volume_usd" if asset in _DOLLARS else "volume"
