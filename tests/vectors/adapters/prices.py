"""Liquidation price and bankruptcy price cases."""

from tests.vectors.formulas import bankruptcy_price, liquidation_price
from tests.vectors.adapters.inputs import (
    Case,
    Computed,
    Inputs,
    account_of,
    first,
    place_of,
    side_of,
    signed_size,
    size_given,
)


def _margin(inputs: Inputs) -> float:
    """Isolated margin: given, or entry value over leverage."""
    if "margin" in inputs or "position_margin" in inputs:
        return float(first(inputs, "margin", "position_margin"))
    return float(inputs["entry"] * abs(size_given(inputs)) / inputs["leverage"])


def binance_liquidation(case: Case) -> Computed:
    inputs = case["inputs"]
    if "positions" not in inputs:
        position, collateral = inputs, inputs.get("wallet_balance") or _margin(inputs)
    else:
        target = inputs["target"]
        (position,) = (p for p in inputs["positions"] if p["market"].startswith(target))
        others = [p for p in inputs["positions"] if p is not position]
        collateral = liquidation_price.cross_collateral(
            inputs["wallet_balance"],
            sum(abs(p["size"]) * p["mark"] * p["mmr"] - p["cum"] for p in others),
            sum(signed_size(p) * (p["mark"] - p["entry"]) for p in others),
        )
    price = liquidation_price.entry_liquidation_price(
        signed_size(position),
        position["entry"],
        collateral,
        position["mmr"],
        position.get("cum", 0.0),
    )
    return {"liquidation_price": price}


def bybit_liquidation(case: Case) -> Computed:
    inputs = case["inputs"]
    if "account_balance_btc" in inputs:
        return {"liquidation_price": _inverse_liquidation(inputs)}
    leverage = inputs["entry"] * abs(size_given(inputs)) / _margin(inputs)
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


def okx_liquidation(case: Case) -> Computed:
    inputs = case["inputs"]
    price = liquidation_price.fee_liquidation_price(
        side_of(inputs),
        inputs["entry"],
        _margin(inputs) / abs(size_given(inputs)),
        inputs["mmr"],
        first(inputs, "taker_fee", "liquidation_fee", "fee"),
    )
    return {"liquidation_price": price}


def hyperliquid_liquidation(case: Case) -> Computed:
    inputs = case["inputs"]
    available = inputs.get("margin_available")
    if available is None:
        held = first(inputs, "account_value", "isolated_margin")
        available = held - inputs["maintenance_required"]
    price = liquidation_price.available_liquidation_price(
        first(inputs, "mark", "price"), signed_size(inputs), available, inputs["maintenance_rate"]
    )
    return {"liquidation_price": price}


def lighter_liquidation(case: Case) -> Computed:
    inputs = case["inputs"]
    side, mark, rate = side_of(inputs), inputs["mark"], inputs["mmf"]
    value = inputs["account_value"]
    required = first(inputs, "maintenance_requirement", "maintenance_requirement_total")
    price = liquidation_price.zero_price(mark, side, rate, value, required)
    closed = abs(first(inputs, "size_closed", "size"))
    value_after = value + side * closed * (price - mark)
    required_after = required - closed * mark * rate
    alone = bankruptcy_price.isolated_bankruptcy_price(mark, side * closed, value)
    return {
        "zero_price": price,
        "account_value_after": value_after,
        "maintenance_after": required_after,
        "ratio": value_after / required_after if required_after else None,
        "equals_bankruptcy_price": abs(price - alone) <= 1e-9 * mark,
    }


def dydx_liquidation(case: Case) -> Computed:
    inputs = case["inputs"]
    price = liquidation_price.fillable_price(
        account_of(inputs),
        place_of(inputs.get("liquidated_market"), inputs),
        inputs["bankruptcy_adjustment"],
        inputs["spread_to_mmr_ratio"],
    )
    return {"liquidation_order_limit_price_usd": price}


def bybit_bankruptcy(case: Case) -> Computed:
    inputs = case["inputs"]
    side = side_of(inputs)
    if "account_balance_btc" in inputs:
        price = bankruptcy_price.inverse_cross_price(
            inputs["entry"],
            side,
            inputs["contracts"],
            inputs["account_balance_btc"],
            inputs.get("taker_fee", 0.0),
        )
    elif "inverse" in str(inputs.get("contract", "")):
        price = bankruptcy_price.inverse_bankruptcy_price(inputs["entry"], side, inputs["leverage"])
    else:
        price = bankruptcy_price.isolated_bankruptcy_price(
            inputs["entry"],
            signed_size(inputs),
            _margin(inputs) + inputs.get("wallet_balance", 0.0),
        )
    computed: Computed = {"bankruptcy_price": price}
    if "tick" in inputs:
        computed["rounded"] = bankruptcy_price.price_on_tick(price, side, inputs["tick"])
    if "mark" in inputs:
        mark = inputs["mark"]
        computed["deviation_from_mark"] = bankruptcy_price.deviation_from_mark(price, mark)
        computed["adl_settlement_price"] = bankruptcy_price.settlement_price(price, mark)
    return computed


def dydx_bankruptcy(case: Case) -> Computed:
    inputs = case["inputs"]
    place = place_of(inputs.get("close_market"), inputs)
    delta = inputs["close_size_base"]
    quote = bankruptcy_price.closing_quote_usd(account_of(inputs), place, delta)
    return {"quote_delta_usd": quote, "bankruptcy_price_usd": -quote / delta}


FORMULAS = {
    ("Binance", "liquidation_price"): binance_liquidation,
    ("Bybit", "liquidation_price"): bybit_liquidation,
    ("Bybit", "bankruptcy_price"): bybit_bankruptcy,
    ("Extended", "deleverage_fill"): lighter_liquidation,
    ("Hyperliquid", "liquidation_price"): hyperliquid_liquidation,
    ("Lighter", "liquidation_price"): lighter_liquidation,
    ("OKX", "liquidation_price"): okx_liquidation,
    ("dYdX v4", "liquidation_price"): dydx_liquidation,
    ("dYdX v4", "bankruptcy_price"): dydx_bankruptcy,
}
