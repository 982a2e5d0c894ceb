"""Rule 3 (flag), rule 4 (book liquidation) and rule 9 (unwind)."""

from dataclasses import dataclass
from math import inf

from tests.reference.flows import return_isolated_cash
from tests.reference.margin import (
    bankruptcy_prices,
    by_distress,
    by_notional,
    legs,
    maintenance,
    meets_trigger,
)
from tests.reference.model import Absorber, Market, Unit, World, close_part
from tests.reference.orders import largest_discounts, order_size, takes_its_turn


@dataclass(frozen=True)
class Fill:
    """What the book gave: a quantity in base units at an average price."""

    quantity: float
    price: float


@dataclass(frozen=True)
class Terms:
    """Of one order, fixed when the unit's turn begins."""

    limit: float  # the largest discount
    bankruptcy: float  # price
    size_at_start: float


@dataclass
class Turns:
    """How many turns are left in this step; None where there is no limit."""

    left: int | None


def flag(world: World) -> list[Unit]:
    """Rule 3: L = units with a position that meet the trigger, in order of distress."""
    flagged = [u for u in world.units.values() if u.positions and meets_trigger(world, u)]
    for unit in flagged:
        if maintenance(world, unit) == 0:
            world.reached("a flagged unit whose margin is 0")
    world.totals["units_below_mm"] = len(flagged)
    return by_distress(world, flagged)


def liquidate(world: World, flagged: list[Unit]) -> list[Unit]:
    """Rule 4: each unit of L in turn; returns L as it is after the rule, in the same order."""
    turns = Turns(world.rules["liquidation"]["units_per_step"])
    return [unit for unit in flagged if _turn(world, unit, turns)]


def _turn(world: World, unit: Unit, turns: Turns) -> bool:
    """Rule 4: one unit's orders. False once it no longer meets the trigger and leaves L."""
    if not meets_trigger(world, unit):
        world.reached("a unit is saved before its turn")
        return False
    if turns.left == 0:
        world.reached("a unit has no turn, for others have had them all")
        return True
    if not takes_its_turn(world, unit):
        world.reached("a turn is not taken")
        return True
    turns.left = None if turns.left is None else turns.left - 1
    bankruptcy = bankruptcy_prices(world, unit, unit.equity(world.mark))
    limits = largest_discounts(world, unit, bankruptcy)
    sizes = {market: abs(position.size) for market, position in unit.positions.items()}
    terms = {m: Terms(limits[m], bankruptcy[m], sizes[m]) for m in unit.positions}
    if world.rules["liquidation"]["legs"] == "parallel":
        _orders_at_once(world, unit, terms)
        return _is_still_flagged(world, unit)
    offered = 0
    for market in legs(world, unit):
        order = order_size(world, unit, market, _left_usd(world, unit))
        if order > 0 and offered == world.rules["liquidation"]["positions_per_step"]:
            world.reached("a unit has offered so many positions as it may")
            break
        offered += order > 0
        _order(world, unit, market, order, terms[market])
        if not _is_still_flagged(world, unit):
            return False
    return True


def _orders_at_once(world: World, unit: Unit, terms: dict[Market, Terms]) -> None:
    """Section 8, "parallel": every position, and with a bound in USD the same share of each."""
    orders = {market: order_size(world, unit, market, inf) for market in legs(world, unit)}
    offered = [market for market, order in orders.items() if order > 0]
    limit = world.rules["liquidation"]["positions_per_step"]
    if limit is not None and len(offered) > limit:
        world.reached("positions beyond those that may be offered at once")
    orders = {market: orders[market] for market in offered[:limit]}
    worth = sum(order * world.mark[market] for market, order in sorted(orders.items()))
    most = _left_usd(world, unit)
    if len(orders) > 1:
        world.reached("positions are offered at once")
        if worth > most:
            world.reached("positions offered at once are held to the same share")
    share = min(1.0, most / worth) if worth > 0 else 1.0
    for market, order in orders.items():
        _order(world, unit, market, share * order, terms[market])


def _left_usd(world: World, unit: Unit) -> float:
    """Section 8, max_usd_per_step: what is left of it; nothing but the book has closed yet."""
    most = world.rules["liquidation"]["max_usd_per_step"]
    return inf if most is None else float(most - unit.closed_usd)


def _is_still_flagged(world: World, unit: Unit) -> bool:
    flagged = meets_trigger(world, unit)
    if not flagged:
        _name_leaving(world, unit)
    return flagged


def _name_leaving(world: World, unit: Unit) -> None:
    if unit.positions:
        world.reached("the book restores a unit that keeps positions")
    else:
        world.reached("the book closes a unit whole")


def _order(world: World, unit: Unit, market: Market, order: float, terms: Terms) -> None:
    """Rule 4: one order, its fee, and its record."""
    position = unit.positions[market]
    side, mark = position.side, world.mark[market]
    fill = _fill(world, market, side, order, terms.limit) if order > 0 else None
    if fill is None:
        return
    if terms.limit == 0 and unit.equity(world.mark) < 0:
        world.reached("a bankrupt unit sells what carries no margin at mark")
    fee = _fee(world, unit, market, fill, terms.bankruptcy)
    realised = close_part(unit, market, fill.quantity, fill.price, terms.size_at_start)
    unit.ordered.add(market)
    if market in unit.positions:
        unit.closed_in_part_ms[market] = world.time_ms
    _to_outside(world, market, side * fill.quantity, fill.price)
    notional = fill.quantity * mark
    unit.note_closed(market, notional)
    world.totals["liquidated_usd"] += notional
    stats = world.accounts[unit.account]
    stats["realised_pnl_usd"] += realised
    stats["liquidated_notional_usd"] += notional
    stats["fees_usd"] += fee
    stats["was_liquidated"] = True
    record_liquidation(world, unit, market, side, fill, terms.bankruptcy, fee, "book", "book")
    return_isolated_cash(world, unit)


def _fill(world: World, market: Market, side: int, order: float, limit: float) -> Fill | None:
    """Rule 4: what an order gets from the part of the capacity that is left.

    `u1 = min(1, u0 + order * mark / cap, (d_max - half_spread) / impact)`; the average price is
    `mark * (1 - side * (half_spread + impact * (u0 + u1) / 2))`.
    """
    rules, mark = world.rules["liquidation"], world.mark[market]
    spread, impact = rules["half_spread"], rules["impact"]
    column = world.case.markets.index(market)
    capacity = rules["participation"] * world.case.volume_usd[world.step][column]
    if capacity == 0:
        world.reached("a market without volume fills nothing")
        return None
    u0 = world.used.get((market, side), 0.0)
    by_order = u0 + order * mark / capacity
    by_limit = inf if impact == 0 else (limit - spread) / impact
    if impact == 0 and world.compare(spread, limit, 1.0, "half spread against limit") > 0:
        world.reached("without impact the half spread is beyond the limit")
        return None
    u1 = min(1.0, by_order, by_limit)
    if world.compare(u1, u0, max(1.0, abs(u1)), "capacity left") <= 0:
        passed = by_limit <= u0
        world.reached("the limit price is already passed" if passed else "the capacity is used up")
        return None
    _name_fill(world, u1, by_order, by_limit)
    quantity = order if u1 == by_order else (u1 - u0) * capacity / mark
    world.used[(market, side)] = u1
    return Fill(quantity, mark * (1 - side * (spread + impact * (u0 + u1) / 2)))


def _name_fill(world: World, u1: float, by_order: float, by_limit: float) -> None:
    world.compare(by_order, min(1.0, by_limit), max(1.0, by_order), "which term limits a fill")
    world.compare(by_limit, 1.0, 1.0, "which term limits a fill")
    if u1 == by_order == 1.0:
        world.reached("an order takes exactly the capacity left")
    elif u1 == by_order:
        world.reached("an order fills whole")
    elif u1 == by_limit:
        world.reached("an order fills up to the limit price")
    else:
        world.reached("an order fills up to the capacity")


def _fee(world: World, unit: Unit, market: Market, fill: Fill, pb: float) -> float:
    """Rule 4: `min(fee_rate * x * price, max(0, side * x * (price - pb)))`, to absorber 1."""
    rate = world.rules["liquidation"]["fee_rate"]
    full, side = rate * fill.quantity * fill.price, unit.positions[market].side
    above = max(0.0, side * fill.quantity * (fill.price - pb))
    fee = min(full, above)
    if rate > 0:
        if fee == full:
            world.reached("a fee paid in full")
        else:
            world.reached("a fee cut at bankruptcy" if fee > 0 else "no fee below bankruptcy")
    unit.cash -= fee
    receiver = world.first_absorber(market)
    if receiver is None:
        world.platform_cash += fee
    else:
        receiver.cash += fee
    if fee > 0:
        world.reached("a fee to the platform" if receiver is None else "a fee to an absorber")
        if world.absorbers and receiver is not world.absorbers[0]:
            world.reached("a fee passes the first absorber by")
    return fee


def _to_outside(world: World, market: Market, signed_quantity: float, price: float) -> None:
    """Section 4: the outside takes the other side of every book fill."""
    world.outside_size[market] += signed_quantity
    world.outside_cash -= signed_quantity * price


def record_liquidation(
    world: World,
    holder: Unit | Absorber,
    market: Market,
    side: int,
    fill: Fill,
    pb: float | None,
    fee: float,
    stage: str,
    counterparty: str,
) -> None:
    world.write(
        "liquidations",
        account=holder.name,
        market=market,
        margin_mode=holder.mode,
        side="sell" if side > 0 else "buy",
        size=fill.quantity,
        price=fill.price,
        mark_price=world.mark[market],
        bankruptcy_price=pb,
        fee_usd=fee,
        stage=stage,
        counterparty=counterparty,
    )


def unwind(world: World) -> None:
    """Rule 9: absorbers with `unwind` offer their positions to what is left of the capacity."""
    for absorber in world.absorbers:
        if not absorber.rules["unwind"]:
            continue
        for market in by_notional(world, absorber):
            position = absorber.positions[market]
            side, size = position.side, abs(position.size)
            fill = _fill(world, market, side, size, inf)
            if fill is None:
                world.reached("an absorber finds no capacity to unwind")
                continue
            world.reached("an absorber unwinds on the book")
            close_part(absorber, market, fill.quantity, fill.price, size)
            _to_outside(world, market, side * fill.quantity, fill.price)
            record_liquidation(world, absorber, market, side, fill, None, 0.0, "unwind", "book")
