"""Maintenance margin cases."""

import numpy as np

from tests.vectors.formulas import maintenance_margin as formulas
from tests.vectors.formulas.social_loss import pool_side_pnl_usd
from tests.vectors.adapters import tables
from tests.vectors.adapters.inputs import Case, Computed, Inputs, account_of, first, side_of

STAGES = {"backstop": "backstop vault", "book": "order book", "none": "none", "adl": "ADL"}


def _notional(inputs: Inputs) -> float:
    return float(first(inputs, "notional", "notional_usd", "notional_usdt", "notional_usdc"))


def _bracket(inputs: Inputs, table: dict[float, float]) -> Computed:
    bounds, rates = np.array(list(table)), np.array(list(table.values()))
    bracket = formulas.tiered_margin(_notional(inputs), bounds, rates)
    return {
        "rate": bracket.rate,
        "cum": bracket.deduction_usd,
        "deduction": bracket.deduction_usd,
        "maintenance_margin": bracket.margin_usd,
    }


def binance(case: Case) -> Computed:
    inputs = case["inputs"]
    return _bracket(inputs, tables.BINANCE[inputs["market"]])


def cube(case: Case) -> Computed:
    return _bracket(case["inputs"], tables.CUBE)


def hyperliquid(case: Case) -> Computed:
    inputs = case["inputs"]
    if "account_value" in inputs:
        stage = formulas.liquidation_stage(inputs["account_value"], inputs["maintenance_margin"])
        return {"stage": STAGES[stage]}
    bounds = [tier["lower_bound_usdc"] for tier in inputs["tiers"]]
    leverage = np.array([float(tier["max_leverage"]) for tier in inputs["tiers"]])
    rates = formulas.rate_from_max_leverage(leverage).tolist()
    return _bracket(inputs, dict(zip(bounds, rates, strict=True)))


def backpack(case: Case) -> Computed:
    inputs = case["inputs"]
    notional = _notional(inputs)
    imf, mmf = (
        formulas.square_root_rate(notional, inputs[name]["base"], inputs[name]["factor"])
        for name in ("imf", "mmf")
    )
    return {
        "imf": imf,
        "mmf": mmf,
        "initial_margin_usd": notional * imf,
        "maintenance_margin_usd": notional * mmf,
    }


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


def dydx(case: Case) -> Computed:
    account = account_of(case["inputs"])
    return {
        "net_collateral_usd": account.equity_usd,
        "initial_margin_usd": account.initial_usd,
        "maintenance_margin_usd": account.maintenance_usd,
        "liquidatable": formulas.is_below_maintenance(account.equity_usd, account.maintenance_usd),
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
    ("Backpack", "maintenance_margin"): backpack,
    ("Binance", "maintenance_margin"): binance,
    ("Cube", "maintenance_margin"): cube,
    ("Drift v2", "maintenance_margin"): drift,
    ("GMX v2", "maintenance_margin"): gmx,
    ("Hyperliquid", "maintenance_margin"): hyperliquid,
    ("dYdX v4", "maintenance_margin"): dydx,
}
