"""Prices at which a position is liquidated, and prices of liquidation orders."""

from tests.vectors.formulas.margin_account import MarginAccount


def leverage_liquidation_price(side: int, entry_usd: float, leverage: float, rate: float) -> float:
    """`entry * (1 - side * (1 / leverage - rate))`, isolated, both margins at entry value.

    Source: Bybit's formula as in freqtrade/freqtrade@c9ae5e1e tests/exchange/test_exchange.py
    """
    return entry_usd * (1 - side * (1 / leverage - rate))


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
