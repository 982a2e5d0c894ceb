"""Rule 4 and section 8: whether a unit has its turn, and what it offers down to which price."""

from math import inf

from tests.reference.chance import draw
from tests.reference.margin import maintenance_by_market
from tests.reference.model import DUST, Market, Unit, World


def takes_its_turn(world: World, unit: Unit) -> bool:
    """Section 8, turn_probability: the draw of this step is below it."""
    drawn = draw(world.case.seed, world.step, *unit.id, "turn")
    return drawn < world.rules["liquidation"]["turn_probability"]


def largest_discounts(
    world: World, unit: Unit, bankruptcy: dict[Market, float]
) -> dict[Market, float]:
    """The largest discount of each position by `liquidation.limit`, when the turn begins."""
    limit = world.rules["liquidation"]["limit"]
    if limit == "none":
        return dict.fromkeys(unit.positions, inf)
    if limit != "bankruptcy":
        return _fillable(world, unit, limit["mm_multiple"])
    return {
        market: position.side * (world.mark[market] - bankruptcy[market]) / world.mark[market]
        for market, position in unit.positions.items()
    }


def _fillable(world: World, unit: Unit, mm_multiple: float) -> dict[Market, float]:
    """Section 8: `x * (mm_m / notional_m) * min(1, max(0, 1 - E / mm))` (1 where mm = 0)."""
    margins, equity = maintenance_by_market(world, unit), unit.equity(world.mark)
    margin = sum(margins.values())
    distress = 1.0 if margin == 0 else min(1.0, max(0.0, 1 - equity / margin))
    if distress == 1:
        world.reached("the fillable price is at its widest")
    elif distress == 0:
        world.reached("the fillable price is the mark")
    else:
        world.reached("the fillable price widens")
    return {
        market: mm_multiple * margins[market] / position.notional(world.mark[market]) * distress
        for market, position in unit.positions.items()
    }


def _cools_down(world: World, unit: Unit, market: Market) -> bool:
    """Section 8, cooldown_s: not offered again before t + cooldown_s after a close in part at t."""
    last_ms = unit.closed_in_part_ms.get(market)
    if last_ms is None:
        return False
    return world.time_ms < last_ms + world.rules["liquidation"]["cooldown_s"] * 1000


def order_size(world: World, unit: Unit, market: Market, left_usd: float) -> float:
    """Rule 4: `|size| * f`, held to what max_usd_per_step has left (section 8)."""
    if _cools_down(world, unit, market):
        world.reached("a cooldown holds a position back")
        return 0.0
    position, mark = unit.positions[market], world.mark[market]
    fraction = _fraction(world, position.notional(mark), market in unit.ordered)
    order = abs(position.size) * fraction
    most_usd = world.rules["liquidation"]["max_usd_per_step"]
    if left_usd == inf:
        return order
    if left_usd <= DUST * most_usd:
        world.reached("a unit has offered all that it may in a step")
        return 0.0
    if left_usd < order * mark:
        world.reached("an order held to what a unit may offer in a step")
    return min(order, left_usd / mark)


def _fraction(world: World, notional: float, ordered_before: bool) -> float:
    """Rule 4: f by `liquidation.size`: the fraction where notional exceeds the bound."""
    size = world.rules["liquidation"]["size"]
    if size == "full":
        return 1.0
    if size.get("first_only") and ordered_before:
        world.reached("a later order is for all")
        return 1.0
    scale = max(notional, size["above_notional"])
    over = world.compare(notional, size["above_notional"], scale, "notional for partial size")
    if over > 0:
        world.reached("an order for a fraction of a large position")
        return float(size["fraction"])
    world.reached("an order for the whole of a small position")
    return 1.0
