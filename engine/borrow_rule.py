"""Selling collateral: a negative cash that it covers is a borrow, not a debt."""

from crashsim.engine.events import CollateralSale
from crashsim.engine.run import Run
from crashsim.engine.step import Step
from crashsim.engine.unit import settle, touch


def sell_collateral(run: Run, step: Step, unit: int, wanted_usd: float) -> None:
    """Sell a unit's lots, the most valuable first, until they brought wanted_usd."""
    held = run.state.collateral
    lots = held.lots_of(unit)
    by_value = sorted(lots, key=lambda lot: -float(held.qty[lot]) * held.price(lot, step.prices))
    for lot in by_value:
        price = held.price(lot, step.prices)
        qty = float(held.qty[lot])
        if wanted_usd <= 0.0 or qty * price <= 0.0:
            return
        sold = min(qty, wanted_usd / price)
        _sell(run, step, unit, lot, sold, price)
        wanted_usd -= sold * price


def sell_all_collateral(run: Run, step: Step, unit: int) -> None:
    """Turn all of a unit's collateral into cash; its equity stays what it was."""
    held = run.state.collateral
    for lot in held.lots_of(unit):
        if held.qty[lot] > 0.0:
            _sell(run, step, unit, lot, float(held.qty[lot]), held.price(lot, step.prices))


def _sell(run: Run, step: Step, unit: int, lot: int, qty: float, price: float) -> None:
    """The outside world buys; the asset itself is not part of the zero sum."""
    state = run.state
    state.collateral.qty[lot] = settle(float(state.collateral.qty[lot]) - qty, qty)
    state.cash[unit] += qty * price
    state.outside.cash_usd -= qty * price
    touch(step, unit)
    run.events.collateral_sales.append(
        CollateralSale(
            step.index,
            int(state.unit_account[unit]),
            int(state.collateral.market[lot]),
            qty,
            price,
            qty * price,
        )
    )
