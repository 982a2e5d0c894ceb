"""Partial sizes, fees and their limits read from replays."""

from tests.vectors.adapters.inputs import Case, Inputs
from tests.vectors.formulas import partial_size
from tests.vectors.replays.accounts import cross_holder, position_in
from tests.vectors.replays.scene import (
    AT_MARK,
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
    venue_named,
)

_RATE = 0.1
_DEEP_USD = 1e18  # volume beside which every order is small
_STEPS = 61  # seconds that an order is watched
_FUND_USD = 1e12


def hyperliquid_size(case: Case) -> Reading:
    """The first order of a position, and when the next one comes."""
    inputs = case["inputs"]
    usd, fraction = float(inputs["position_usdc"]), inputs["fraction"]
    size = {"fraction": fraction, "above_notional": inputs["threshold_usdc"], "first_only": True}
    venue = altered(
        venue_named(case["venue"]),
        margin=margins(flat(_RATE)),
        liquidation={**AT_MARK, "size": size},
        takeover={"below_mm_fraction": 0.0},
    )
    # Enough to stay above zero, too little to be above maintenance after the first order.
    value = 0.5 * (1 - fraction) * _RATE * usd
    holder = Holder("account", value, (Position("M", usd),))
    market = Market([1.0] * _STEPS, volume_usd=_DEEP_USD)
    rows = replay(venue, {"M": market}, [holder]).liquidations
    steps, sizes = rows["step"].to_list(), rows["size"].to_list()
    followed = len(steps) > 1
    return Reading(
        {
            "first_order_usdc": sizes[0],
            "cooldown_s": steps[1] - steps[0] if followed else 0,
            "next_order": "full remainder" if abs(sum(sizes) - usd) <= 1e-9 * usd else "part",
        }
    )


def dydx_size(case: Case) -> Reading:
    """The most that a block may take of a position; the least is no rule of the product."""
    inputs = case["inputs"]
    if "max_notional_per_block" in inputs:
        return _block_limit(case["venue"], inputs)
    size, price = abs(inputs["position_base"]), float(inputs["oracle_price_usd"])
    least, portion = inputs["min_notional_usd"], inputs["max_position_portion"]
    if portion * size * price < least < size * price:
        raise NotExpressibleError("min notional")
    venue = altered(
        venue_named(case["venue"]),
        margin=margins(flat(_RATE)),
        liquidation={
            **AT_MARK,
            "size": {"fraction": portion, "above_notional": least},
            "max_usd_per_step": inputs.get("max_notional_usd"),
        },
    )
    holder = Holder("account", 0.01 * _RATE * size * price, (Position("M", size),))
    rows = replay(venue, {"M": Market([price], _DEEP_USD)}, [holder]).liquidations
    fill = only(rows, stage="book")
    most = fill["size"] * fill["mark_price"]
    allowed = partial_size.notional_range(
        size * price, least, portion, inputs.get("max_notional_usd", float("inf"))
    )
    return Reading(
        {
            "min_notional_liquidatable_usd": allowed.least_usd,
            "max_notional_liquidatable_usd": most,
        },
        lacking="min notional",
    )


def _block_limit(venue_name: str, inputs: Inputs) -> Reading:
    """Of two positions the first takes what the block has used; the second gets what is left."""
    most = float(inputs["max_notional_per_block"])
    used = float(inputs["notional_liquidated_this_block"])
    left = 0.0
    if 0.0 < used < most:
        held = (Position("A", used), Position("B", used))
        liquidation = {**AT_MARK, "size": "full", "max_usd_per_step": most}
        liquidation["positions_per_step"] = None  # one step here stands for two orders of a block
        venue = altered(
            venue_named(venue_name), margin=margins(flat(_RATE)), liquidation=liquidation
        )
        if most > 2 * used:
            raise NotExpressibleError("max_notional_per_block above twice what is used")
        markets = {name: Market([1.0], _DEEP_USD) for name in ("A", "B")}
        holder = Holder("account", 0.001 * _RATE * used, held)
        left = only(replay(venue, markets, [holder]).liquidations, market="B")["size"]
    elif used < most:
        raise NotExpressibleError("notional_liquidated_this_block of 0")
    lost = inputs["max_insurance_lost_per_block"] - inputs["insurance_lost_this_block"]
    return Reading(
        {"remaining_notional": left, "remaining_insurance": max(0.0, lost)}, lacking="in a block"
    )


def dydx_fee(case: Case) -> Reading:
    """What a fill of a position pays to the fund, or the fund for it."""
    inputs = case["inputs"]
    if "insurance_fund_delta_usd" in inputs:
        raise NotExpressibleError("fund cannot pay")
    market = position_in(inputs, "market", "liquidated_market")
    holder, markets = cross_holder("account", inputs)
    if len(holder.positions) > 1:
        raise NotExpressibleError("positions[] of several, filled at another price than the mark")
    # The bankruptcy price of a lone position is the same at every mark and rate: the fill's price
    # is the mark, and the rate is such that the account is offered there.
    entry, price = markets[market].marks[0], float(inputs["fill_price_usd"])
    filled, held = abs(inputs["fill_size_base"]), holder.positions[0].size
    at = Position(market, held, entry)
    venue = altered(
        venue_named(case["venue"]),
        margin=margins(flat(1.0)),
        liquidation={
            **AT_MARK,
            "limit": "none",
            "fee_rate": inputs["max_liquidation_fee"],
            "size": {"fraction": min(1.0, filled / abs(held)), "above_notional": 0.0},
            "max_usd_per_step": None,
        },
        absorber=[{"name": "fund", "cash": _FUND_USD, "max_notional": 0.0}],
        adl={"enabled": False},
    )
    markets = {market: Market([price], _DEEP_USD)}
    outcome = replay(venue, markets, [Holder("account", holder.cash_usd, (at,))])
    fill = only(outcome.liquidations)
    if fill["fee_usd"] == 0.0 and filled < abs(held):
        raise NotExpressibleError("fill_size_base below the position, beyond its bankruptcy price")
    paid = float(outcome.shortfalls["paid_by_absorbers_usd"].sum())
    return Reading({"insurance_fund_delta_usd": fill["fee_usd"] - paid})


REPLAYS = {
    ("Hyperliquid", "partial_size"): hyperliquid_size,
    ("dYdX v4", "partial_size"): dydx_size,
    ("dYdX v4", "liquidation_fee"): dydx_fee,
}
