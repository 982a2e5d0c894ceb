"""Rule 6 (ADL) and rule 7 (absorber breach)."""

from dataclasses import dataclass
from itertools import pairwise
from math import floor

from tests.reference.flows import return_isolated_cash
from tests.reference.margin import bankruptcy_prices, legs
from tests.reference.model import (
    DUST,
    ROUNDING,
    Absorber,
    Market,
    Unit,
    World,
    close_part,
)
from tests.reference.queues import Candidate, Queues, queues_of
from tests.reference.takeover import is_due


@dataclass(frozen=True)
class Ask:
    """One position to be closed against winners."""

    loser: Unit | Absorber
    market: Market
    price: float
    bankruptcy_price: float


def deleverage(world: World, flagged: list[Unit], bankrupt: list[Unit]) -> Queues | None:
    """Rule 6, skipped with `adl.enabled = false`; returns the queues for rule 7."""
    if not world.rules["adl"]["enabled"]:
        if bankrupt:
            world.reached("ADL is off where it was needed")
        return None
    queues = queues_of(world, flagged)
    for unit in bankrupt:
        equity = unit.equity(world.mark)
        if unit.is_early:
            _close_early(world, queues, unit, equity)
            continue
        if equity > 0:
            world.reached("a unit has equity again when its ADL begins")
        if not unit.deficit_counted:  # a retry at a later step is not a new beginning
            unit.deficit_counted = True
            world.deficit_usd += max(0.0, -equity)
        _close_against(world, queues, unit, equity)
    return queues


def breach(world: World, queues: Queues | None) -> None:
    """Rule 7: equity < floor - 1e-9 * gross: positions closed by rule 6, pb from equity - floor."""
    for absorber in world.absorbers:
        equity, gross = absorber.equity(world.mark), absorber.notional(world.mark)
        if absorber.rules["on_breach"] != "adl" or not absorber.positions:
            continue
        bound = absorber.floor - ROUNDING * gross
        if world.compare(equity, bound, max(gross, abs(equity)), "breach") >= 0:
            continue
        if queues is None:
            world.reached("a breach with ADL off is held")
            continue
        world.reached("a breached absorber's positions are deleveraged")
        if absorber.floor > absorber.rules["floor"]:
            world.reached("a drawdown floor is breached")
        _close_against(world, queues, absorber, equity - absorber.floor)


def _close_early(world: World, queues: Queues, unit: Unit, equity: float) -> None:
    """Section 8: an early unit's positions, until it is above; never at worse than pb."""
    bankruptcy = bankruptcy_prices(world, unit, equity)
    at_once = world.rules["liquidation"]["legs"] == "parallel"
    for number, market in enumerate(legs(world, unit)):
        if number > 0 and at_once:
            world.reached("an early unit is closed at once")
        elif not is_due(world, unit):
            first = "is saved before its ADL" if number == 0 else "is above its part of mm again"
            world.reached(f"an early unit {first}")
            return
        elif number > 0:
            world.reached("an early unit needs another position closed")
        pb, side = bankruptcy[market], unit.positions[market].side
        price = _price(world, market, pb)
        if side * (pb - price) > 0:
            world.reached("an early unit is not closed into debt")
            price = pb
        _close_one(world, queues, Ask(unit, market, price, pb))


def _close_against(world: World, queues: Queues, loser: Unit | Absorber, equity: float) -> None:
    """Rule 6: one position after another, at prices fixed when this ADL begins."""
    bankruptcy = bankruptcy_prices(world, loser, equity)
    for market in legs(world, loser):
        price = _price(world, market, bankruptcy[market])
        _close_one(world, queues, Ask(loser, market, price, bankruptcy[market]))


def _close_one(world: World, queues: Queues, ask: Ask) -> None:
    """Rule 6: one position against the queue of the other side."""
    side = ask.loser.positions[ask.market].side
    queue = queues.by_market_side.get((ask.market, -side), [])
    if not queue:
        world.reached("no candidate at all")
    elif world.rules["adl"]["allocation"] == "queue":
        _fill_from_the_top(world, queues, ask, queue)
    else:
        _fill_pro_rata(world, queues, ask, queue)
    if ask.market in ask.loser.positions:
        world.reached("ADL leaves a remainder open")


def _price(world: World, market: Market, pb: float) -> float:
    """Rule 6: `bankruptcy`, `mark`, or `previous_mark` (mark[k-1]; mark[0] at k = 0)."""
    rule = world.rules["adl"]["price"]
    world.reached(f"ADL at {rule} price")
    if rule == "bankruptcy":
        if pb < 0:
            world.reached("ADL at a negative bankruptcy price")
        return pb
    if rule == "mark":
        return world.mark[market]
    return world.case.mark[max(world.step - 1, 0)][world.case.markets.index(market)]


def _capacity(world: World, ask: Ask, one: Candidate) -> float:
    """Rule 6: the size still open, and no more than leaves the unit's equity >= 0."""
    position = one.holder.positions.get(ask.market)
    if position is None:
        world.reached("a candidate is already closed")
        return 0.0
    capacity = abs(position.size)
    gain = position.side * (ask.price - world.mark[ask.market])
    if gain < 0:
        affordable = max(0.0, one.holder.equity(world.mark)) / -gain
        scale = max(capacity, one.size_at_start)
        if world.compare(affordable, capacity, scale, "what a winner can afford") < 0:
            world.reached("a winner too poor for the price")
            capacity = affordable
    return _without_dust(world, capacity, one)


def _without_dust(world: World, quantity: float, one: Candidate) -> float:
    """Rule 6: a capacity or fill <= 1e-12 of the size at the start of the rule is 0."""
    if quantity <= DUST * one.size_at_start:
        if quantity > 0:
            world.close_calls.append(f"step {world.step}: dust in a queue")
        world.reached("a winner has no capacity")
        return 0.0
    return quantity


def _fill_from_the_top(world: World, queues: Queues, ask: Ask, queue: list[Candidate]) -> None:
    """Rule 6, "queue": fill from the top, the last one partly."""
    for one in queue:
        position = ask.loser.positions.get(ask.market)
        if position is None:
            return
        need = abs(position.size)
        capacity = _capacity(world, ask, one)
        if capacity == need:
            world.reached("a winner covers the need exactly")
        elif capacity > need:
            world.reached("the last winner is closed partly")
        quantity = min(need, capacity)
        if quantity > 0:
            _both_close(world, queues, ask, one, _without_dust(world, quantity, one))


def _fill_pro_rata(world: World, queues: Queues, ask: Ask, queue: list[Candidate]) -> None:
    """Rule 6, "pro_rata": `x_w = Q * capacity_w / sum(capacity)`, Q the smaller of need and sum."""
    capacities = [_capacity(world, ask, one) for one in queue]
    total = sum(capacities)
    if total == 0:
        return
    wanted = min(abs(ask.loser.positions[ask.market].size), total)
    quantities = [wanted * capacity / total for capacity in capacities]
    if world.rules["adl"]["lot"] is not None:
        quantities = _in_lots(world, queue, quantities, capacities, wanted)
    for one, quantity in zip(queue, quantities, strict=True):
        if _without_dust(world, quantity, one) > 0:
            world.reached("a pro-rata part")
            _both_close(world, queues, ask, one, quantity)


def _in_lots(
    world: World,
    queue: list[Candidate],
    quantities: list[float],
    capacities: list[float],
    wanted: float,
) -> list[float]:
    """Rule 6: floor to lots, then by remainder, ties by id, `min(lot, rest, capacity left)`."""
    lot = world.rules["adl"]["lot"]
    given = [floor(quantity / lot) * lot for quantity in quantities]
    for quantity in quantities:
        lots = quantity / lot
        world.compare(lots, round(lots), max(lots, 1.0), "whole lots")
    remainders = [q - g for q, g in zip(quantities, given, strict=True)]
    by_remainder = sorted(range(len(queue)), key=lambda i: (-remainders[i], queue[i].holder.id))
    for i, j in pairwise(by_remainder):
        if remainders[i] == remainders[j]:
            world.reached("equal remainders of lots go by id")
        world.compare(remainders[i], remainders[j], max(lot, wanted), "remainders of lots")
    rest = wanted - sum(given)
    for i in by_remainder:
        more = min(lot, rest, capacities[i] - given[i])
        if 0 < rest < lot and more == rest:
            world.reached("the last lot is a broken one")
        if more > 0:
            world.reached("a lot by remainder")
            given[i] += more
            rest -= more
    return given


def _both_close(world: World, queues: Queues, ask: Ask, one: Candidate, quantity: float) -> None:
    """Rule 6: both sides close x at that price."""
    if quantity == 0:
        return
    winner, loser, market = one.holder, ask.loser, ask.market
    mark, side = world.mark[market], winner.positions[market].side
    notional = quantity * mark
    upnl = side * quantity * (mark - winner.positions[market].entry)
    cost = side * quantity * (mark - ask.price)
    if isinstance(winner, Unit) and winner.account == loser.name:
        world.reached("a unit of the loser's own account is the winner")
    for holder in (loser, winner):
        size_at_start = queues.sizes[(*holder.id, market)]
        realised = close_part(holder, market, quantity, ask.price, size_at_start)
        if isinstance(holder, Unit):
            holder.note_closed(market, notional)
            world.accounts[holder.account]["realised_pnl_usd"] += realised
    _note_winner(world, winner, notional, cost)
    world.totals["adl_usd"] += notional
    world.write(
        "adl_fills",
        market=market,
        winner=winner.name,
        loser=loser.name,
        side="long" if side > 0 else "short",
        size=quantity,
        price=ask.price,
        mark_price=mark,
        bankruptcy_price=ask.bankruptcy_price,
        rank=one.rank,
        score=one.score,
        winner_upnl_usd=upnl,
        cost_usd=cost,
    )
    return_isolated_cash(world, loser)
    return_isolated_cash(world, winner)


def _note_winner(world: World, winner: Unit | Absorber, notional: float, cost: float) -> None:
    if not isinstance(winner, Unit):
        world.reached("an absorber is deleveraged as a winner")
        return
    stats = world.accounts[winner.account]
    stats["adl_notional_usd"] += notional
    stats["adl_fills"] += 1
    stats["adl_cost_usd"] += cost
    stats["was_deleveraged"] = True
