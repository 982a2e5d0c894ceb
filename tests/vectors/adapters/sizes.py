"""Partial size and liquidation fee cases."""

from tests.vectors.adapters.inputs import (
    Case,
    Computed,
    Inputs,
    account_of,
    first,
    place_of,
    signed_size,
)
from tests.vectors.formulas import liquidation_fee, partial_size
from tests.vectors.formulas.bankruptcy_price import closing_quote_usd
from tests.vectors.formulas.rounding import ceil_to


def dydx_size(case: Case) -> Computed:
    inputs = case["inputs"]
    allowed = partial_size.notional_range(
        abs(inputs["position_base"]) * inputs["oracle_price_usd"],
        inputs["min_notional_usd"],
        inputs["max_position_portion"],
        inputs.get("max_notional_usd", float("inf")),
    )
    return {
        "min_notional_liquidatable_usd": allowed.least_usd,
        "max_notional_liquidatable_usd": allowed.most_usd,
    }


def drift_size(case: Case) -> Computed:
    inputs = case["inputs"]
    if "initial_margin_shortage_usd" in inputs:
        return _drift_ramp(inputs)
    base = partial_size.base_to_cover_shortage(
        inputs["margin_shortage_usd"],
        inputs["oracle_price_usd"],
        inputs["margin_ratio"],
        inputs["liquidator_fee"],
        inputs.get("if_liquidation_fee", 0.0),
        inputs.get("quote_oracle_price_usd", 1.0),
    )
    return {"base_to_liquidate": base}


def _drift_ramp(inputs: Inputs) -> Computed:
    freed = inputs["margin_freed_by_order_cancel_usd"]
    shortage = inputs["initial_margin_shortage_usd"] - freed
    freeable = partial_size.freeable_fraction(
        inputs["slots_elapsed"], inputs["duration_slots"], inputs["initial_pct"]
    )
    fraction = partial_size.ramped_fraction(shortage, freed, freeable)
    needed = partial_size.base_to_cover_shortage(
        shortage,
        inputs["oracle_price_usd"],
        inputs["mmf_plus_buffer"],
        inputs["liquidator_fee"],
        inputs["if_fee"],
    )
    held = abs(inputs["position_base"])
    closed = min(held, ceil_to(needed * fraction, inputs["step_size_base"]))
    return {
        "pct_freeable": freeable,
        "max_pct_of_needed_base": fraction,
        "base_needed": needed,
        "base_liquidated": closed,
        "base_after": held - closed,
    }


def paradex_size(case: Case) -> Computed:
    inputs = case["inputs"]
    positions = inputs.get("positions", [])
    upnl = sum(signed_size(p) * (p["mark"] - p["entry"]) for p in positions)
    value = inputs.get("account_value", inputs.get("collateral", 0.0) + upnl)
    mmr = inputs.get("mmr")
    if mmr is None:
        mmr = inputs["mmf"] * sum(abs(p["size"]) * p["mark"] for p in positions)
    fee = first(inputs, "liquidation_fee", "liquidation_fee_in_example")
    step = inputs["step"]
    share = partial_size.liquidation_share(value, mmr, fee, inputs["target_ratio"], step)
    penalty = share * fee * mmr
    shares = [round(step * k, 12) for k in range(1, round(1 / step) + 1)]
    computed: Computed = {
        "account_value": value,
        "mmr": mmr,
        "liquidation_share": share,
        "penalty": penalty,
        "new_mmr": (1 - share) * mmr,
        "new_account_value": value - penalty,
        "new_margin_ratio": partial_size.margin_ratio_after_share(share, value, mmr, fee),
        "ratios": {
            str(s): partial_size.margin_ratio_after_share(s, value, mmr, fee) for s in shares
        },
        "collateral_after": inputs.get("collateral", 0.0) + share * upnl - penalty,
    }
    for position in positions:
        name = f"{position['market'].lower()}_after"
        computed[name] = (1 - share) * signed_size(position)
    return computed


def dydx_fee(case: Case) -> Computed:
    inputs = case["inputs"]
    if "insurance_fund_delta_usd" in inputs:
        allowed = liquidation_fee.is_fund_sufficient(
            inputs["insurance_fund_usd"], inputs["insurance_fund_delta_usd"]
        )
        return {"fill_allowed": allowed}
    place = place_of(first({"": None, **inputs}, "market", "liquidated_market", ""), inputs)
    sells = 1 if inputs["side"] == "sell" else -1
    size = abs(inputs["fill_size_base"])
    delta = liquidation_fee.fund_delta_usd(
        sells * size * inputs["fill_price_usd"],
        closing_quote_usd(account_of(inputs), place, -sells * size),
        inputs["max_liquidation_fee"],
    )
    return {"insurance_fund_delta_usd": delta}


def drift_fee(case: Case) -> Computed:
    inputs = case["inputs"]
    if "slots_since_liquidation_start" in inputs:
        fee = liquidation_fee.ramped_liquidator_fee(
            inputs["base_fee"],
            inputs["max_fee"],
            inputs["slots_since_liquidation_start"],
            inputs["grace_slots"],
            inputs["increase_per_slot"],
        )
        return {"liquidator_fee": fee}
    rate = liquidation_fee.fund_fee_rate(
        inputs["margin_shortage_usd"],
        abs(inputs["position_base"]) * inputs["oracle_price_usd"],
        inputs["margin_ratio"],
        inputs["liquidator_fee"],
        inputs["max_if_liquidation_fee"],
    )
    return {"if_liquidation_fee": rate}


FORMULAS = {
    ("Drift v2", "partial_size"): drift_size,
    ("Drift v2", "liquidation_fee"): drift_fee,
    ("Paradex", "partial_size"): paradex_size,
    ("dYdX v4", "partial_size"): dydx_size,
    ("dYdX v4", "liquidation_fee"): dydx_fee,
}
