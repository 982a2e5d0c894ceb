"""Section 2: maintenance margin and bankruptcy prices; section 3: the order of distress."""

from collections.abc import Iterable
from itertools import pairwise
from math import inf, sqrt

from tests.reference.model import Holder, Market, Row, Unit, World
from tests.reference.venue import margin_table


def maintenance_of(world: World, market: Market, notional: float) -> float:
    """Section 2: the maintenance margin of one position by its market's table."""
    table = margin_table(world.rules, market)
    if table["kind"] == "sqrt":
        factor = table["factor"] * world.rules["margin"]["scale"]
        return _sqrt_margin(world, _scaled(world, table["base"]), factor, notional)
    tiers = [{**tier, "rate": _scaled(world, tier["rate"])} for tier in table["tiers"]]
    return _tier_margin(world, tiers, notional)


def _scaled(world: World, rate: float) -> float:
    """Section 8, `margin.scale`: that many times the rate, and at most 1."""
    scale = world.rules["margin"]["scale"]
    if scale != 1:
        world.reached("a scaled rate is held at 1" if scale * rate > 1 else "a scaled rate")
    return float(min(1.0, scale * rate))


def _sqrt_margin(world: World, base: float, factor: float, notional: float) -> float:
    """`notional * max(base, factor * sqrt(notional))`."""
    growing = factor * sqrt(notional)
    world.reached("sqrt margin above its base" if growing > base else "sqrt margin at its base")
    return float(notional * max(base, growing))


def _tier_margin(world: World, tiers: list[Row], notional: float) -> float:
    """The last tier with `b_j <= notional`; `mm = notional * r_j - d_j`."""
    chosen, deduction, sum_of_deductions = 0, 0.0, 0.0
    for j in range(len(tiers)):
        if j > 0:
            sum_of_deductions += tiers[j]["from"] * (tiers[j]["rate"] - tiers[j - 1]["rate"])
        if tiers[j]["from"] <= notional:
            chosen, deduction = j, sum_of_deductions
    world.reached("margin of the first tier" if chosen == 0 else "margin of a higher tier")
    return float(notional * tiers[chosen]["rate"] - deduction)


def maintenance_by_market(world: World, holder: Holder) -> dict[Market, float]:
    """The maintenance margin of each position of a holder."""
    return {
        market: maintenance_of(world, market, position.notional(world.mark[market]))
        for market, position in sorted(holder.positions.items())
    }


def maintenance(world: World, holder: Holder) -> float:
    """Section 2: `mm` of a unit is the sum over its positions."""
    return sum(maintenance_by_market(world, holder).values())


def bankruptcy_prices(world: World, holder: Holder, equity: float) -> dict[Market, float]:
    """Section 2: `pb = mark - E * (mm_m / mm) / size_m`, by notional where mm = 0."""
    weights = maintenance_by_market(world, holder)
    if sum(weights.values()) == 0:
        if weights:
            world.reached("bankruptcy prices shared by notional where the margin is 0")
        weights = {m: p.notional(world.mark[m]) for m, p in sorted(holder.positions.items())}
    total = sum(weights.values())
    return {
        m: world.mark[m] - equity * (weights[m] / total) / position.size
        for m, position in holder.positions.items()
    }


def meets_trigger(world: World, unit: Unit) -> bool:
    """Rule 3: `equity < mm` ("below") or `equity <= mm` ("at_or_below")."""
    equity, margin = unit.equity(world.mark), maintenance(world, unit)
    scale = max(unit.notional(world.mark), abs(unit.cash))
    difference = world.compare(equity, margin, scale, f"trigger of {unit.id}")
    if difference == 0 and unit.positions:
        world.reached("a unit exactly at its margin")
    if world.rules["liquidation"]["trigger"] == "at_or_below":
        return difference <= 0
    return difference < 0


def by_distress(world: World, units: Iterable[Unit]) -> list[Unit]:
    """Section 3: by `equity / mm` ascending (mm = 0: -inf), ties by unit id."""

    def health(unit: Unit) -> float:
        margin = maintenance(world, unit)
        return -inf if margin == 0 else unit.equity(world.mark) / margin

    keyed = sorted(((health(unit), unit.id, unit) for unit in units), key=lambda row: row[:2])
    for (first, _, one), (second, _, other) in pairwise(keyed):
        if first == second:
            world.reached("two units equally distressed go by id")
        elif first != -inf:
            what = f"distress of {one.id} and {other.id}"
            world.compare(first, second, max(abs(first), abs(second), 1.0), what)
    return [unit for _, _, unit in keyed]


def by_notional(world: World, holder: Holder) -> list[Market]:
    """Section 3: a unit's positions by notional descending, ties by market name."""
    notionals = {m: p.notional(world.mark[m]) for m, p in holder.positions.items()}
    markets = sorted(notionals, key=lambda m: (-notionals[m], m))
    for one, other in pairwise(markets):
        if notionals[one] == notionals[other]:
            world.reached("two positions of the same notional go by market name")
        world.compare(notionals[one], notionals[other], notionals[one], "notionals of a unit")
    return markets


def legs(world: World, holder: Holder) -> list[Market]:
    """Section 8, `liquidation.legs`: a unit's positions in the order in which they are closed."""
    if world.rules["liquidation"]["legs"] != "loss" or not isinstance(holder, Unit):
        return by_notional(world, holder)
    profits = {m: p.upnl(world.mark[m]) for m, p in holder.positions.items()}
    markets = sorted(by_notional(world, holder), key=lambda m: profits[m])
    if markets != by_notional(world, holder):
        world.reached("a position that lost more goes before a larger one")
    for one, other in pairwise(markets):
        if profits[one] == profits[other]:
            world.reached("two positions of the same profit go by notional")
        scale = max(holder.positions[m].notional(world.mark[m]) for m in (one, other))
        world.compare(profits[one], profits[other], scale, "profits of a unit's positions")
    return markets
