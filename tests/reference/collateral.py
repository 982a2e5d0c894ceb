"""Section 9: what is sold of a unit's collateral, and when."""

from itertools import pairwise

from tests.reference.model import Unit, World


def repay_borrow(world: World, unit: Unit) -> None:
    """Rule 8: a unit with no position and cash < 0 sells lots until cash is 0 or all is sold."""
    if not unit.lots:
        return
    for asset in _most_valuable_first(world, unit):
        needed, value = -unit.cash, unit.lots[asset].value(world.mark[asset])
        if value == 0:
            world.reached("a lot without value is kept")
            continue
        if world.compare(value, needed, max(value, needed), "a lot against a borrow") <= 0:
            world.reached("a lot is sold whole for a borrow")
            _sell(world, unit, asset, unit.lots[asset].quantity, value)
        else:
            world.reached("a lot is sold in part for a borrow")
            price = unit.lots[asset].weight * world.mark[asset]
            _sell(world, unit, asset, needed / price, needed)
        if unit.cash == 0:
            world.reached("collateral repays the whole of a borrow")
            return
    world.reached("collateral leaves a rest of a borrow")


def sell_all(world: World, unit: Unit) -> None:
    """Rule 5: on a takeover all lots are sold before the equity moves."""
    for asset in _most_valuable_first(world, unit):
        world.reached("a takeover sells collateral")
        lot = unit.lots[asset]
        _sell(world, unit, asset, lot.quantity, lot.value(world.mark[asset]))


def _most_valuable_first(world: World, unit: Unit) -> list[str]:
    """Section 9: by `quantity * weight * mark` descending, ties by asset name."""
    values = {asset: lot.value(world.mark[asset]) for asset, lot in unit.lots.items()}
    assets = sorted(values, key=lambda asset: (-values[asset], asset))
    for one, other in pairwise(assets):
        if values[one] == values[other]:
            world.reached("two lots of the same value go by asset name")
        else:
            world.reached("the most valuable lot goes first")
        world.compare(values[one], values[other], values[one], "values of two lots")
    return assets


def _sell(world: World, unit: Unit, asset: str, quantity: float, proceeds: float) -> None:
    """Section 9: at `weight * mark`, to the outside world."""
    lot = unit.lots[asset]
    lot.quantity -= quantity
    if lot.quantity <= 0:
        del unit.lots[asset]
    unit.cash += proceeds
    unit.closed_usd += proceeds
    world.outside_cash -= proceeds
    world.write(
        "collateral_sales",
        account=unit.account,
        asset=asset,
        quantity=quantity,
        price=lot.weight * world.mark[asset],
        proceeds_usd=proceeds,
    )
