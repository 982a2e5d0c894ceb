"""The columns of deleveraging candidates that are computed from others, and the drawn one."""

import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence

import numpy as np

from crashsim.engine.arrays import Floats

Columns = Mapping[str, Floats]

# docs/semantics.md, section 6: divisions by an equity below this use this.
MIN_EQUITY_USD = 1e-9


def _equity(base: Columns) -> Floats:
    return np.maximum(base["equity"], MIN_EQUITY_USD)


def bankruptcy_price(base: Columns) -> Floats:
    """Price that takes exactly the position's share of its unit's equity; not clipped.

    The share goes by maintenance margin, by notional where the unit has none. Shapes (n,).
    """
    by_margin = base["mm"] > 0
    share = np.where(by_margin, base["position_mm"], base["notional"]) / np.where(
        by_margin, base["mm"], base["unit_notional"]
    )
    return base["mark_price"] - base["equity"] * share / base["size"]


_DERIVED: Mapping[str, Callable[[Columns], Floats]] = {
    "bankruptcy_price": bankruptcy_price,
    "pnl_frac": lambda base: base["upnl"] / (np.abs(base["size"]) * base["entry_price"]),
    "margin_ratio": lambda base: base["mm"] / _equity(base),
    "leverage": lambda base: base["unit_notional"] / _equity(base),
    "position_leverage": lambda base: base["notional"] / _equity(base),
}


def derived_columns(needed: Collection[str], base: Columns) -> dict[str, Floats]:
    """The columns of `needed`, each (n,): from `base` where it has them, else computed from it.

    base: side, size (signed), entry_price, mark_price, upnl, notional, equity, cash, mm,
    position_mm, unit_notional, unit_upnl, and opened_at and rand where a score reads them; all
    float64 of shape (n,), in the units of `engine.adl.scores.COLUMNS`.

    Raises KeyError for a column that is neither given nor derived.
    """
    return {name: base[name] if name in base else _DERIVED[name](base) for name in needed}


def rand_column(seed: int, step: int, accounts: Sequence[str], markets: Sequence[str]) -> Floats:
    """Uniform draws in [0, 1), shape (n,): first 53 bits of SHA-256 of the row's key over 2^53.

    The key is "seed|step|account|market", so a draw depends on nothing else in the book.
    """
    prefix = f"{seed}|{step}|"
    pairs = zip(accounts, markets, strict=True)
    return np.array([unit_draw(f"{prefix}{account}|{market}") for account, market in pairs])


def unit_draw(key: str) -> float:
    """A uniform draw in [0, 1) from the SHA-256 of a key."""
    first_64_bits = int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big")
    return (first_64_bits >> 11) / 2.0**53
