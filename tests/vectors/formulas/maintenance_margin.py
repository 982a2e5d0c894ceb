"""Maintenance margin of a position, by the ways venues write it."""

from dataclasses import dataclass

import numpy as np

from crashsim.engine.arrays import Floats
from tests.vectors.formulas.rounding import floor_to


@dataclass(frozen=True)
class Bracket:
    """The tier of a notional: `margin_usd = notional * rate - deduction_usd`."""

    rate: float
    deduction_usd: float
    margin_usd: float


def tier_deductions(lower_bounds_usd: Floats, rates: Floats) -> Floats:
    """Deductions that make tiered margin continuous: `d_j = d_(j-1) + b_j * (r_j - r_(j-1))`.

    Both (tiers,), bounds ascending from 0. Returns (tiers,) USD. Venues print them as "cum" or
    "maintenance deduction": https://hyperliquid.gitbook.io/hyperliquid-docs/trading/margin-tiers
    """
    steps = lower_bounds_usd[1:] * np.diff(rates)
    return np.concatenate(([0.0], np.cumsum(steps)))


def tiered_margin(notional_usd: float, lower_bounds_usd: Floats, rates: Floats) -> Bracket:
    """Margin by tiers; a notional on a bound belongs to the tier above. Bounds, rates (tiers,)."""
    tier = int(np.searchsorted(lower_bounds_usd, notional_usd, side="right")) - 1
    rate = float(rates[tier])
    deduction_usd = float(tier_deductions(lower_bounds_usd, rates)[tier])
    return Bracket(rate, deduction_usd, notional_usd * rate - deduction_usd)


def rate_from_max_leverage(max_leverage: Floats) -> Floats:
    """Maintenance rates (tiers,): half of the initial margin at each tier's maximum leverage.

    Source: https://hyperliquid.gitbook.io/hyperliquid-docs/trading/margin-tiers
    """
    return 0.5 / max_leverage


def square_root_rate(notional_usd: float, base: float, factor: float) -> float:
    """Rate `max(base, factor * sqrt(notional))`, of notional.

    Parameters as Backpack's markets API gives them; the shape is third-party text
    (https://backpack-learn.pages.dev/trading-system-overview), the argument in USD an inference.
    """
    return max(base, factor * float(np.sqrt(notional_usd)))


def size_premium_rate(
    size_base: float, base: float, factor: float, precision: float = 1e-4
) -> float:
    """Rate `max(base, 0.8 * base + factor * sqrt(|size|))`, cut to a multiple of `precision`.

    Source: drift-labs/protocol-v2@0ae3e3b1 math/margin.rs (margin ratios are integers of 1e-4).
    """
    premium = 0.8 * base + factor * float(np.sqrt(abs(size_base)))
    return max(base, floor_to(premium, precision))


def is_below_maintenance(equity_usd: float, maintenance_usd: float) -> bool:
    """Strictly below: dydxprotocol/v4-chain@84d4664b protocol/lib/margin/risk.go, and others."""
    return equity_usd < maintenance_usd


def liquidation_stage(
    equity_usd: float, maintenance_usd: float, backstop_fraction: float = 2 / 3
) -> str:
    """Where an account is dealt with: "none", "book", "backstop" or "adl".

    On the book below maintenance, by the backstop below a fraction of it, by auto-deleveraging
    below zero. Source: https://hyperliquid.gitbook.io/hyperliquid-docs/trading/liquidations
    """
    if equity_usd < 0:
        return "adl"
    if equity_usd < backstop_fraction * maintenance_usd:
        return "backstop"
    return "book" if is_below_maintenance(equity_usd, maintenance_usd) else "none"


def is_thin_on_a_pool(remaining_usd: float, size_usd: float, min_factor: float) -> bool:
    """Whether a position against a pool is liquidated: `remaining < min_factor * size`.

    remaining_usd: collateral plus profit less fees. The venue's floor in USD is left out.
    Source: gmx-io/gmx-synthetics@a5c0c883 (config/markets.ts: factor 1 %).
    """
    return remaining_usd < min_factor * size_usd


def skew_scaled_rate(
    size_base: float, skew_scale: float, factor: float, least: float, maintenance_part: float
) -> float:
    """Rate `(|size| / skew * factor + least) * part`, of notional.

    Source: Synthetixio/synthetix-v3 markets/perps-market (PerpsMarketConfiguration.sol)
    """
    return (abs(size_base) / skew_scale * factor + least) * maintenance_part
