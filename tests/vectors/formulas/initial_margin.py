"""Initial margin: by open interest, and of open orders."""

from tests.vectors.formulas.rounding import ceil_to, floor_to


def open_interest_scaled_rate(
    base: float, open_interest_usd: float, lower_cap_usd: float, upper_cap_usd: float
) -> float:
    """Rate that rises from `base` to 1 between two caps of open interest, cut to 1e-6.

    No caps (both 0, or the upper not above the lower): the base.
    Source: dydxprotocol/v4-chain@84d4664b protocol/x/perpetuals/types/liquidity_tier.go
    """
    if upper_cap_usd <= lower_cap_usd:
        return base
    share = (open_interest_usd - lower_cap_usd) / (upper_cap_usd - lower_cap_usd)
    return floor_to(base + (1 - base) * min(1.0, max(0.0, share)), 1e-6)


def margin_quantums(
    notional_quantums: float,
    base: float,
    open_interest_usd: float,
    lower_cap_usd: float,
    upper_cap_usd: float,
) -> float:
    """Margin of a notional in quantums of 1e-6 USD, rounded up. Source: as above."""
    rate = open_interest_scaled_rate(base, open_interest_usd, lower_cap_usd, upper_cap_usd)
    return ceil_to(notional_quantums * rate, 1.0)


def open_sizes(position: float, buys: float, sells: float) -> tuple[float, float]:
    """Largest long and short that filling all buys, or all sells, would open.

    Source: tradeparadex/paradex-docs@9b82a75a fern/pages/risk-system (initial margin)
    """
    return max(0.0, position + buys), max(0.0, sells - position)


def cancelled_orders(
    position: float, orders: list[tuple[str, float, float]]
) -> list[tuple[str, float, float]]:
    """Which orders (side, size, price) a liquidation cancels, in the order given.

    All that would grow the position; of those that reduce it, the nearest in price are kept as long
    as together they do not exceed it.
    Source: tradeparadex/paradex-docs@9b82a75a fern/pages/risk-system (liquidations)
    """
    reducing = "sell" if position > 0 else "buy"
    nearest = sorted(
        (order for order in orders if order[0] == reducing),
        key=lambda order: order[2] if position > 0 else -order[2],
    )
    kept, taken = [], 0.0
    for order in nearest:
        if taken + order[1] > abs(position):
            break
        taken += order[1]
        kept.append(order)
    return [order for order in orders if order not in kept]
