"""Prices at which a position is liquidated, and prices of liquidation orders."""

import math

from tests.vectors.formulas.margin_account import MarginAccount


def entry_liquidation_price(
    size_qty: float, entry_usd: float, collateral_usd: float, rate: float, deduction_usd: float
) -> float:
    """Price at which collateral and the position's profit equal `notional * rate - deduction`.

    `(collateral + deduction - size * entry) / (|size| * rate - size)`, signed size. Isolated: the
    collateral is the position's margin. Cross: wallet balance, less the maintenance margin of the
    other positions, plus their unrealised profit (`cross_collateral`).
    Source: Binance's formula as in freqtrade/freqtrade@c9ae5e1e tests/exchange/test_binance.py
    """
    return (collateral_usd + deduction_usd - size_qty * entry_usd) / (
        abs(size_qty) * rate - size_qty
    )


def cross_collateral(
    wallet_usd: float, other_maintenance_usd: float, other_upnl_usd: float
) -> float:
    """What stands behind one position of a cross account, for `entry_liquidation_price`."""
    return wallet_usd - other_maintenance_usd + other_upnl_usd


def fee_liquidation_price(
    side: int, entry_usd: float, margin_per_unit_usd: float, rate: float, fee_rate: float
) -> float:
    """`(entry - side * margin / |size|) / (1 - side * (rate + fee))`, isolated.

    Source: OKX's formula as in freqtrade/freqtrade@c9ae5e1e tests/exchange/test_exchange.py
    """
    return (entry_usd - side * margin_per_unit_usd) / (1 - side * (rate + fee_rate))


def leverage_liquidation_price(side: int, entry_usd: float, leverage: float, rate: float) -> float:
    """`entry * (1 - side * (1 / leverage - rate))`, isolated, both margins at entry value.

    Source: Bybit's formula as in freqtrade/freqtrade@c9ae5e1e tests/exchange/test_exchange.py
    """
    return entry_usd * (1 - side * (1 / leverage - rate))


def available_liquidation_price(
    mark_usd: float, size_qty: float, available_usd: float, rate: float
) -> float:
    """`price - side * available / |size| / (1 - rate * side)`.

    available_usd: account value (cross) or isolated margin, less the maintenance required now;
    rate: the maintenance rate of the position's tier.
    Source: https://hyperliquid.gitbook.io/hyperliquid-docs/trading/liquidations
    """
    side = math.copysign(1.0, size_qty)
    return mark_usd - available_usd / size_qty / (1 - rate * side)


def zero_price(
    mark_usd: float, side: int, rate: float, account_value_usd: float, maintenance_usd: float
) -> float:
    """Fill price at which account value over maintenance does not change.

    `mark * (1 - side * rate * value / maintenance)`, derived from that property, stated at
    https://docs.lighter.xyz/perpetual-futures/liquidations-and-insurance-fund
    """
    return mark_usd * (1 - side * rate * account_value_usd / maintenance_usd)


def fillable_price(
    account: MarginAccount,
    position: int,
    bankruptcy_adjustment: float,
    spread_to_maintenance: float,
) -> float:
    """Limit price of a liquidation order, worse for the account the nearer it is to nothing.

    `(value - r * spread * maintenance of the position) / size`, with
    `r = clamp(adjustment * (1 - equity / maintenance), 0, 1)`.
    Source: dydxprotocol/v4-chain@84d4664b protocol/x/clob/keeper/liquidations.go
    """
    distress = bankruptcy_adjustment * (1 - account.equity_usd / account.maintenance_usd)
    size_qty = float(account.size_qty[position])
    margin_usd = float(account.position_maintenance_usd[position])
    discount_usd = min(max(distress, 0.0), 1.0) * spread_to_maintenance * margin_usd
    return float(account.price_usd[position]) - discount_usd / size_qty
