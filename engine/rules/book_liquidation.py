"""Rule 4: closing the positions of flagged units on the order book."""

from math import inf

from crashsim.engine.arrays import plain_sum
from crashsim.engine.record.events import Closing
from crashsim.engine.rules.order import largest_discount, legs, order_qty, takes_turn
from crashsim.engine.rules.turns import turns_of
from crashsim.engine.run import Run
from crashsim.engine.state.flagged import Flagged
from crashsim.engine.state.step import BookFill, Step
from crashsim.engine.state.unit import (
    DUST_FRAC,
    OpenRow,
    UnitMargin,
    close_row,
    health_of,
    measure,
    return_isolated,
)


def liquidate_on_book(run: Run, step: Step, flagged: Flagged) -> None:
    """Close what the book takes; units that recover leave L. Updates `flagged` in place."""
    turns = turns_of(run, step, flagged)
    place_of: dict[int, int] = {}
    step.credited.clear()
    while (place := turns.next()) is not None:
        if _turn(run, step, flagged, place, may_trade=turns.left > 0):
            turns.left -= 1
        if step.credited and not place_of:
            place_of = dict(zip(flagged.units.tolist(), range(flagged.units.size), strict=True))
        while step.credited:
            credited = place_of.get(step.credited.pop())
            if credited is not None:
                turns.recheck(credited)
                _refresh(run, step, flagged, credited)


def _turn(run: Run, step: Step, flagged: Flagged, place: int, may_trade: bool) -> bool:
    """Let a unit that is still in distress trade, if it may; whether it took its turn."""
    unit = int(flagged.units[place])
    at_start = measure(run.state, run.tables, unit, step.prices)
    if not run.meets_trigger(at_start.equity_usd, at_start.mm_usd):
        flagged.in_list[place] = False
        return False
    if not may_trade or not takes_turn(run, step, unit):
        return False
    work = _all_at_once if run.venue.liquidation.legs == "parallel" else _one_by_one
    work(run, step, flagged, place, at_start)
    return True


def _one_by_one(run: Run, step: Step, flagged: Flagged, place: int, at_start: UnitMargin) -> None:
    """Order one position after another until the unit is safe or has offered all it may."""
    rules, unit = run.venue.liquidation, int(flagged.units[place])
    most_usd = rules.max_usd_per_step or inf
    budget_usd = most_usd
    orders = 0
    for row in legs(run, step, at_start):
        qty = order_qty(run, step, row, budget_usd)
        if qty <= 0.0:
            continue
        if orders == rules.positions_per_step:
            return
        orders += 1
        filled_usd = _close_on_book(run, step, unit, at_start, row, qty)
        if filled_usd > 0.0:
            budget_usd -= filled_usd
            if _is_safe(run, step, flagged, place) or budget_usd <= DUST_FRAC * most_usd < inf:
                return


def _all_at_once(run: Run, step: Step, flagged: Flagged, place: int, at_start: UnitMargin) -> None:
    """Order all positions, each the same share of what it may offer, then look at the unit."""
    unit = int(flagged.units[place])
    rows = legs(run, step, at_start)
    orders = [(row, qty) for row in rows if (qty := order_qty(run, step, row, inf)) > 0.0]
    orders = orders[: run.venue.liquidation.positions_per_step]
    share, most_usd = 1.0, run.venue.liquidation.max_usd_per_step
    if most_usd is not None:
        worth_usd = plain_sum(qty * step.prices[row.market] for row, qty in orders)
        share = min(1.0, most_usd / worth_usd) if worth_usd > 0.0 else 1.0
    filled = [
        _close_on_book(run, step, unit, at_start, row, share * qty) > 0.0 for row, qty in orders
    ]
    if any(filled):
        _is_safe(run, step, flagged, place)


def _is_safe(run: Run, step: Step, flagged: Flagged, place: int) -> bool:
    """Whether the unit no longer meets the trigger, and so leaves L."""
    if run.meets_trigger(*_refresh(run, step, flagged, place)):
        return False
    flagged.in_list[place] = False
    return True


def _refresh(run: Run, step: Step, flagged: Flagged, place: int) -> tuple[float, float]:
    unit = int(flagged.units[place])
    equity, mm = health_of(run.state, run.tables, unit, step.prices)
    flagged.equity_usd[place], flagged.mm_usd[place] = equity, mm
    return equity, mm


def _close_on_book(
    run: Run, step: Step, unit: int, at_start: UnitMargin, row: OpenRow, order: float
) -> float:
    """Offer this quantity of one position; returns what was closed, at mark."""
    side = 1 if row.size > 0 else -1
    mark = step.prices[row.market]
    bankruptcy = at_start.bankruptcy_price(row, mark)
    limit = largest_discount(run, at_start, row, mark, bankruptcy)
    fill = step.book.close(row.market, side, order, mark, limit)
    if fill.qty <= 0.0:
        return 0.0
    close_row(run.state, step, row.row, fill.qty, fill.price, row.size)
    run.last_fill_ms[row.row] = step.time_ms
    mirror_outside(run, row.market, side, fill)
    fee = _take_fee(run, unit, row, fill, bankruptcy)
    account = run.state.fixed.unit_account[unit]
    run.events.closings.append(
        Closing(
            step=step.index,
            account=account,
            row=row.row,
            market=row.market,
            side=side,
            qty=fill.qty,
            price=fill.price,
            bankruptcy_price=bankruptcy,
            fee_usd=fee,
            stage="book",
        )
    )
    step.totals.liquidated_usd += fill.qty * mark
    return_isolated(run.state, step, unit, run.nets_debt)
    return fill.qty * mark


def mirror_outside(run: Run, market: int, side: int, fill: BookFill) -> None:
    """The outside world takes the other side of a book fill."""
    outside = run.state.outside
    outside.size[market] += side * fill.qty
    outside.cash_usd -= side * fill.qty * fill.price


def _take_fee(run: Run, unit: int, row: OpenRow, fill: BookFill, bankruptcy: float) -> float:
    """The fee, only out of what the fill left above bankruptcy; to the market's first absorber."""
    side = 1 if row.size > 0 else -1
    left = max(0.0, side * fill.qty * (fill.price - bankruptcy))
    fee = min(run.venue.liquidation.fee_rate * fill.qty * fill.price, left)
    if fee <= 0.0:
        return 0.0
    run.state.cash_at[unit] -= fee
    absorbers = run.state.absorbers_of(row.market)
    if absorbers:
        absorbers[0].cash_usd += fee
    else:
        run.state.platform_cash_usd += fee
    return fee
