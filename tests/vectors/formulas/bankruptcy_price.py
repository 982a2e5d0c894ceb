"""Prices at which closing a position leaves its account with nothing."""

import math

from tests.vectors.formulas.margin_account import MarginAccount
from tests.vectors.formulas.rounding import ceil_to, floor_to


def price_on_tick(price_usd: float, side: int, tick_usd: float) -> float:
    """A bankruptcy price on the tick grid: up for a long, down for a short (against the account).

    Source for longs: https://help.bybit.com/hc/en-us/articles/900000031623; shorts by symmetry.
    """
    return ceil_to(price_usd, tick_usd) if side > 0 else floor_to(price_usd, tick_usd)


def settlement_price(
    bankruptcy_usd: float, mark_usd: float, max_deviation_frac: float = 0.05
) -> float:
    """The bankruptcy price, or the mark where they differ by more than a fraction of the mark.

    Source: third-party summary of Bybit's help page, https://wuyelx.com/6291.html
    """
    far = deviation_from_mark(bankruptcy_usd, mark_usd) > max_deviation_frac
    return mark_usd if far else bankruptcy_usd


def deviation_from_mark(price_usd: float, mark_usd: float) -> float:
    """Distance of a price from the mark as a fraction of the mark."""
    return abs(price_usd - mark_usd) / mark_usd


def closing_quote_usd(
    account: MarginAccount, position: int, delta_qty: float, quantum_usd: float = 1e-6
) -> float:
    """Quote that the account receives (negative: pays) for a fill at its bankruptcy price.

    The fill takes the share of equity that it takes of maintenance margin, rounded down to the
    quantum, so the quote is rounded up: `-delta * price - floor(equity * freed / maintenance)`.
    delta_qty reduces the position. Per unit this is `shared_bankruptcy_price`.
    Source: dydxprotocol/v4-chain@84d4664b protocol/x/clob/keeper/liquidations.go
    """
    per_unit_usd = account.price_usd[position] * account.maintenance_frac[position]
    freed_usd = float(abs(delta_qty) * per_unit_usd)
    share_usd = floor_to(account.equity_usd * freed_usd / account.maintenance_usd, quantum_usd)
    value_usd = floor_to(-delta_qty * float(account.price_usd[position]), quantum_usd)
    return value_usd - share_usd


def inverse_cross_price(
    entry_usd: float, side: int, contracts: float, coins: float, fee_rate: float
) -> float:
    """Price at which a cross coin-margined position has lost the balance and its closing fee.

    `(1 + side * fee) * Q / (Q / entry + side * balance)`, of a long (1 + fee) and of a short, by
    symmetry, (1 - fee); inf where a short cannot lose it.
    coins: the balance. Source for longs: https://help.bybit.com/hc/en-us/articles/360039261334
    """
    value = contracts / entry_usd + side * coins
    return (1 + side * fee_rate) * contracts / value if value > 0 else math.inf
