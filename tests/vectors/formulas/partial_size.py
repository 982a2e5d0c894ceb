"""How much of a position is liquidated at once."""

import math
from dataclasses import dataclass

from tests.vectors.formulas.rounding import floor_to

# Stated with the rules they belong to.
SMALL_SHORTAGE_USD = 50.0
PERCENT_PRECISION = 1e-4


@dataclass(frozen=True)
class NotionalRange:
    """Least and most notional that one liquidation may close."""

    least_usd: float
    most_usd: float


def notional_range(
    notional_usd: float, least_usd: float, portion: float, most_usd: float = math.inf
) -> NotionalRange:
    """At least a floor (or the whole position), at most a portion of it or the floor, capped.

    Source: dydxprotocol/v4-chain@84d4664b protocol/x/clob/keeper/liquidations.go (1,000 USDC,
    10 %, and 100,000 USDC per subaccount and block in genesis.sh).
    """
    least = min(least_usd, notional_usd)
    most = min(max(portion * notional_usd, least), notional_usd, most_usd)
    return NotionalRange(min(least, most), most)


def base_to_cover_shortage(
    shortage_usd: float,
    oracle_usd: float,
    margin_ratio: float,
    liquidator_fee: float,
    fund_fee: float = 0.0,
    quote_usd: float = 1.0,
) -> float:
    """Base units whose sale ends a margin shortage; inf where selling frees no margin.

    `shortage / (oracle * quote * (ratio - liquidator fee) - oracle * fund fee)`.
    Source: drift-labs/protocol-v2@0ae3e3b1 math/liquidation.rs
    """
    if oracle_usd == 0 or margin_ratio <= liquidator_fee:
        return math.inf
    freed_usd = oracle_usd * (quote_usd * (margin_ratio - liquidator_fee) - fund_fee)
    return shortage_usd / freed_usd if freed_usd > 0 else math.inf


def freeable_fraction(
    slots_elapsed: float, duration_slots: float, initial_fraction: float
) -> float:
    """Share of the whole shortage that may be freed by now: a ramp from the initial fraction.

    Source: drift-labs/protocol-v2@0ae3e3b1 math/liquidation.rs (10 % at once, 150 slots)
    """
    return min(1.0, initial_fraction + slots_elapsed / duration_slots)


def ramped_fraction(shortage_usd: float, freed_usd: float, freeable: float) -> float:
    """Fraction of the size needed now that may be liquidated under the ramp, cut to 0.01 %.

    shortage_usd: still missing; freed_usd: freed before (by cancelled orders too). All at once
    when less than 50 USD is missing. Source: as `freeable_fraction`.
    """
    if shortage_usd < SMALL_SHORTAGE_USD:
        return 1.0
    allowed_usd = max(0.0, (shortage_usd + freed_usd) * freeable - freed_usd)
    return min(1.0, floor_to(allowed_usd / shortage_usd, PERCENT_PRECISION))


def margin_ratio_after_share(
    share: float, equity_usd: float, maintenance_usd: float, fee_rate: float
) -> float:
    """Maintenance over equity after a share of every position is closed, and its fee paid.

    The fee is `share * fee_rate * maintenance`. 0 when nothing is left, inf without equity.
    Source: tradeparadex/paradex-docs@9b82a75a fern/pages/risk-system (liquidations)
    """
    left_usd = (1 - share) * maintenance_usd
    equity_left_usd = equity_usd - share * fee_rate * maintenance_usd
    if left_usd <= 0:
        return 0.0
    return left_usd / equity_left_usd if equity_left_usd > 0 else math.inf


def liquidation_share(
    equity_usd: float, maintenance_usd: float, fee_rate: float, target_ratio: float, step: float
) -> float:
    """The smallest multiple of `step` that brings the margin ratio below the target, else 1.

    Source: as `margin_ratio_after_share` (target 90 %, steps of 20 %).
    """
    for multiple in range(1, math.ceil(1 / step)):
        share = multiple * step
        ratio = margin_ratio_after_share(share, equity_usd, maintenance_usd, fee_rate)
        if ratio < target_ratio:
            return share
    return 1.0


def window_capacity(
    skew_scale: float, maker_fee: float, taker_fee: float, multiplier: float, window_s: float
) -> float:
    """Base units that may be liquidated in a window: `(fees) * skew * multiplier * seconds`.

    Source: Synthetixio/synthetix-v3 markets/perps-market (PerpsMarketConfiguration.sol)
    """
    return (maker_fee + taker_fee) * skew_scale * multiplier * window_s
