"""Closings of one account against another, or by a liquidator, read from replays."""

from crashsim.engine.record.outcome import Outcome
from tests.vectors.adapters.inputs import Case, Inputs, side_of, signed_size
from tests.vectors.replays.accounts import bankrupt, cross_holder, cross_margins
from tests.vectors.replays.scene import (
    AT_MARK,
    SMALL_RATE,
    Holder,
    Market,
    NotExpressibleError,
    Position,
    Reading,
    altered,
    flat,
    margins,
    only,
    replay,
    root,
    venue_named,
)


def dydx_fill(case: Case) -> Reading:
    """A bankrupt account against one counterparty, at the bankruptcy or at the oracle price."""
    inputs = case["inputs"]
    liquidated, markets = cross_holder("liquidated", inputs["liquidated"])
    offsetting, more = cross_holder("offsetting", inputs["offsetting"])
    market = str(inputs.get("market", liquidated.positions[0].market))
    _reachable(inputs, liquidated, markets[market].marks[0])
    adl = {"price": "mark"} if "fill_price_usd" in inputs else {"below_mm_fraction": 1.0}
    venue = altered(
        venue_named(case["venue"]),
        margin={
            "markets": {
                **cross_margins(inputs["liquidated"], inputs)["markets"],
                **cross_margins(inputs["offsetting"], inputs)["markets"],
            }
        },
        liquidation={"participation": 0.0},
        absorber=[],
        adl=adl,
    )
    outcome = replay(venue, {**more, **markets}, [liquidated, offsetting])
    fills = outcome.adl_fills.filter(market=market)
    if not fills.height:
        if _below_maintenance(outcome, "offsetting") and offsetting.cash_usd >= 0.0:
            raise NotExpressibleError("counterparty below maintenance")
        return Reading({"valid": False})
    fill = only(fills)
    if abs(fill["size"] - abs(inputs["fill_base"])) > 1e-12 * abs(fill["size"]):
        raise NotExpressibleError("fill_base below what both hold")
    # A debt that rounding or the mark left was settled by rule 8; the case has it in the balance.
    owed = float(outcome.shortfalls["shortfall_usd"].sum())
    return Reading(
        {
            "valid": True,
            "fill_price_usd": fill["price"],
            "liquidated_usdc_after": _balance(outcome, "liquidated") - owed,
            "offsetting_usdc_after": _balance(outcome, "offsetting"),
        }
    )


def _reachable(inputs: Inputs, liquidated: Holder, mark: float) -> None:
    """Raise where the product would not deleverage: its losers have nothing left or owe."""
    equity = liquidated.cash_usd  # it entered at the marks
    if "fill_price_usd" in inputs:
        if inputs["fill_price_usd"] != mark:
            raise NotExpressibleError("fill_price_usd beside the oracle price")
        if equity != 0.0:
            raise NotExpressibleError("final settlement")


def _balance(outcome: Outcome, account: str) -> float:
    """The quote balance: cash less what the open positions cost."""
    held = outcome.positions_end.filter(account=account)
    cost = float((held["size"] * held["entry_price"]).sum())
    return float(only(outcome.units, account=account)["cash_end_usd"]) - cost


def _below_maintenance(outcome: Outcome, account: str) -> bool:
    unit = only(outcome.units, account=account)
    return bool(unit["equity_start_usd"] < unit["mm_start_usd"])


def observed(case: Case) -> Reading:
    """A closing that was seen: the entry at which its replay realises what was realised.

    The replay's profit is linear in the entry, so two replays tell which it was.
    """
    inputs = case["inputs"]
    side, exit_usd = side_of(inputs), float(inputs["exit_notional_usd"])
    seen = float(inputs["realised_pnl_usd"])
    venue = altered(
        venue_named(case["venue"]),
        margin=margins(flat(SMALL_RATE)),
        liquidation={"participation": 0.0},
        absorber=[],
        adl={"eligible": "opposite"},
    )

    def unexplained_usd(entry: float) -> float:
        winner = Holder("winner", 2 * exit_usd, (Position(inputs["coin"], float(side), entry),))
        loser = bankrupt(inputs["coin"], -float(side))
        accounts = replay(venue, {inputs["coin"]: Market([exit_usd])}, [winner, loser]).accounts
        return float(only(accounts, account="winner")["realised_pnl_usd"]) - seen

    entry = root(unexplained_usd, exit_usd, 1.5 * exit_usd)
    return Reading(
        {
            "entry_notional_usd": entry,
            "pnl_over_exit_notional": seen / exit_usd,
            "pnl_over_entry_notional": seen / entry,
        }
    )


def liquidator(case: Case) -> Reading:
    """All of a position passed on at a discount: an order filled at a spread of that size."""
    inputs = case["inputs"]
    if case.get("subkind") != "full_liquidation":
        raise NotExpressibleError("margin shortage")
    size, oracle = signed_size(inputs), float(inputs["oracle_price_usd"])
    value = inputs["collateral_usd"] + size * (oracle - inputs["entry_price_usd"])
    if value > 0.0:
        raise NotExpressibleError("insurance fee by margin shortage")
    venue = altered(
        venue_named(case["venue"]),
        margin=margins(flat(inputs["mmf"] + inputs["liquidation_buffer"])),
        liquidation={
            **AT_MARK,
            "half_spread": inputs["liquidator_fee"],
            "fee_rate": inputs["max_if_fee"],
        },
    )
    held = Position("M", size, inputs["entry_price_usd"])
    holder = Holder("account", inputs["collateral_usd"], (held,))
    outcome = replay(venue, {"M": Market([oracle], volume_usd=1e12)}, [holder])
    fill = only(outcome.liquidations, stage="book")
    account = only(outcome.accounts, account="account")
    side = 1 if size > 0 else -1
    left = float(outcome.positions_end.filter(account="account")["size"].sum())
    return Reading(
        {
            "base_liquidated": fill["size"],
            "transfer_price_usd": fill["price"],
            "if_fee_usd": fill["fee_usd"],
            "base_after": left,
            "user_quote_after": account["realised_pnl_usd"] - account["fees_usd"],
            "liquidator_base": side * fill["size"],
            "liquidator_quote": -side * fill["size"] * fill["price"],
        }
    )


REPLAYS = {
    ("Drift v2", "deleverage_fill"): liquidator,
    ("Hyperliquid", "deleverage_fill"): observed,
    ("dYdX v4", "deleverage_fill"): dydx_fill,
}
