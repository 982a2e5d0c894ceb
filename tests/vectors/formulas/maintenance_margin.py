"""Maintenance margin of a position, by the ways venues write it."""

import numpy as np

from tests.vectors.formulas.rounding import floor_to


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
