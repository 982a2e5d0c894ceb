"""Social loss cases."""

from tests.vectors.adapters.inputs import Case, Computed, Inputs, first, side_of
from tests.vectors.formulas import social_loss


def bybit(case: Case) -> Computed:
    inputs = case["inputs"]
    fund = inputs["pool_balance"]
    if "symbol_pnl_now" not in inputs:  # only the fund decides
        triggered = social_loss.is_drawdown_trigger_met(fund, 0.0, -1.0, 0.0)
        return {"triggered": triggered}
    ratio = social_loss.fund_drawdown_ratio(
        inputs["symbol_pnl_now"], inputs["symbol_pnl_8h_max"], inputs["pool_8h_max"]
    )
    trigger = inputs["trigger"]
    triggered = social_loss.is_drawdown_trigger_met(
        fund, ratio, trigger, inputs["adl_trigger_threshold"]
    )
    computed: Computed = {"pnl_ratio": ratio, "triggered": triggered}
    computed["loss_passed_to_adl"] = (
        social_loss.loss_beyond_drawdown_usd(ratio, trigger, inputs["pool_8h_max"])
        if triggered
        else 0.0
    )
    if "stop" in inputs:
        computed["stopped"] = social_loss.is_drawdown_over(fund, ratio, inputs["stop"])
    return computed


def drift(case: Case) -> Computed:
    inputs = case["inputs"]
    if "total_deposits_tokens" in inputs:
        index = inputs.get("deposit_index_before", 1.0)
        fall = social_loss.deposit_index_decrease(
            inputs["bad_borrow_tokens"], inputs["total_deposits_tokens"], index
        )
        return {"deposit_index_decrease": fall, "loss_share_per_deposit": fall / index}
    if "bad_debt_usd" in inputs:
        return _drift_bankruptcy(inputs)
    charge = social_loss.charge_per_base_unit(
        inputs["loss_to_socialise_usd"], inputs["open_long_base"], inputs["open_short_base"]
    )
    return {"per_base_unit_charge_usd": charge}


def _drift_bankruptcy(inputs: Inputs) -> Computed:
    limit = inputs.get("max_insurance_usd", inputs.get("market_max_insurance_usd", float("inf")))
    paid = social_loss.bad_debt_waterfall(
        abs(inputs["bad_debt_usd"]),
        inputs.get("insurance_fund_usd", 0.0),
        inputs.get("market_fee_pool_usd", 0.0),
        limit - inputs.get("insurance_settled_usd", 0.0),
    )
    charge = social_loss.charge_per_base_unit(
        paid.socialised_usd, inputs["open_long_base"], inputs["open_short_base"]
    )
    computed: Computed = {
        "insurance_paid_usd": paid.insurance_usd,
        "fee_pool_paid_usd": paid.fee_pool_usd,
        "socialised_usd": paid.socialised_usd,
        "per_base_unit_charge_usd": charge,
    }
    for side in ("long", "short"):
        if f"sample_{side}_base" not in inputs:
            continue
        loss = charge * abs(inputs[f"sample_{side}_base"])
        computed[f"sample_{side}_loss_usd"] = loss
        if f"sample_{side}_quote_before" in inputs:
            before = inputs[f"sample_{side}_quote_before"]
            computed[f"sample_{side}_quote_after"] = before - loss
    return computed


def gmx(case: Case) -> Computed:
    inputs = case["inputs"]
    price, size = inputs["index_price"], inputs["size_usd"]
    pnl = social_loss.pool_side_pnl_usd(side_of(inputs), size, inputs["entry_price"], price)
    tokens = inputs.get("pool_long_tokens")
    pool = first(inputs, "pool_usd", "pool_short_usd") if tokens is None else tokens * price
    ratio = pnl / pool
    computed: Computed = {
        "side_pnl_usd": pnl,
        "pool_usd": pool,
        "pnl_to_pool": ratio,
        "adl_enabled": ratio > inputs["max_pnl_factor_for_adl"],
    }
    if "adl_size_delta_usd" in inputs:
        realised = pnl * inputs["adl_size_delta_usd"] / size
        after = (pnl - realised) / (pool - realised)
        computed["pnl_to_pool_after"] = after
        computed["valid_after"] = social_loss.is_pool_reduction_valid(
            ratio, after, inputs["min_pnl_factor_after_adl"]
        )
    return computed


FORMULAS = {
    ("Bybit", "social_loss"): bybit,
    ("Drift v2", "social_loss"): drift,
    ("GMX v2", "social_loss"): gmx,
}
