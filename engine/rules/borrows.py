"""Selling collateral: a negative cash that it covers is a borrow, not a debt."""

from crashsim.engine.record.events import CollateralSale
from crashsim.engine.run import Run
from crashsim.engine.state.step import Step
from crashsim.engine.state.unit import settle, touch


def repay_borrow(run: Run, step: Step, unit: int) -> None:
    """Sell a unit's lots, the most valuable first, until its cash is 0 or none is left."""
    held = run.state.collateral
    for lot in _by_value(run, step, unit):
        price = held.price(lot, step.prices)
        qty = float(held.qty[lot])
        borrow_usd = -run.state.cash_at[unit]
        if qty * price <= 0.0:
            return
        _sell(run, step, unit, lot, min(qty, borrow_usd / price), price)
        if qty * price >= borrow_usd:
            run.state.cash_at[unit] = 0.0  # to the last bit: its rounding is no debt
            return


def sell_all_collateral(run: Run, step: Step, unit: int) -> None:
    """Turn all of a unit's collateral into cash; its equity stays what it was."""
    held = run.state.collateral
    for lot in _by_value(run, step, unit):
        if held.qty[lot] > 0.0:
            _sell(run, step, unit, lot, float(held.qty[lot]), held.price(lot, step.prices))


def _by_value(run: Run, step: Step, unit: int) -> list[int]:
    """A unit's lots, the most valuable first, ties by asset name."""
    held = run.state.collateral
    return sorted(
        held.lots_of(unit),
        key=lambda lot: -float(held.qty[lot]) * held.price(lot, step.prices),
    )


def _sell(run: Run, step: Step, unit: int, lot: int, qty: float, price: float) -> None:
    """The outside world buys; the asset itself is not part of the zero sum."""
    state = run.state
    state.collateral.qty[lot] = settle(float(state.collateral.qty[lot]) - qty, qty)
    state.cash_at[unit] += qty * price
    state.outside.cash_usd -= qty * price
    step.closed_gross.add(unit, qty * price)
    touch(step, unit)
    run.events.collateral_sales.append(
        CollateralSale(
            step.index,
            int(state.unit_account[unit]),
            int(state.collateral.market[lot]),
            qty,
            price=price,
            proceeds_usd=qty * price,
        )
    )
