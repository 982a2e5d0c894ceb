"""Rule 8 (shortfall) and the pro-rata sharing of section 5."""

from dataclasses import dataclass
from math import inf

from tests.reference.model import ROUNDING, Row, Unit, World


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
        shortfall, unit.cash = -unit.cash, 0.0
        if shortfall <= ROUNDING * unit.closed_usd:
            world.reached("rounding is not debt")
            continue
        rests.append(_settle(world, unit, shortfall))
    if world.rules["loss"]["policy"] == "share":
        _share(world, [rest for rest in rests if rest.usd > 0])


def _settle(world: World, unit: Unit, shortfall: float) -> Rest:
    """Rule 8: absorbers pay what they can; the rest by `loss.policy`."""
    paid = _paid_by_absorbers(world, shortfall)
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
        own = policy == "write_off"
        world.reached("a loss is written off" if own else "an isolated loss is never carried")
        row["written_off_usd"] = rest
        world.platform_cash -= rest
    return Rest(row, rest)


def _paid_by_absorbers(world: World, shortfall: float) -> float:
    """Rule 8: absorbers in order pay `min(shortfall, max(0, equity_a - floor_a))`."""
    left = shortfall
    for absorber in world.absorbers:
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
    weights = {unit.id: _weight_and_cap(world, unit, basis) for unit in world.units.values()}
    charges = pro_rata(total, weights)
    for unit_id, charge in charges.items():
        unit = world.units[unit_id]
        unit.cash -= charge
        unit.charged_usd += charge
        if charge > 0:
            _record_charge(world, unit, charge, weights[unit_id][1])
    charged = sum(charges.values())
    world.reached(f"a loss is shared by {basis}")
    world.reached(
        "the shared loss exceeds what can be charged"
        if charged < total
        else "the shared loss is charged whole"
    )
    if charged < total and not any(charges.values()):
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


def pro_rata(
    loss: float, weights: dict[tuple[str, str], tuple[float, float]]
) -> dict[tuple[str, str], float]:
    """Section 5, `pro_rata`: `h_i = min(c_i, lambda * w_i)` with `sum(h) = min(R, sum(c))`.

    Lambda rises from cap to cap (ascending c_i / w_i) until the loss is met.
    """
    charges = dict.fromkeys(weights, 0.0)
    open_ids = [i for i, (weight, _) in weights.items() if weight > 0]
    open_ids.sort(key=lambda i: weights[i][1] / weights[i][0])
    left = loss
    while open_ids and left > 0:
        total_weight = sum(weights[i][0] for i in open_ids)
        first = open_ids[0]
        weight, cap = weights[first]
        rate = left / total_weight if total_weight > 0 else inf
        if rate * weight <= cap:
            for i in open_ids:
                charges[i] = min(weights[i][1], rate * weights[i][0])
            return charges
        charges[first] = cap
        left -= cap
        open_ids.pop(0)
    return charges
