"""Fees of a liquidation, and what an insurance fund receives or pays."""

from tests.vectors.formulas.rounding import floor_to

# Share of what is left above the shortage that the fund may take, as stated with its rule.
FUND_FEE_SHARE = 0.95
RATE_QUANTUM = 1e-6


def fund_delta_usd(
    fill_quote_usd: float, bankruptcy_quote_usd: float, max_fee_rate: float
) -> float:
    """What a fill pays to the insurance fund (negative: the fund pays).

    Quotes are what the account receives, negative where it pays: at the fill, and at its bankruptcy
    price. A surplus pays the smaller of itself and the fee on the filled notional.
    Source: dydxprotocol/v4-chain@84d4664b protocol/x/clob/keeper/liquidations.go (fee 1.5 %)
    """
    surplus_usd = fill_quote_usd - bankruptcy_quote_usd
    return min(surplus_usd, max_fee_rate * abs(fill_quote_usd)) if surplus_usd > 0 else surplus_usd


def is_fund_sufficient(fund_usd: float, delta_usd: float) -> bool:
    """Whether the fund can bear the delta; it may be emptied exactly.

    Source: dydxprotocol/v4-chain@84d4664b protocol/x/clob/keeper/deleveraging.go
    """
    return delta_usd >= 0 or fund_usd + delta_usd >= 0


def ramped_liquidator_fee(
    base_fee: float,
    max_fee: float,
    slots_elapsed: float,
    grace_slots: float,
    increase_per_slot: float,
) -> float:
    """Liquidator's fee rate: constant in the grace time, then rising by slot up to a maximum.

    Counted from the start of the liquidation once the grace is over: a fee of 2 % that rises by
    1e-6 is 3 % after 10,000 slots. Source: drift-labs/protocol-v2@0ae3e3b1 math/liquidation.rs
    """
    if slots_elapsed <= grace_slots:
        return base_fee
    return max(base_fee, min(max_fee, base_fee + increase_per_slot * slots_elapsed))


def fund_fee_rate(
    shortage_usd: float,
    notional_usd: float,
    margin_ratio: float,
    liquidator_fee: float,
    max_fee: float,
) -> float:
    """Insurance fund's fee rate: a share of the margin that liquidation leaves over, never < 0.

    `min(max, 0.95 * (ratio - liquidator fee - shortage / notional))`, in whole units of 1e-6 as the
    shortage's share is.
    Source: drift-labs/protocol-v2@0ae3e3b1 math/liquidation.rs
    """
    if notional_usd == 0:
        return 0.0
    lacking = floor_to(shortage_usd / notional_usd, RATE_QUANTUM)
    left_over = margin_ratio - liquidator_fee - lacking
    return max(0.0, min(max_fee, floor_to(FUND_FEE_SHARE * left_over, RATE_QUANTUM)))
