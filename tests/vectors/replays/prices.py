"""Liquidation and bankruptcy prices read from replays."""

import math
from collections.abc import Mapping

import numpy as np

from crashsim.scenarios.models.venue import Venue
from tests.vectors.adapters.inputs import Case, Inputs, first, isolated_margin, side_of, signed_size
from tests.vectors.formulas.bankruptcy_price import (
    deviation_from_mark,
    price_on_tick,
    settlement_price,
)
from tests.vectors.formulas.rounding import ceil_to
from tests.vectors.replays.accounts import (
    bankruptcy_price,
    cross_holder,
    cross_margins,
    position_in,
)
from tests.vectors.replays.scene import (
    AT_MARK,
    SMALL_RATE,
    Holder,
    Market,
    NotExpressibleError,
    Position,
    Reading,
    altered,
    deducted,
    flat,
    margins,
    only,
    replay,
    root,
    venue_named,
)

_ROUNDS = 11  # of 40 marks each: a range of 1e9 shrinks to the last digits of a float
_MARKS = 40
QUANTUM_USD = 1e-6


def trigger_price(venue: Venue, holder: Holder, marks: Mapping[str, float], market: str) -> float:
    """The mark of one market at which the replay begins to find the account below maintenance.

    Nothing can be closed, so each replay walks one book along a ladder of marks; the next ladder
    lies between the two marks at which the count of units below maintenance changes.
    """
    idle = altered(venue, liquidation={"participation": 0.0}, absorber=[])
    low, high = marks[market] * 1e-6, marks[market] * 1e3
    for _ in range(_ROUNDS):
        ladder = np.geomspace(low, high, _MARKS)
        markets = {name: Market([mark] * _MARKS) for name, mark in marks.items()}
        markets[market] = Market(ladder.tolist())
        below = replay(idle, markets, [holder]).timeline["units_below_mm"].to_numpy() > 0
        changes = np.flatnonzero(below[1:] != below[:-1])
        if not changes.size:
            raise NotExpressibleError("a price at which nothing is liquidated")
        change = int(changes[0])
        low, high = float(ladder[change]), float(ladder[change + 1])
        if high - low <= math.ulp(high) * _MARKS:
            break
    return (low + high) / 2


def isolated_liquidation(case: Case) -> Reading:
    """A lone isolated position; a fee that the venue reserves at the trigger is part of its rate.

    OKX liquidates at a margin ratio of 100 %, which counts maintenance margin and fee.
    """
    inputs = case["inputs"]
    rate = inputs["mmr"] + inputs.get("taker_fee", 0.0)
    venue = altered(
        venue_named(case["venue"]), margin=margins(deducted(rate, inputs.get("cum", 0.0)))
    )
    position = Position("M", signed_size(inputs), inputs["entry"], isolated_margin(inputs))
    price = trigger_price(
        venue, Holder("account", 0.0, (position,)), {"M": float(inputs["entry"])}, "M"
    )
    return Reading({"liquidation_price": price})


def binance_liquidation(case: Case) -> Reading:
    """An isolated position, or one of several of a cross account."""
    inputs = case["inputs"]
    if "positions" not in inputs and "wallet_balance" in inputs:
        position = {**inputs, "market": "M", "mark": inputs.get("mark", inputs["entry"])}
        inputs = {**inputs, "positions": [position], "target": "M"}
    if "positions" not in inputs:
        return isolated_liquidation(case)
    rows = inputs["positions"]
    tables = {row["market"]: deducted(row["mmr"], row.get("cum", 0.0)) for row in rows}
    venue = altered(venue_named(case["venue"]), margin=margins(flat(SMALL_RATE), **tables))
    held = tuple(Position(row["market"], signed_size(row), row["entry"]) for row in rows)
    (target,) = (row["market"] for row in rows if row["market"].startswith(inputs["target"]))
    holder = Holder("account", inputs["wallet_balance"], held)
    marks = {row["market"]: float(row["mark"]) for row in rows}
    return Reading({"liquidation_price": trigger_price(venue, holder, marks, target)})


def bybit_liquidation(case: Case) -> Reading:
    """Bybit asks maintenance margin of the value at entry; the product's tables go by mark."""
    raise NotExpressibleError("entry value")


def hyperliquid_liquidation(case: Case) -> Reading:
    """A position with what stands behind it, entered at the mark."""
    inputs = case["inputs"]
    size, mark = signed_size(inputs), float(first(inputs, "mark", "price"))
    rate = inputs["maintenance_rate"]
    held = inputs.get("account_value", inputs.get("isolated_margin"))
    if held is None:
        held = inputs["margin_available"] + inputs["maintenance_required"]
    deduction = rate * abs(size) * mark - inputs["maintenance_required"]
    table = deducted(rate, deduction if deduction > 1e-9 * mark * abs(size) else 0.0)
    venue = altered(venue_named(case["venue"]), margin=margins(table))
    isolated = float(held) if "isolated_margin" in inputs else None
    holder = Holder(
        "account", 0.0 if isolated else float(held), (Position("M", size, mark, isolated),)
    )
    return Reading({"liquidation_price": trigger_price(venue, holder, {"M": mark}, "M")})


def dydx_limit(case: Case) -> Reading:
    """The limit of an order: an order for all of the book ends at it, on average halfway there."""
    inputs = case["inputs"]
    if inputs["bankruptcy_adjustment"] != 1:
        raise NotExpressibleError("bankruptcy adjustment")
    market = position_in(inputs, "liquidated_market", "market")
    holder, markets = cross_holder("account", inputs)
    (size,) = (abs(held.size) for held in holder.positions if held.market == market)
    mark = markets[market].marks[0]
    markets[market] = Market([mark], volume_usd=size * mark)
    venue = altered(
        venue_named(case["venue"]),
        margin=cross_margins(inputs),
        liquidation={
            **AT_MARK,
            "impact": 1.0,
            "size": "full",
            "max_usd_per_step": None,
            "limit": {"mm_multiple": inputs["spread_to_mmr_ratio"]},
        },
    )
    fill = only(replay(venue, markets, [holder]).liquidations, market=market, stage="book")
    return Reading({"liquidation_order_limit_price_usd": 2 * fill["price"] - mark})


def dydx_bankruptcy(case: Case) -> Reading:
    """The bankruptcy price of a position; the quote of a fill at it is rounded up to a quantum."""
    inputs = case["inputs"]
    market = position_in(inputs, "close_market")
    holder, markets = cross_holder("account", inputs)
    price = bankruptcy_price(
        venue_named(case["venue"]), holder, markets, cross_margins(inputs), market
    )
    closed = inputs["close_size_base"]
    exact = -closed * price
    quote = ceil_to(exact, QUANTUM_USD)
    rounds = abs(quote - exact) > 1e-9 * abs(exact)
    return Reading(
        {"quote_delta_usd": quote, "bankruptcy_price_usd": -quote / closed},
        lacking="quantum" if rounds else "",
    )


def bybit_bankruptcy(case: Case) -> Reading:
    """Bankruptcy price; where the venue rounds it or settles at mark instead, by formula."""
    inputs = case["inputs"]
    side = side_of(inputs)
    if "inverse" in str(inputs.get("contract", "")):
        price, mark = _inverse_bankruptcy(case["venue"], inputs, side), None
    else:
        mark = float(inputs.get("mark", inputs["entry"]))
        cash = isolated_margin(inputs) + inputs.get("wallet_balance", 0.0)
        held = Position("M", signed_size(inputs), inputs["entry"])
        table = margins(flat(SMALL_RATE))
        price = bankruptcy_price(
            venue_named(case["venue"]),
            Holder("account", cash, (held,)),
            {"M": Market([mark])},
            table,
            "M",
        )
    figures, lacking = {"bankruptcy_price": price}, []
    if "tick" in inputs:
        figures["rounded"] = price_on_tick(price, side, inputs["tick"])
        lacking.append("tick")
    if mark is not None and "mark" in inputs:
        figures["deviation_from_mark"] = deviation_from_mark(price, mark)
        figures["adl_settlement_price"] = settlement_price(price, mark)
        lacking.append("5 % from mark")
    return Reading(figures, lacking=", ".join(lacking))


def _inverse_bankruptcy(venue_name: str, inputs: Inputs, side: int) -> float:
    """An inverse contract is, in USD, a linear position of its value at entry beside its coins.

    Size = contracts / entry, and the balance is collateral of the same coin. The closing fee of an
    inverse contract is fixed in USD (fee * contracts), so it stands in the book as a debt. The
    price sought is the mark at which equity, linear in the mark, is 0.
    """
    entry = float(inputs["entry"])
    contracts = float(inputs.get("contracts", 1.0))
    coins = inputs.get("account_balance_btc")
    if coins is None:
        coins = contracts / entry / inputs["leverage"]
    if side < 0 and coins >= contracts / entry:
        raise NotExpressibleError("a short with leverage 1 or less")
    venue = altered(
        venue_named(venue_name),
        margin=margins(flat(SMALL_RATE)),
        collateral={"assets": {"*": {"weight": 1.0}}},
        liquidation={**AT_MARK, "participation": 0.0},
        absorber=[],
        adl={"enabled": False},
    )
    holder = Holder(
        "account",
        -contracts * inputs.get("taker_fee", 0.0),
        (Position("BTC", side * contracts / entry, entry),),
        {"BTC": float(coins)},
    )

    def equity_at(mark: float) -> float:
        units = replay(venue, {"BTC": Market([mark])}, [holder]).units
        return float(only(units, account="account")["equity_start_usd"])

    return root(equity_at, entry, 2 * entry)


REPLAYS = {
    ("Binance", "liquidation_price"): binance_liquidation,
    ("Bybit", "liquidation_price"): bybit_liquidation,
    ("Bybit", "bankruptcy_price"): bybit_bankruptcy,
    ("Hyperliquid", "liquidation_price"): hyperliquid_liquidation,
    ("OKX", "liquidation_price"): isolated_liquidation,
    ("dYdX v4", "liquidation_price"): dydx_limit,
    ("dYdX v4", "bankruptcy_price"): dydx_bankruptcy,
}
