"""Spot assets as collateral and as debts, as drift-labs/protocol-v2@0ae3e3b1 has them."""

import math


def size_discounted_weight(size: float, weight: float, factor: float) -> float:
    """Collateral weight, less for large holdings: `min(w, 1.1 / (1 + factor * sqrt(size)))`.

    Source: drift-labs/protocol-v2@0ae3e3b1 math/margin.rs
    """
    return min(weight, 1.1 / (1 + factor * math.sqrt(size)))


def freed_rate(
    asset_weight: float,
    asset_multiplier: float,
    liability_weight: float,
    liability_multiplier: float,
) -> float:
    """Margin freed for each USD of a debt that is passed on with its collateral."""
    return liability_weight - asset_weight * asset_multiplier / liability_multiplier


def fund_fee_rate(
    shortage_usd: float, debt_usd: float, rate: float, liability_weight: float, most: float
) -> float:
    """Insurance fund's fee: what the freed margin leaves over the shortage, within 0..most.

    rate: of `freed_rate`. Source: drift-labs/protocol-v2@0ae3e3b1 math/liquidation.rs
    """
    if debt_usd <= 0:
        return 0.0
    return max(0.0, min(most, (rate - shortage_usd / debt_usd) / liability_weight))


def debt_to_transfer(
    shortage_usd: float, price_usd: float, rate: float, liability_weight: float, fee_rate: float
) -> float:
    """Debt, in its asset, whose passing on ends a shortage; inf where none is freed.

    rate: of `freed_rate`. Source: as `fund_fee_rate`.
    """
    freed = rate - liability_weight * fee_rate
    return shortage_usd / (price_usd * freed) if freed > 0 else math.inf
