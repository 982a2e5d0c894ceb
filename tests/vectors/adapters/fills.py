"""Rank order and deleverage fill cases. Scores come from the presets of the product."""

from collections.abc import Sequence

import numpy as np

from crashsim.engine.adl.score_columns import derived_columns
from crashsim.engine.adl.scores import compile_score
from tests.vectors.adapters.inputs import (
    Case,
    Computed,
    Inputs,
    account_of,
    place_of,
    side_of,
    signed_size,
)
from tests.vectors.formulas import deleverage_fill, rank_order


def _scores(preset: str, rows: Sequence[dict[str, float]]) -> np.ndarray:
    score = compile_score(preset)
    base = {name: np.array([float(row[name]) for row in rows]) for name in rows[0]}
    return score.evaluate(derived_columns(score.columns, base))


def _ranked(name: str, users: Sequence[Inputs], scores: np.ndarray) -> Computed:
    ids = [user["id"] for user in users]
    order = rank_order.descending(scores, [str(one) for one in ids])
    values = dict(zip(ids, scores.tolist(), strict=True))
    return {name: values, "order": [ids[row] for row in order]}


def aster_rank(case: Case) -> Computed:
    users = case["inputs"]["users"]
    rows = [
        {
            "upnl": user["unrealised_pnl"],
            "cash": user["wallet_balance"],
            "mm": user["maintenance_margin"],
            "equity": user["wallet_balance"] + user["unrealised_pnl"],
        }
        for user in users
    ]
    return _ranked("scores", users, _scores("aster", rows))


def hyperliquid_rank(case: Case) -> Computed:
    inputs = case["inputs"]
    rows = [
        {
            "side": side_of({**inputs, **user}),
            "entry_price": user["entry"],
            "mark_price": user["mark"],
            "notional": user["notional"],
            "equity": user["account_value"],
        }
        for user in inputs["users"]
    ]
    return _ranked("index", inputs["users"], _scores("hyperliquid", rows))


def dydx_rank(case: Case) -> Computed:
    orders = case["inputs"]["orders"]
    order = rank_order.liquidation_priority(
        np.array([float(one["limit_price_usd"]) for one in orders]),
        np.array([float(one["size_base"]) for one in orders]),
        case["inputs"]["oracle_price_usd"],
        [str(one.get("hash", one["id"])) for one in orders],
    )
    return {"processing_order": [orders[row]["id"] for row in order]}


def dydx_fill(case: Case) -> Computed:
    inputs = case["inputs"]
    liquidated, offsetting = inputs["liquidated"], inputs["offsetting"]
    market = inputs.get("market", liquidated["positions"][0]["market"])
    accounts = account_of(liquidated, inputs), account_of(offsetting, inputs)
    places = place_of(market, liquidated), place_of(market, offsetting)
    if "fill_price_usd" in inputs:
        offset = deleverage_fill.offset_at_price(
            *accounts, places, inputs["fill_base"], inputs["fill_price_usd"]
        )
    else:
        offset = deleverage_fill.offset_at_bankruptcy(*accounts, *places, inputs["fill_base"])
    if not offset.is_valid:
        return {"valid": False}
    return {
        "valid": True,
        "fill_price_usd": offset.price_usd,
        "liquidated_usdc_after": offset.liquidated.cash_usd,
        "offsetting_usdc_after": offset.offsetting.cash_usd,
    }


def drift_fill(case: Case) -> Computed:
    inputs = case["inputs"]
    size, oracle = signed_size(inputs), inputs["oracle_price_usd"]
    transfer = deleverage_fill.transfer_to_liquidator(
        size,
        inputs["entry_price_usd"],
        oracle,
        inputs["collateral_usd"],
        inputs["mmf"] + inputs["liquidation_buffer"],
        inputs["liquidator_fee"],
        inputs["max_if_fee"],
        inputs.get("liquidator_max_base", float("inf")),
        inputs.get("step_size_base", 0.0),
    )
    value = inputs["collateral_usd"] + transfer.quote_after_usd + transfer.base_after_qty * oracle
    left = abs(transfer.base_after_qty) * oracle
    return {
        "margin_shortage_usd": transfer.shortage_usd,
        "base_liquidated": transfer.base_qty,
        "transfer_price_usd": transfer.price_usd,
        "if_fee_usd": transfer.fund_fee_usd,
        "base_after": transfer.base_after_qty,
        "quote_after": transfer.quote_after_usd,
        "user_quote_after": transfer.quote_after_usd,
        "collateral_after": value,
        "margin_ratio_after": value / left if left else None,
        "liquidator_base": transfer.liquidator_base_qty,
        "liquidator_quote": transfer.liquidator_quote_usd,
    }


FORMULAS = {
    ("Aevo", "adl_rank_order"): aster_rank,
    ("Aster", "adl_rank_order"): aster_rank,
    ("Drift v2", "deleverage_fill"): drift_fill,
    ("Hyperliquid", "adl_rank_order"): hyperliquid_rank,
    ("dYdX v4", "adl_rank_order"): dydx_rank,
    ("dYdX v4", "deleverage_fill"): dydx_fill,
}
