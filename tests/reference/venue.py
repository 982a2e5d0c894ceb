"""The venue with every default of DESIGN's contract filled in, as plain dicts."""

import re
from collections.abc import Collection
from copy import deepcopy

from tests.reference.model import Row

DEFAULTS: Row = {
    "withdraw_margin": 2.0,
    "pnl_settlement_s": None,
    "margin": {"scale": 1.0},
    "liquidation": {
        "trigger": "below",
        "legs": "notional",
        "size": "full",
        "half_spread": 0.0,
        "impact": 0.0,
        "limit": "bankruptcy",
        "fee_rate": 0.0,
        "cooldown_s": 0.0,
        "turn_probability": 1.0,
        "max_usd_per_step": None,
        "positions_per_step": None,
        "units_per_step": None,
    },
    "takeover": {"below_mm_fraction": 0.0},
    "adl": {
        "enabled": True,
        "allocation": "queue",
        "eligible": "profitable",
        "absorbers_eligible": False,
        "price": "bankruptcy",
        "below_mm_fraction": 0.0,
        "grace_s": 0.0,
        "lot": None,
    },
    "loss": {"policy": "carry", "deposits": "net", "basis": "profit", "rule": "pro_rata"},
    "collateral": {"assets": {}},
}
ABSORBER_DEFAULTS: Row = {
    "cash": None,
    "cash_frac_oi": None,
    "markets": None,
    "per": None,
    "floor": 0.0,
    "max_notional": None,
    "pays_shortfall": True,
    "on_breach": "hold",
    "unwind": False,
    "max_drawdown_frac": None,
    "drawdown_window_s": 28_800.0,
}


def with_defaults(venue: Row) -> Row:
    """The venue's own keys over the defaults."""
    rules = deepcopy(DEFAULTS)
    for key, value in venue.items():
        if isinstance(value, dict) and key in rules:
            rules[key].update(value)
        else:
            rules[key] = deepcopy(value)
    rules["absorber"] = [{**ABSORBER_DEFAULTS, **one} for one in venue.get("absorber", [])]
    return rules


def margin_table(rules: Row, market: str) -> Row:
    """Section 1, market names: the exact name, then the base, then `"*"`."""
    return dict(_named(rules["margin"]["markets"], market))


def weight_of(rules: Row, asset: str) -> float:
    """Section 9: an asset's weight, found by name, then base, then `"*"`."""
    return float(_named(rules["collateral"]["assets"], asset)["weight"])


def name_of(names: Collection[str], market: str) -> str | None:
    """Section 1, market names: which of these stands for a market."""
    return next((name for name in (market, base_of(market), "*") if name in names), None)


def _named(tables: Row, market: str) -> Row:
    name = name_of(tables, market)
    if name is None:
        raise KeyError(market)
    return dict(tables[name])


def base_of(market: str) -> str:
    """`BTCUSDT`, `BTC/USDT:USDT`, `BTC_USDC_PERP`, `BTC-PERP` -> `BTC`."""
    head = re.split(r"[/_:-]", market)[0]
    return re.sub(r"(USDT|USDC|USD)$", "", head) if head == market else head
