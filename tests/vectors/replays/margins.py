"""Margins and triggers read from a replay."""

from collections.abc import Mapping
from typing import Any

import pytest

from crashsim.scenarios.models.venue import Venue
from tests.vectors.adapters import tables
from tests.vectors.adapters.inputs import Case, Inputs, first
from tests.vectors.replays.accounts import bankruptcy_price, cross_holder, cross_margins
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
    tiers,
    venue_named,
)

STAGES = {"takeover": "backstop vault", "book": "order book", "adl": "ADL", "none": "none"}
_BESIDE_RATE = 0.05
_A_LITTLE_MORE = 1 + 1e-4  # the notional of a second account, by which a tier's rate shows


def tier_margin(case: Case) -> Reading:
    """Margin, rate and deduction: of one account at the notional and of one a little above it."""
    inputs = case["inputs"]
    table = _tiers_of(case)
    market = inputs.get("market", "M")
    venue = venue_named(case["venue"])
    if table is not None:
        venue = altered(venue, margin=margins(table))
    notional = notional_of(inputs)
    asked = [notional, notional * _A_LITTLE_MORE]
    at, above = _margins_of(venue, market, asked)
    rate = (above - at) / (asked[1] - asked[0])
    deduction = notional * rate - at
    return Reading(
        {"rate": rate, "cum": deduction, "deduction": deduction, "maintenance_margin": at}
    )


def notional_of(inputs: Inputs) -> float:
    """The notional of a case, USD."""
    return float(first(inputs, "notional", "notional_usd", "notional_usdt", "notional_usdc"))


def _tiers_of(case: Case) -> Mapping[str, Any] | None:
    """The tiers a case states; None where the bundled venue's own serve."""
    inputs = case["inputs"]
    if "tiers" in inputs:
        # Half of the initial margin at the tier's largest leverage: Hyperliquid's own statement.
        return tiers({t["lower_bound_usdc"]: 0.5 / t["max_leverage"] for t in inputs["tiers"]})
    if case["venue"] == "Cube":
        return tiers(tables.CUBE)
    if case["venue"] == "Binance" and inputs["market"] in tables.BINANCE_OF_2024:
        return tiers(tables.BINANCE_OF_2024[inputs["market"]])
    return None


def _margins_of(venue: Venue, market: str, notionals: list[float]) -> list[float]:
    """Maintenance margin of a lone position of each notional, USD."""
    holders = [
        Holder(f"{number:03}", usd, (Position(market, usd),))
        for number, usd in enumerate(notionals)
    ]
    units = replay(venue, {market: Market([1.0])}, holders).units
    found = [float(mm) for mm in units.sort("account")["mm_start_usd"].to_list()]
    # The engine has the tables twice: for all units at once, and for the one that has its turn.
    assert found == pytest.approx([_margin_at_work(venue, market, usd) for usd in notionals])
    return found


def own_margin(venue_name: str, market: str, notional_usd: float) -> float | None:
    """Margin by the bundled venue's own table; None where it has none of the market and date."""
    venue = venue_named(venue_name)
    if venue_name == "Binance" and market in tables.BINANCE_OF_2024:
        return None
    if venue.margin.margin_table_for(market).key == "*":
        return None
    return _margins_of(venue, market, [notional_usd])[0]


def _margin_at_work(venue: Venue, market: str, usd: float) -> float:
    """Margin of a position as it shares equity with another one, whose rate is known.

    A takeover shows the bankruptcy price, by which the position loses its share of the equity.
    """
    beside = _BESIDE_RATE * usd
    tables = venue.model_dump(by_alias=True)["margin"]["markets"]
    equity = beside / 2
    holder = Holder("account", equity, (Position(market, usd), Position("BESIDE", usd)))
    price = bankruptcy_price(
        venue,
        holder,
        {market: Market([1.0]), "BESIDE": Market([1.0])},
        {"markets": {**tables, "BESIDE": flat(_BESIDE_RATE)}},
        market,
    )
    share = (1.0 - price) * usd / equity
    return share / (1.0 - share) * beside


def square_root_margin(case: Case) -> Reading:
    """Both margins by the venue's curve; for the initial one its parameters are put in its place.

    The product keeps one table a market: initial margin is not a rule of it.
    """
    inputs = case["inputs"]
    notional, market = notional_of(inputs), inputs["market"]
    usd = {}
    for name in ("imf", "mmf"):
        curve = {"kind": "sqrt", "base": inputs[name]["base"], "factor": inputs[name]["factor"]}
        venue = altered(venue_named(case["venue"]), margin=margins(curve))
        (usd[name],) = _margins_of(venue, market, [notional])
    return Reading(
        {
            "imf": usd["imf"] / notional,
            "mmf": usd["mmf"] / notional,
            "initial_margin_usd": usd["imf"],
            "maintenance_margin_usd": usd["mmf"],
        },
        lacking="initial margin",
    )


def account_margin(case: Case) -> Reading:
    """Equity, margin and trigger of a cross account."""
    inputs = case["inputs"]
    if "open_order_base_same_side" in inputs:
        raise NotExpressibleError("open_order_base_same_side")
    holder, markets = cross_holder("account", inputs)
    venue = altered(
        venue_named(case["venue"]),
        margin=cross_margins(inputs),
        liquidation={"participation": 0.0},
        absorber=[],
    )
    outcome = replay(venue, markets, [holder])
    unit = only(outcome.units, account="account")
    return Reading(
        {
            "net_collateral_usd": unit["equity_start_usd"],
            "maintenance_margin_usd": unit["mm_start_usd"],
            "liquidatable": bool(outcome.timeline["units_below_mm"][0]),
        }
    )


def account_ratio(case: Case) -> Reading:
    """An account of which equity and the rate of each position are given, as one long a market."""
    inputs = case["inputs"]
    rows = {f"M{place}": row for place, row in enumerate(inputs["positions"])}
    held = tuple(Position(name, float(row["notional"])) for name, row in rows.items())
    tables = {name: flat(row["mmf"]) for name, row in rows.items()}
    venue = altered(
        venue_named(case["venue"]),
        margin=margins(flat(0.0), **tables),
        liquidation={"participation": 0.0},
        absorber=[],
    )
    markets = {name: Market([1.0]) for name in rows}
    outcome = replay(venue, markets, [Holder("account", inputs["net_equity"], held)])
    unit = only(outcome.units, account="account")
    exposure, required = unit["notional_start_usd"], unit["mm_start_usd"]
    return Reading(
        {
            "total_exposure": exposure,
            "mmr": required,
            "account_mmf": required / exposure,
            "account_mf": unit["equity_start_usd"] / exposure,
            "liquidate": bool(outcome.timeline["units_below_mm"][0]),
        }
    )


def stage(case: Case) -> Reading:
    """Where an account is dealt with: the first stage that a replay of it shows.

    The vault has no funds of its own: it takes what has value, and refuses what owes.
    """
    inputs = case["inputs"]
    value, required = inputs["account_value"], inputs["maintenance_margin"]
    venue = altered(
        venue_named(case["venue"]),
        margin=margins(flat(0.1)),
        absorber=[{"name": "vault", "cash": 0.0}],
        liquidation=AT_MARK,
    )
    size = required / 0.1
    holders = [
        Holder("account", value, (Position("M", size),)),
        Holder("other", 10 * size, (Position("M", -size, entry=2.0),)),
    ]
    return Reading({"stage": STAGES[_first_stage(venue, holders)]})


def _first_stage(venue: Venue, holders: list[Holder]) -> str:
    """The later stages are asked first: each is only for what the book could not have kept."""
    without_book = replay(venue, {"M": Market([1.0])}, holders)
    if without_book.adl_fills.height:
        return "adl"
    if without_book.liquidations.height:
        return str(without_book.liquidations["stage"][0])
    with_book = replay(venue, {"M": Market([1.0], volume_usd=1e15)}, holders)
    return str(with_book.liquidations["stage"][0]) if with_book.liquidations.height else "none"


BY_SUBKIND = {("maintenance_margin", "constructed_from_formula"): account_ratio}
REPLAYS = {
    ("Backpack", "maintenance_margin"): square_root_margin,
    ("Binance", "maintenance_margin"): tier_margin,
    ("Cube", "maintenance_margin"): tier_margin,
    ("dYdX v4", "maintenance_margin"): account_margin,
}


def hyperliquid(case: Case) -> Reading:
    """Tiers, or the stage of an account."""
    return stage(case) if "account_value" in case["inputs"] else tier_margin(case)


REPLAYS[("Hyperliquid", "maintenance_margin")] = hyperliquid
