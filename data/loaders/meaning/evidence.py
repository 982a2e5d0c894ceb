"""What contradicts a kind: columns and values that a tape of trades or candles never has.

A table with a time, a price and a size may be the levels of a book, the states of orders, a feed of
liquidations, or what one account traded. Each is told by what else it has, and asked about.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from crashsim.data.loaders.meaning.column_names import plain


@dataclass(frozen=True)
class Contradiction:
    """Columns (any of them) that make a table something other than trades.

    what: what it is instead. advice: what to do with it.
    """

    columns: tuple[str, ...]
    what: str
    advice: str


_OF_TRADES = (
    Contradiction(
        (
            "is_snapshot",
            "update_type",
            "first_update_id",
            "last_update_id",
            "level",
            "depth",
            "bid_price",
            "ask_price",
            "bids",
            "asks",
            "bid_size",
            "ask_size",
            "best_bid",
            "num_orders",
            "order_count",
            "u",  # the last update of a depth stream, beside U, the first
        ),
        "the levels of an order book, at which nobody need have traded",
        "books of levels have no reader in a replay; bring trades or candles",
    ),
    Contradiction(
        (
            "order_status",
            "status",
            "order_state",
            "state",
            "time_in_force",
            "ord_status",
            "ord_state",
            "ord_type",
            "executed_qty",
            "filled_size",
            "filled_qty",
            "limit_price",
            "stop_price",
            "order_type",
        ),
        "orders, which need not have traded",
        "keep the rows that traded and give them with --kind trades",
    ),
    Contradiction(
        ("liquidation_price", "bankruptcy_price", "liq_price", "liquidated", "bk_px", "bk_loss"),
        "a feed of liquidations, of which each venue shows only some",
        "import it with --kind liquidations",
    ),
    Contradiction(
        (
            "commission",
            "commission_asset",
            "fee_currency",
            "fee_cost",
            "realized_profit",
            "is_maker",
            "liquidity",
            "client_order_id",
            "cl_ord_id",
            "exec_fee",
            "exec_type",
        ),
        "the fills of one account, which are a part of what was traded",
        "bring the market's own trades, or import them with --kind fills",
    ),
)
_OF_BARS = (
    Contradiction(
        ("open_interest", "oi", "sum_open_interest", "open_interest_usd", "oi_open", "oi_close"),
        "candles of open interest, whose numbers are no prices",
        "bring candles of prices",
    ),
    Contradiction(
        ("long_short_ratio", "long_account", "short_account", "iv", "implied_volatility"),
        "candles of a ratio, whose numbers are no prices",
        "bring candles of prices",
    ),
)
_NAMES = {
    "trades": (
        (r"liquidat|force_?order", "a feed of liquidations"),
        (r"order_?book|book_(?:delta|snapshot)|depth", "levels of an order book"),
    ),
    "last": ((r"open_?interest", "open interest"), (r"funding_?rate", "funding rates")),
}
CONTRADICTIONS: Mapping[str, tuple[Contradiction, ...]] = {"trades": _OF_TRADES, "last": _OF_BARS}


def contradiction(
    kind: str, columns: Iterable[str], says_something: Callable[[str], bool]
) -> str | None:
    """Why a table of these columns is not of the kind, in words; None where nothing says so.

    says_something: whether a column of this name has any value.
    """
    names = {plain(name): name for name in columns}
    for each in CONTRADICTIONS.get(kind, ()):
        found = [names[plain(name)] for name in each.columns if plain(name) in names]
        telling = [name for name in found if says_something(name)]
        if telling:
            shown = ", ".join(f"'{name}'" for name in telling[:3])
            word = "column" if len(telling) == 1 else "columns"
            return f"its {word} {shown} say that these are {each.what}; {each.advice}"
    return None


def named_otherwise(kind: str, name: str) -> str | None:
    """What a file's name says that its rows are, where that is not the kind; else None."""
    plain_name = re.sub(r"[\s.-]+", "_", name.lower())
    for pattern, what in _NAMES.get(kind, ()):
        if re.search(pattern, plain_name):
            return f"its name says {what}, its columns {kind}; say which with --kind"
    return None
