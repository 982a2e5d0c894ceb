"""Rule 8 (shortfall)."""

from dataclasses import dataclass

from tests.reference.collateral import repay_borrow
from tests.reference.model import DUST, ROUNDING, Market, Row, Unit, World
from tests.reference.sharing import BY_LEVERAGE, Claim, charges, most


@dataclass(frozen=True)
class Rest:
    """What absorbers left of one shortfall."""

    row: Row  # of the shortfalls table
    usd: float


def settle_shortfalls(world: World) -> None:
    """Rule 8: units by ascending id that have no position and cash < 0."""
    rests = []
    for unit in world.units.values():
        if unit.positions or unit.cash >= 0:
            continue
        repay_borrow(world, unit)
        if unit.cash == 0:
            continue
        shortfall, unit.cash = -unit.cash, 0.0
        if shortfall <= ROUNDING * unit.closed_usd:
            world.reached("rounding is not debt")
            continue
        rests.append(_settle(world, unit, shortfall))
    if world.rules["loss"]["policy"] == "share":
        _share(world, [rest for rest in rests if rest.usd > 0])


def _settle(world: World, unit: Unit, shortfall: float) -> Rest:
    """Rule 8: absorbers pay what they can; the rest by `loss.policy`."""
    paid = _paid(world, unit, shortfall)
    rest = shortfall - paid
    world.write(
        "shortfalls",
        account=unit.account,
        shortfall_usd=shortfall,
        paid_by_absorbers_usd=paid,
        carried_usd=0.0,
        written_off_usd=0.0,
        shared_usd=0.0,
    )
    row = world.tables["shortfalls"][-1]
    world.accounts[unit.account]["shortfall_usd"] += shortfall
    world.totals["shortfall_usd"] += shortfall
    policy = world.rules["loss"]["policy"]
    if rest > 0 and policy == "carry" and not unit.isolated_market:
        world.reached("a loss is carried as debt")
        row["carried_usd"] = rest
        world.debt[unit.account] += rest
        world.platform_cash -= rest
    elif rest > 0 and policy != "share":
        _name_write_off(world, policy)
        row["written_off_usd"] = rest
        world.platform_cash -= rest
        if policy == "withdrawal_haircut":
            world.pool_usd += rest
    return Rest(row, rest)


def _name_write_off(world: World, policy: str) -> None:
    if policy == "write_off":
        world.reached("a loss is written off")
    elif policy == "carry":
        world.reached("an isolated loss is never carried")
    else:
        world.reached("a loss falls to the pool of withdrawals")


def _paid(world: World, unit: Unit, shortfall: float) -> float:
    """Rule 8, section 8: by the absorbers of the markets closed, in proportion to the notional."""
    if all(absorber.markets is None for absorber in world.absorbers):
        return _paid_by_absorbers(world, None, shortfall)
    gross = sum(unit.closed_in.values())
    if gross == 0:
        world.reached("a shortfall of no market")
        return _paid_by_absorbers(world, None, shortfall)
    world.reached(f"a shortfall of {'one market' if len(unit.closed_in) == 1 else 'some markets'}")
    paid = sum(
        _paid_by_absorbers(world, market, shortfall * closed / gross)
        for market, closed in sorted(unit.closed_in.items())
    )
    rounding = abs(shortfall - paid) <= DUST * shortfall
    return shortfall if rounding else paid


def _paid_by_absorbers(world: World, market: Market | None, shortfall: float) -> float:
    """Rule 8: absorbers in order pay `min(shortfall, max(0, equity_a - floor_a))`."""
    left = shortfall
    for absorber in world.absorbers:
        if not absorber.serves(market):
            world.reached("an absorber does not serve the market of a shortfall")
            continue
        if not absorber.rules["pays_shortfall"]:
            world.reached("an absorber does not pay shortfalls")
            continue
        paid = min(left, max(0.0, absorber.equity(world.mark) - absorber.floor))
        if paid == 0:
            world.reached("an absorber has nothing left to pay with")
        elif paid < left:
            world.reached("an absorber pays part of a shortfall")
        else:
            world.reached("an absorber pays the whole of a shortfall")
        absorber.cash -= paid
        left -= paid
        if left == 0:
            break
    return shortfall - left


def _share(world: World, rests: list[Rest]) -> None:
    """Rule 8, "share": the step's rests, summed and shared once, after all units."""
    total = sum(rest.usd for rest in rests)
    if total == 0:
        return
    basis = world.rules["loss"]["basis"]
    rule = world.rules["loss"]["rule"]
    claims = [_claim(world, unit, basis) for unit in world.units.values()]
    paid = charges(world, rule, total, claims)
    for one in claims:
        unit, charge = world.units[one.unit], paid[one.unit]
        unit.cash -= charge
        unit.charged_usd += charge
        if charge > 0:
            _record_charge(world, unit, charge, most(rule, one))
    charged = sum(paid.values())
    world.reached(f"a loss is shared by {basis}")
    world.reached(f"a loss is shared by the rule {rule}")
    world.reached(
        "the shared loss exceeds what can be charged"
        if charged < total
        else "the shared loss is charged whole"
    )
    if charged < total and not any(paid.values()):
        world.reached("nobody can be charged")
    world.platform_cash -= total - charged
    for rest in rests:
        rest.row["shared_usd"] = charged * rest.usd / total
        rest.row["written_off_usd"] = rest.usd - rest.row["shared_usd"]


def _record_charge(world: World, unit: Unit, charge: float, cap: float) -> None:
    if charge == cap:
        world.reached("a unit is charged up to its cap")
    world.accounts[unit.account]["loss_share_usd"] += charge
    rows = world.tables["loss_shares"]
    if rows and (rows[-1]["step"], rows[-1]["account"]) == (world.step, unit.account):
        rows[-1]["amount_usd"] += charge  # one row an account, of all its units
    else:
        world.write("loss_shares", account=unit.account, amount_usd=charge)


def _claim(world: World, unit: Unit, basis: str) -> Claim:
    """Section 8: the score is the weight, beta 1, leverage notional over equity (>= 1e-9)."""
    weight, cap = _weight_and_cap(world, unit, basis)
    equity = unit.equity(world.mark)
    if equity < 1e-9 and weight > 0 and world.rules["loss"]["rule"] in BY_LEVERAGE:
        world.reached("a shared loss divides by the least equity")
    leverage = unit.notional(world.mark) / max(equity, 1e-9)
    return Claim(unit.id, weight, cap, equity, leverage)


def _weight_and_cap(world: World, unit: Unit, basis: str) -> tuple[float, float]:
    """Rule 8: weight and cap of a unit by `loss.basis`."""
    equity = max(0.0, unit.equity(world.mark))
    if basis == "equity":
        return equity, equity
    if basis == "open_interest":
        return unit.notional(world.mark), equity
    profit = unit.upnl(world.mark) - unit.charged_usd
    if unit.charged_usd > 0 and profit > 0:
        world.reached("earlier charges reduce the profit that is charged")
    weight = min(equity, max(0.0, profit))
    return weight, weight
