"""Cases of rules that the product has no part of: initial margin, orders, spot assets, pools."""

from collections.abc import Callable, Mapping

import numpy as np

from tests.vectors.adapters.inputs import Case, Computed, side_of
from tests.vectors.formulas import initial_margin, maintenance_margin, partial_size, spot
from tests.vectors.formulas.social_loss import (
    capped_payout_usd,
    crisis_waterfall,
    fund_surplus_usd,
    insured_with_fee,
)


def initial(case: Case) -> Computed:
    """By open interest, or of open orders."""
    inputs = case["inputs"]
    if "buy_orders" in inputs:
        buys, sells = initial_margin.open_sizes(
            inputs["signed_position"], inputs["buy_orders"], inputs["sell_orders"]
        )
        net = inputs["imf"] * inputs["mark"] * max(buys, sells)
        return {"buy_open_size": buys, "sell_open_size": sells, "net_imr_usd": net}
    scaled = (
        inputs["base_imf"],
        inputs["open_interest_usd"],
        inputs["lower_cap_usd"],
        inputs["upper_cap_usd"],
    )
    computed: Computed = {"imf": initial_margin.open_interest_scaled_rate(*scaled)}
    if "notional_quantums" in inputs:
        computed["initial_margin_quantums"] = initial_margin.margin_quantums(
            inputs["notional_quantums"], *scaled
        )
    return computed


def cancelled(case: Case) -> Computed:
    """Orders that a liquidation cancels."""
    inputs = case["inputs"]
    orders = [(order["side"], order["size"], order["price"]) for order in inputs["orders"]]
    gone = initial_margin.cancelled_orders(inputs["position"], orders)
    return {"cancelled": [{"side": side, "price": price} for side, _, price in gone]}


def weight(case: Case) -> Computed:
    """Collateral weight by size."""
    inputs = case["inputs"]
    return {
        "weight": spot.size_discounted_weight(
            inputs["size"], inputs["asset_weight"], inputs["imf_factor"]
        )
    }


def _freed(case: Case) -> float:
    names = ("asset_weight", "asset_multiplier", "liability_weight", "liability_multiplier")
    return spot.freed_rate(*(case["inputs"][name] for name in names))


def spot_fee(case: Case) -> Computed:
    """Insurance fund's fee of a spot debt."""
    inputs = case["inputs"]
    fee = spot.fund_fee_rate(
        inputs["margin_shortage_usd"],
        inputs["token_amount"] * inputs["oracle_price_usd"],
        _freed(case),
        inputs["liability_weight"],
        inputs["max_if_liquidation_fee"],
    )
    return {"if_liquidation_fee": fee}


def spot_size(case: Case) -> Computed:
    """Debt to pass on."""
    inputs = case["inputs"]
    debt = spot.debt_to_transfer(
        inputs["margin_shortage_usd"],
        inputs["liability_price_usd"],
        _freed(case),
        inputs["liability_weight"],
        inputs["if_liquidation_fee"],
    )
    return {"liability_to_transfer": debt}


def skew_margin(case: Case) -> Computed:
    """Margin that grows with the share of a position in its market."""
    inputs = case["inputs"]
    required = sum(
        abs(row["size"])
        * row["mark"]
        * maintenance_margin.skew_scaled_rate(
            row["size"], row["skew_scale"], row["imf"], row["min_imf"], row["mm_scalar"]
        )
        for row in inputs["positions"]
    )
    return {
        "maintenance_margin_usd": required,
        "liquidatable": maintenance_margin.is_below_maintenance(
            inputs["available_margin_usd"], required
        ),
    }


def account_ratio(case: Case) -> Computed:
    """Margin fraction of an account with a rate for each position."""
    inputs = case["inputs"]
    notional = np.array([float(abs(row["notional"])) for row in inputs["positions"]])
    rates = np.array([float(row["mmf"]) for row in inputs["positions"]])
    exposure, required = float(notional.sum()), float(notional @ rates)
    equity = inputs["net_equity"]
    return {
        "total_exposure": exposure,
        "mmr": required,
        "account_mmf": required / exposure,
        "account_mf": equity / exposure,
        "liquidate": maintenance_margin.is_below_maintenance(equity, required),
    }


def capacity(case: Case) -> Computed:
    """What a window still lets be liquidated."""
    inputs = case["inputs"]
    most = partial_size.window_capacity(
        inputs["skew_scale"],
        inputs["maker_fee"],
        inputs["taker_fee"],
        inputs["multiplier"],
        inputs["window_s"],
    )
    held = abs(inputs["position_base"])
    closed = min(held, max(0.0, most - inputs["liquidated_in_window"]))
    return {"base_liquidated": closed, "base_after": held - closed}


def block(case: Case) -> Computed:
    """What limits by block leave."""
    inputs = case["inputs"]
    used, lost = inputs["notional_liquidated_this_block"], inputs["insurance_lost_this_block"]
    return {
        "remaining_notional": max(0.0, inputs["max_notional_per_block"] - used),
        "remaining_insurance": max(0.0, inputs["max_insurance_lost_per_block"] - lost),
    }


def surplus(case: Case) -> Computed:
    """What a fund may pay out."""
    inputs = case["inputs"]
    usd = fund_surplus_usd(
        inputs["wallet_usd"], inputs["free_collateral_usd"], inputs["threshold_usd"]
    )
    return {"surplus_usd": usd}


def payout(case: Case) -> Computed:
    """What a winner against a pool is paid."""
    inputs = case["inputs"]
    pnl = side_of(inputs) * inputs["size_usd"] * (inputs["index_price"] / inputs["entry_price"] - 1)
    most = inputs["max_pnl_factor_for_traders"] * inputs["pool_usd"]
    return {
        "paid_usd": capped_payout_usd(inputs["collateral_usd"], pnl, inputs["side_pnl_usd"], most)
    }


def waterfall(case: Case) -> Computed:
    """Mango's fund with its fee, or Percolator's stages."""
    inputs = case["inputs"]
    if "liability_usd" in inputs:
        paid = insured_with_fee(
            inputs["liability_usd"], inputs["insurance_fund_usd"], inputs["liquidation_fee"]
        )
        return {"insurance_paid_usd": paid.insurance_usd, "socialised_usd": paid.socialised_usd}
    crisis = crisis_waterfall(
        inputs["principal"] + inputs["realised"],
        inputs["unvested_profit"],
        inputs["insurance"],
        inputs["collateral"],
    )
    return {
        "burned_unvested": crisis.burned_usd,
        "insurance_paid": crisis.insurance_usd,
        "equity_haircut": crisis.haircut_frac,
    }


# By kind and subkind, of whatever venue.
BY_SUBKIND: Mapping[tuple[str, str], Callable[[Case], Computed]] = {
    ("collateral_weight", "size_discount"): weight,
    ("initial_margin", "open_interest_scaled"): initial,
    ("initial_margin", "open_orders"): initial,
    ("insurance_fund", "surplus"): surplus,
    ("liquidation_fee", "spot"): spot_fee,
    ("maintenance_margin", "constructed_from_formula"): account_ratio,
    ("order_cancel", "open_orders"): cancelled,
    ("partial_size", "block_limit"): block,
    ("partial_size", "capacity_window"): capacity,
    ("partial_size", "spot"): spot_size,
    ("payout_cap", "winner_payout"): payout,
    ("social_loss", "waterfall"): waterfall,
}
FORMULAS = {("Synthetix v3", "maintenance_margin"): skew_margin}
