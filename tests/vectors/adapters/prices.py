"""Liquidation price and bankruptcy price cases."""

from tests.vectors.adapters.inputs import (
    Case,
    Computed,
    Inputs,
    account_of,
    isolated_margin,
    place_of,
    side_of,
    size_given,
)
from tests.vectors.formulas import bankruptcy_price, liquidation_price


def bybit_liquidation(case: Case) -> Computed:
    inputs = case["inputs"]
    if "account_balance_btc" in inputs:
        return {"liquidation_price": _inverse_liquidation(inputs)}
    leverage = inputs["entry"] * abs(size_given(inputs)) / isolated_margin(inputs)
    price = liquidation_price.leverage_liquidation_price(
        side_of(inputs), inputs["entry"], leverage, inputs["mmr"]
    )
    return {"liquidation_price": price}


def _inverse_liquidation(inputs: Inputs) -> float:
    """Maintenance margin is of the value at entry, and the price on the contract's tick of 0.5."""
    side = side_of(inputs)
    kept = inputs["mmr"] * inputs["contracts"] / inputs["entry"]
    price = bankruptcy_price.inverse_cross_price(
        inputs["entry"],
        side,
        inputs["contracts"],
        inputs["account_balance_btc"] - kept,
        inputs["taker_fee"],
    )
    return bankruptcy_price.price_on_tick(price, side, 0.5)


def dydx_liquidation(case: Case) -> Computed:
    inputs = case["inputs"]
    price = liquidation_price.fillable_price(
        account_of(inputs),
        place_of(inputs.get("liquidated_market"), inputs),
        inputs["bankruptcy_adjustment"],
        inputs["spread_to_mmr_ratio"],
    )
    return {"liquidation_order_limit_price_usd": price}


FORMULAS = {
    ("Bybit", "liquidation_price"): bybit_liquidation,
    ("dYdX v4", "liquidation_price"): dydx_liquidation,
}
