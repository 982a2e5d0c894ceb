"""Rank order and deleverage fill cases. Scores come from the presets of the product."""

from collections.abc import Sequence

import numpy as np

from crashsim.engine.adl.score_columns import derived_columns
from crashsim.engine.adl.scores import compile_score
from tests.vectors.formulas import deleverage_fill, rank_order
from tests.vectors.adapters.inputs import (
    Case,
    Computed,
    Inputs,
    account_of,
    first,
    place_of,
    side_of,
    signed_size,
)


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


def bitmex_rank(case: Case) -> Computed:
    inputs = case["inputs"]
    if "longs" in inputs or "shorts" in inputs:
        return _bitmex_queue(first(inputs, "longs", "shorts"))
    side = -1 if inputs["contracts"] < 0 else side_of(inputs)
    row = {
        "side": side,
        "size": side * abs(inputs["contracts"]),
        "entry_price": inputs["entry"],
        "mark_price": inputs["mark"],
        "bankruptcy_price": inputs["bankruptcy"],
        "upnl": side * abs(inputs["contracts"]) * (inputs["mark"] - inputs["entry"]),
    }
    return {
        "pnl_pct": _scores("profit_frac", [row])[0],
        "effective_leverage": rank_order.effective_leverage(
            side, inputs["mark"], inputs["bankruptcy"]
        ),
        "score": _scores("bitmex", [row])[0],
    }


def _bitmex_queue(queue: Sequence[Inputs]) -> Computed:
    scores = np.array([float(row["score"]) for row in queue])
    order = rank_order.descending(scores, [str(row["account"]) for row in queue])
    quantity = np.array([float(queue[row]["contracts"]) for row in order])
    return {
        "order": [queue[row]["account"] for row in order],
        "indicator_percentile": rank_order.queue_indicator_percent(quantity).tolist(),
    }


def dydx_rank(case: Case) -> Computed:
    orders = case["inputs"]["orders"]
    order = rank_order.liquidation_priority(
        np.array([float(one["limit_price_usd"]) for one in orders]),
        np.array([float(one["size_base"]) for one in orders]),
        case["inputs"]["oracle_price_usd"],
        [str(one.get("hash", one["id"])) for one in orders],
    )
    return {"processing_order": [orders[row]["id"] for row in order]}


def bitmex_fill(case: Case) -> Computed:
    inputs = case["inputs"]
    queue = first(inputs, "ranked_longs", "ranked_shorts")
    open_contracts = np.array([float(contracts) for _, contracts in queue])
    closed = deleverage_fill.queue_fills(float(inputs["contracts"]), open_contracts)
    fills = [
        {
            "account": account,
            "contracts": float(taken),
            "price": inputs["bankruptcy_price"],
            "remaining": float(contracts - taken),
        }
        for (account, contracts), taken in zip(queue, closed, strict=True)
        if taken > 0
    ]
    return {"fills": fills}


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


def hyperliquid_fill(case: Case) -> Computed:
    inputs = case["inputs"]
    left, pnl = inputs["exit_notional_usd"], inputs["realised_pnl_usd"]
    entry = deleverage_fill.entry_notional_usd(side_of(inputs), left, pnl)
    return {
        "entry_notional_usd": entry,
        "pnl_over_exit_notional": pnl / left,
        "pnl_over_entry_notional": pnl / entry,
    }


FORMULAS = {
    ("Aevo", "adl_rank_order"): aster_rank,
    ("Aster", "adl_rank_order"): aster_rank,
    ("BitMEX", "adl_rank_order"): bitmex_rank,
    ("BitMEX", "deleverage_fill"): bitmex_fill,
    ("Drift v2", "deleverage_fill"): drift_fill,
    ("Hyperliquid", "adl_rank_order"): hyperliquid_rank,
    ("Hyperliquid", "deleverage_fill"): hyperliquid_fill,
    ("dYdX v4", "adl_rank_order"): dydx_rank,
    ("dYdX v4", "deleverage_fill"): dydx_fill,
}
