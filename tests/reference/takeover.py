"""Rule 5: takeover by absorbers, and the wait before ADL."""

from tests.reference.book import Fill, record_liquidation
from tests.reference.collateral import sell_all
from tests.reference.margin import bankruptcy_prices, maintenance
from tests.reference.model import DUST, Absorber, Market, Position, Unit, World


def take_over(world: World, still_flagged: list[Unit]) -> list[Unit]:
    """Rule 5: asks the absorbers; returns the units that go on to ADL, in the same order."""
    sizes = {
        (absorber.name, market): abs(position.size)
        for absorber in world.absorbers
        for market, position in absorber.positions.items()
    }
    asked = [unit for unit in still_flagged if unit.positions]
    for unit in world.units.values():
        if unit not in asked:
            unit.due_since_ms = None
    return [unit for unit in asked if _ask(world, unit, sizes)]


def _ask(world: World, unit: Unit, sizes: dict[tuple[str, Market], float]) -> bool:
    """Rule 5: one unit; True where it goes on to ADL."""
    equity = unit.equity(world.mark)
    scale = max(unit.notional(world.mark), abs(unit.cash))
    bankrupt = world.compare(equity, 0.0, scale, f"equity of {unit.id} in rule 5") <= 0
    world.totals["units_bankrupt"] += bankrupt
    due = bankrupt or _below(world, unit, world.rules["adl"]["below_mm_fraction"])
    _note_run(world, unit, due)
    unit.is_early = due and not bankrupt
    wanted = bankrupt or _below(world, unit, world.rules["takeover"]["below_mm_fraction"])
    if wanted and not bankrupt:
        world.reached("a takeover of a unit with equity is tried")
    if wanted and _is_taken_over(world, unit, equity, sizes):
        return False
    if not due:
        waits = "a unit with equity is refused and waits"
        world.reached(waits if wanted else "a distressed unit with equity waits")
        return False
    if unit.is_early:
        world.reached("ADL before bankruptcy" + (" after a refusal" if wanted else ""))
    return _grace_is_over(world, unit)


def _is_taken_over(
    world: World, unit: Unit, equity: float, sizes: dict[tuple[str, Market], float]
) -> bool:
    """Rule 5, section 8: each absorber is asked for what is left in its markets, all or nothing."""
    prices = bankruptcy_prices(world, unit, equity)
    shares = {m: p.size * (world.mark[m] - prices[m]) for m, p in unit.positions.items()}
    left = equity
    for absorber in world.absorbers:
        asked = [market for market in sorted(unit.positions) if absorber.serves(market)]
        whole = len(asked) == len(unit.positions)
        part = left if whole else sum(shares[market] for market in asked)
        if not asked:
            world.reached("an absorber serves none of a unit's markets")
            continue
        if not whole:
            world.reached("an absorber is asked for a part of a unit")
        if not _accepts(world, absorber, unit, asked, part):
            continue
        _move(world, absorber, unit, asked, part, prices, sizes)
        left -= part
        if whole:
            unit.cash = 0.0
            return True
    if len(unit.positions) < len(shares):
        world.reached("a part of a unit is taken over and the rest is refused")
    return False


def _note_run(world: World, unit: Unit, due: bool) -> None:
    """Rule 5: the present unbroken run of steps that found the unit due for ADL."""
    if not due:
        if unit.due_since_ms is not None:
            world.reached("a run of bankruptcy is broken")
        unit.due_since_ms = None
    elif unit.due_since_ms is None:
        unit.due_since_ms = world.time_ms


def _below(world: World, unit: Unit, fraction: float) -> bool:
    """Rule 5, `below_mm_fraction = phi`: whether `equity < phi * mm`."""
    bound = fraction * maintenance(world, unit)
    scale = max(unit.notional(world.mark), abs(unit.cash))
    what = f"equity of {unit.id} against a part of mm"
    return world.compare(unit.equity(world.mark), bound, scale, what) < 0


def is_due(world: World, unit: Unit) -> bool:
    """Section 8: a unit that nobody took over goes on to ADL, bankrupt or early."""
    scale = max(unit.notional(world.mark), abs(unit.cash))
    equity = unit.equity(world.mark)
    if world.compare(equity, 0.0, scale, f"equity of {unit.id} in its ADL") <= 0:
        return True
    return _below(world, unit, world.rules["adl"]["below_mm_fraction"])


def _grace_is_over(world: World, unit: Unit) -> bool:
    """Rule 5: due for `adl.grace_s` seconds."""
    assert unit.due_since_ms is not None
    waited_ms = world.time_ms - unit.due_since_ms
    grace_ms = world.rules["adl"]["grace_s"] * 1000
    if waited_ms < grace_ms:
        world.reached("a unit due for ADL waits for its grace to end")
        return False
    world.reached("ADL after a grace" if grace_ms > 0 else "ADL at once")
    return True


def _accepts(
    world: World, absorber: Absorber, unit: Unit, asked: list[Market], equity: float
) -> bool:
    """Rule 5: `equity_a + equity >= floor_a`, and the net notionals within `max_notional_a`."""
    after = absorber.equity(world.mark) + equity
    scale = max(absorber.notional(world.mark), abs(absorber.cash), abs(equity), absorber.floor, 1.0)
    if world.compare(after, absorber.floor, scale, f"floor of {absorber.name}") < 0:
        world.reached("an absorber refuses for lack of funds")
        if absorber.floor > absorber.rules["floor"] and after >= absorber.rules["floor"]:
            world.reached("a drawdown floor refuses a takeover")
        return False
    limit = absorber.rules["max_notional"]
    if limit is not None:
        notional = _notional_after(world, absorber, unit, asked)
        scale = max(notional, limit)
        if world.compare(notional, limit, scale, f"size of {absorber.name}") > 0:
            world.reached("an absorber refuses for its size")
            return False
        world.reached("an absorber accepts within its size")
    world.reached("an absorber accepts")
    if absorber is not world.absorbers[0]:
        world.reached("a later absorber accepts what the first refused")
    return True


def _notional_after(world: World, absorber: Absorber, unit: Unit, asked: list[Market]) -> float:
    """Rule 5: the sum of the absorber's net notionals after the takeover."""
    net = {market: position.size for market, position in absorber.positions.items()}
    for market in asked:
        net[market] = net.get(market, 0.0) + unit.positions[market].size
    return sum(abs(size) * world.mark[market] for market, size in sorted(net.items()))


def _move(
    world: World,
    absorber: Absorber,
    unit: Unit,
    asked: list[Market],
    equity: float,
    bankruptcy: dict[Market, float],
    sizes: dict[tuple[str, Market], float],
) -> None:
    """Rule 5: these positions at mark, and the equity that goes with them as cash."""
    sell_all(world, unit)
    stats = world.accounts[unit.account]
    for market in asked:
        position, mark = unit.positions.pop(market), world.mark[market]
        fill = Fill(abs(position.size), mark)
        record_liquidation(
            world, unit, market, position.side, fill, bankruptcy[market], 0.0, "takeover",
            absorber.name,
        )  # fmt: skip
        unit.cash += position.upnl(mark)
        unit.closed_usd += position.notional(mark)
        stats["realised_pnl_usd"] += position.upnl(mark)
        stats["liquidated_notional_usd"] += position.notional(mark)
        stats["was_liquidated"] = True
        world.totals["taken_over_usd"] += position.notional(mark)
        _receive(world, absorber, market, position.size, sizes.get((absorber.name, market), 0.0))
    unit.cash -= equity
    absorber.cash += equity


def _receive(
    world: World, absorber: Absorber, market: Market, size: float, size_at_start: float
) -> None:
    """Rule 5: same side, entry averaged; opposite, the netted part realises at mark."""
    mark, held = world.mark[market], absorber.positions.get(market)
    if held is None:
        absorber.positions[market] = Position(size, mark)
        return
    total = held.size + size
    if held.side * size > 0:
        world.reached("an absorber adds to its position")
        held.entry = (held.size * held.entry + size * mark) / total
        held.size = total
        return
    absorber.cash += held.side * min(abs(size), abs(held.size)) * (mark - held.entry)
    if abs(total) <= DUST * size_at_start or total == 0:
        world.reached("a takeover closes an absorber's position")
        del absorber.positions[market]
    elif total * held.size > 0:
        world.reached("a takeover reduces an absorber's position")
        held.size = total
    else:
        world.reached("a takeover turns an absorber's position")
        absorber.positions[market] = Position(total, mark)
