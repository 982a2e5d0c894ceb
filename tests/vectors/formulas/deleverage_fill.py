"""Fills by which positions are closed against each other or taken over."""

from dataclasses import dataclass

import numpy as np

from tests.vectors.formulas.bankruptcy_price import closing_quote_usd
from tests.vectors.formulas.liquidation_fee import fund_fee_rate
from tests.vectors.formulas.margin_account import MarginAccount, is_update_allowed
from tests.vectors.formulas.partial_size import base_to_cover_shortage
from tests.vectors.formulas.rounding import ceil_to


@dataclass(frozen=True)
class Offset:
    """A fill of a bankrupt account against one counterparty."""

    is_valid: bool
    price_usd: float
    liquidated: MarginAccount
    offsetting: MarginAccount


def offset_at_bankruptcy(
    liquidated: MarginAccount,
    offsetting: MarginAccount,
    position: int,
    against: int,
    delta_qty: float,
) -> Offset:
    """Close `delta_qty` of a bankrupt position at its bankruptcy price against a counterparty.

    delta_qty: signed change of the liquidated position; `position` and `against` are the places
    of the market in the two accounts. Invalid (the counterparty is skipped) where the fill would
    leave either account worse than `is_update_allowed` permits.
    Source: dydxprotocol/v4-chain@84d4664b protocol/x/clob/keeper/deleveraging.go
    """
    quote_usd = closing_quote_usd(liquidated, position, delta_qty)
    ended = liquidated.after(position, delta_qty, quote_usd)
    other = offsetting.after(against, -delta_qty, -quote_usd)
    allowed = is_update_allowed(liquidated, ended) and is_update_allowed(offsetting, other)
    return Offset(allowed, -quote_usd / delta_qty, ended, other)


@dataclass(frozen=True)
class Transfer:
    """A position, or part of it, passed to a liquidator at a discount.

    Quote is the running sum of what was paid (negative) and received for the position.
    """

    shortage_usd: float
    base_qty: float
    price_usd: float
    fund_fee_usd: float
    base_after_qty: float
    quote_after_usd: float
    liquidator_base_qty: float
    liquidator_quote_usd: float


def transfer_to_liquidator(
    size_qty: float,
    entry_usd: float,
    oracle_usd: float,
    collateral_usd: float,
    margin_ratio: float,
    liquidator_fee: float,
    max_fund_fee: float,
    liquidator_max_base: float = np.inf,
    step_base: float = 0.0,
) -> Transfer:
    """Pass on as much of a position as restores the margin ratio (maintenance plus buffer).

    The price is the oracle's less (for a short: plus) the liquidator's fee; the insurance fund's
    fee is on top. The size goes up to a multiple of the step, where given.
    Source: drift-labs/protocol-v2@0ae3e3b1 controller/liquidation.rs (liquidate_perp)
    """
    side = float(np.sign(size_qty))
    notional_usd = abs(size_qty) * oracle_usd
    value_usd = collateral_usd + size_qty * (oracle_usd - entry_usd)
    shortage_usd = max(0.0, notional_usd * margin_ratio - value_usd)
    fund_fee = fund_fee_rate(shortage_usd, notional_usd, margin_ratio, liquidator_fee, max_fund_fee)
    needed = base_to_cover_shortage(
        shortage_usd, oracle_usd, margin_ratio, liquidator_fee, fund_fee
    )
    if step_base > 0 and np.isfinite(needed):
        needed = ceil_to(needed, step_base)
    base = min(abs(size_qty), needed, liquidator_max_base)
    price_usd = oracle_usd * (1 - side * liquidator_fee)
    fee_usd = base * oracle_usd * fund_fee
    return Transfer(
        shortage_usd=shortage_usd,
        base_qty=base,
        price_usd=price_usd,
        fund_fee_usd=fee_usd,
        base_after_qty=size_qty - side * base,
        quote_after_usd=-size_qty * entry_usd + side * base * price_usd - fee_usd,
        liquidator_base_qty=side * base,
        liquidator_quote_usd=-side * base * price_usd,
    )


def offset_at_price(
    liquidated: MarginAccount,
    offsetting: MarginAccount,
    places: tuple[int, int],
    delta_qty: float,
    price_usd: float,
) -> Offset:
    """Close at a given price: of a market in final settlement, the oracle's.

    places: of the market in the two accounts. Invalid as in `offset_at_bankruptcy`, and where the
    liquidated account is below zero. Source: as there.
    """
    quote_usd = -delta_qty * price_usd
    ended = liquidated.after(places[0], delta_qty, quote_usd)
    other = offsetting.after(places[1], -delta_qty, -quote_usd)
    allowed = is_update_allowed(liquidated, ended) and is_update_allowed(offsetting, other)
    return Offset(allowed and liquidated.equity_usd >= 0, price_usd, ended, other)
