"""Maintenance margin cases."""

from tests.vectors.adapters.inputs import Case, Computed, side_of
from tests.vectors.formulas import maintenance_margin as formulas
from tests.vectors.formulas.social_loss import pool_side_pnl_usd


def drift(case: Case) -> Computed:
    inputs = case["inputs"]
    orders = float(inputs.get("open_order_base_same_side", 0.0))
    base = abs(inputs["position_base"]) + orders
    rate = formulas.size_premium_rate(base, inputs["base_mmf"], inputs["imf_factor"])
    fixed = inputs.get("open_order_charge_usd", 0.0) * (orders > 0)
    return {
        "effective_mmf": rate,
        "maintenance_margin_usd": base * inputs["oracle_price_usd"] * rate + fixed,
    }


def gmx(case: Case) -> Computed:
    inputs = case["inputs"]
    size, factor = inputs["size_usd"], inputs["min_collateral_factor"]
    held = inputs.get("collateral_usd")
    collateral = inputs["collateral_tokens"] * inputs["index_price"] if held is None else held
    remaining = collateral + pool_side_pnl_usd(
        side_of(inputs), size, inputs["entry_price"], inputs["index_price"]
    )
    return {
        "remaining_collateral_usd": remaining,
        "required_usd": factor * size,
        "liquidatable": formulas.is_thin_on_a_pool(remaining, size, factor),
    }


FORMULAS = {
    ("Drift v2", "maintenance_margin"): drift,
    ("GMX v2", "maintenance_margin"): gmx,
}
