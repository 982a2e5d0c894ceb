"""Losses that pass to others: per unit of open interest, per withdrawal, and what triggers ADL."""

from dataclasses import dataclass

from tests.vectors.formulas.rounding import ceil_to


def charge_per_base_unit(
    loss_usd: float, long_base: float, short_base: float, quantum_usd: float = 1e-6
) -> float:
    """Charge per base unit on every open long and every open short, rounded up.

    short_base: of either sign. 0 where nothing is open: nobody can be charged.
    Source: drift-labs/protocol-v2@0ae3e3b1 math/liquidation.rs
    """
    open_base = abs(long_base) + abs(short_base)
    return ceil_to(loss_usd / open_base, quantum_usd) if open_base > 0 else 0.0


@dataclass(frozen=True)
class Waterfall:
    """Who bears a bad debt, in USD."""

    insurance_usd: float
    fee_pool_usd: float
    socialised_usd: float


def bad_debt_waterfall(
    loss_usd: float, insurance_usd: float, fee_pool_usd: float, insurance_limit_usd: float
) -> Waterfall:
    """Insurance first, up to what the market may still draw; then its fee pool; then everybody.

    One quantum (1e-6) always stays in the insurance vault.
    Source: drift-labs/protocol-v2@0ae3e3b1 controller/liquidation.rs (resolve_perp_bankruptcy)
    """
    insured = min(loss_usd, max(0.0, insurance_usd - 1e-6), max(0.0, insurance_limit_usd))
    pooled = min(loss_usd - insured, max(0.0, fee_pool_usd))
    return Waterfall(insured, pooled, loss_usd - insured - pooled)


def deposit_index_decrease(
    bad_borrow: float, deposits: float, index: float = 1.0, quantum: float = 1e-10
) -> float:
    """Fall of the index by which every deposit of an asset is multiplied, rounded up.

    Source: drift-labs/protocol-v2@0ae3e3b1 math/liquidation.rs
    """
    return ceil_to(index * bad_borrow / deposits, quantum) if deposits > 0 else 0.0


def fund_drawdown_ratio(pnl_now_usd: float, pnl_peak_usd: float, fund_peak_usd: float) -> float:
    """A market's fall in profit from its 8 h peak, over the fund's 8 h peak; negative.

    Source: https://bybit-exchange.github.io/docs/v5/market/adl-alert
    """
    return (pnl_now_usd - pnl_peak_usd) / fund_peak_usd


def is_drawdown_trigger_met(
    fund_usd: float, ratio: float, trigger: float, min_fund_usd: float
) -> bool:
    """Whether ADL starts: the fund is empty, or large enough and fallen to the trigger.

    The page says strictly below the trigger, its second example triggers exactly on it: `<=`.
    Source: as `fund_drawdown_ratio`.
    """
    return fund_usd <= 0 or (fund_usd > min_fund_usd and ratio <= trigger)


def is_drawdown_over(fund_usd: float, ratio: float, stop: float) -> bool:
    """Whether ADL stops: the fund is positive and the drawdown is above the stop ratio.

    Source: as `fund_drawdown_ratio`.
    """
    return fund_usd > 0 and ratio > stop


def loss_beyond_drawdown_usd(ratio: float, trigger: float, fund_peak_usd: float) -> float:
    """What ADL must raise so that the drawdown is held at the trigger.

    Source: as `fund_drawdown_ratio`.
    """
    return max(0.0, trigger - ratio) * fund_peak_usd


def pool_side_pnl_usd(side: int, size_usd: float, entry_usd: float, price_usd: float) -> float:
    """Traders' profit of one side against a pool, size in USD at entry."""
    return side * size_usd * (price_usd / entry_usd - 1)


def is_pool_reduction_valid(
    ratio_before: float, ratio_after: float, min_ratio_after: float
) -> bool:
    """Whether an ADL order against a pool counts: profit over pool falls, not below a floor.

    Source: gmx-io/gmx-synthetics@a5c0c883 (AdlHandler, AdlUtils)
    """
    return min_ratio_after <= ratio_after < ratio_before


def insured_with_fee(liability_usd: float, fund_usd: float, fee_rate: float) -> Waterfall:
    """The fund also pays the liquidator's fee: what it pays covers that over `1 + fee`.

    Source: blockworks-foundation/mango-v4 (perp_liq_negative_pnl_or_bankruptcy.rs)
    """
    paid = min(fund_usd, liability_usd * (1 + fee_rate))
    return Waterfall(paid, 0.0, liability_usd - paid / (1 + fee_rate))


@dataclass(frozen=True)
class Crisis:
    """What each stage of Percolator's waterfall gives, USD, and the part of equity cut."""

    burned_usd: float
    insurance_usd: float
    haircut_frac: float


def crisis_waterfall(
    fixed_usd: float, unvested_usd: float, insurance_usd: float, collateral_usd: float
) -> Crisis:
    """Unvested profit first, then insurance, then everybody's equity by one factor.

    fixed: principal and realised profit. Insurance counts among the assets, so a deficit grows
    again as it is drawn. Source: the waterfall tests of aeyakovenko/percolator.
    """
    owed = fixed_usd + unvested_usd
    burned = min(unvested_usd, max(0.0, owed - collateral_usd - insurance_usd))
    owed -= burned
    paid = min(insurance_usd, max(0.0, owed - collateral_usd - insurance_usd))
    left = max(0.0, owed - collateral_usd - (insurance_usd - paid))
    return Crisis(burned, paid, min(1.0, left / owed) if owed > 0 else 0.0)


def fund_surplus_usd(wallet_usd: float, free_usd: float, threshold_usd: float) -> float:
    """What an insurance fund may pay out: capacity over a threshold, at most what is free.

    Source: perpetual-protocol/perp-curie-contract (InsuranceFund.sol)
    """
    return min(max(wallet_usd + free_usd - threshold_usd, 0.0), free_usd)


def capped_payout_usd(
    collateral_usd: float, pnl_usd: float, side_pnl_usd: float, most_usd: float
) -> float:
    """What a winner against a pool is paid: profit is cut as the whole side's is to the most.

    Source: gmx-io/gmx-synthetics (PositionUtils.getPositionPnlUsd)
    """
    cut = min(1.0, most_usd / side_pnl_usd) if side_pnl_usd > 0 and pnl_usd > 0 else 1.0
    return collateral_usd + pnl_usd * cut
