"""Rule 4: closing the positions of flagged units on the order book."""

from heapq import heapify, heappop, heappush
from math import inf

import numpy as np

from crashsim.engine.arrays import plain_sum
from crashsim.engine.record.events import Closing
from crashsim.engine.rules.order import largest_discount, legs, order_qty, takes_turn
from crashsim.engine.run import Run
from crashsim.engine.state.flagged import Flagged
from crashsim.engine.state.step import BookFill, Step
from crashsim.engine.state.unit import (
    DUST_FRAC,
    OpenRow,
    UnitMargin,
    close_row,
    measure,
    return_isolated,
)

ANY_SIDE = -1


class Turns:
    """Which flagged units still have something to do on the book, in order.

    Thousands of units may wait on book sides that are used up. Each open book side therefore has
    its own list of places, and a side that is used up stops asking.
    """

    def __init__(self, run: Run, step: Step, flagged: Flagged) -> None:
        self._used = step.book.used_frac
        self._queues = _places_by_book_side(run, step, flagged)
        self._heap = [(places[0], key) for key, places in self._queues.items()]
        heapify(self._heap)
        self._next = dict.fromkeys(self._queues, 1)
        self._last = -1

    def next(self) -> int | None:
        """The next place whose unit may trade, or None."""
        while self._heap:
            place, key = heappop(self._heap)
            if key != ANY_SIDE:
                if self._used[key] >= 1.0:
                    continue
                self._advance(key)
            if place > self._last:
                self._last = place
                return place
        return None

    def recheck(self, place: int) -> None:
        """Give this place a turn even if its book sides are used up."""
        if place > self._last:
            heappush(self._heap, (place, ANY_SIDE))

    def _advance(self, key: int) -> None:
        places, following = self._queues[key], self._next[key]
        if following < len(places):
            heappush(self._heap, (places[following], key))
            self._next[key] = following + 1


def _places_by_book_side(run: Run, step: Step, flagged: Flagged) -> dict[int, list[int]]:
    """Places of the units that could trade on each open book side, ascending."""
    state = run.state
    able = np.arange(flagged.units.size)
    rules = run.venue.liquidation
    if rules.limit == "bankruptcy" and rules.half_spread + rules.impact > 0.0:
        # Below zero no limit lies below the mark, where a book with any discount fills nothing.
        able = able[flagged.equity_usd >= 0.0]
    units = flagged.units[able]
    rows = state.expand(units)
    place = able[state.owners(units)]
    market = state.row_market[rows]
    capacity = np.array(step.book.capacity_usd)
    live = (state.size[rows] != 0.0) & (capacity[market] > 0.0)
    key = 2 * market[live] + (state.size[rows[live]] < 0.0)
    place = place[live]
    order = np.argsort(key, kind="stable")  # places are ascending within a key already
    keys, starts = np.unique(key[order], return_index=True)
    places = place[order].tolist()
    bounds = [*starts.tolist(), len(places)]
    return {k: places[bounds[i] : bounds[i + 1]] for i, k in enumerate(keys.tolist())}


def liquidate_on_book(run: Run, step: Step, flagged: Flagged) -> None:
    """Close what the book takes; units that recover leave L. Updates `flagged` in place."""
    turns = Turns(run, step, flagged)
    place_of = {int(unit): place for place, unit in enumerate(flagged.units)}
    step.credited.clear()
    while (place := turns.next()) is not None:
        _turn(run, step, flagged, place)
        while step.credited:
            credited = place_of.get(step.credited.pop())
            if credited is not None:
                turns.recheck(credited)
                _refresh(run, step, flagged, credited)


def _turn(run: Run, step: Step, flagged: Flagged, place: int) -> None:
    unit = int(flagged.units[place])
    at_start = measure(run.state, run.tables, unit, step.prices)
    if not run.meets_trigger(at_start.equity_usd, at_start.mm_usd):
        flagged.in_list[place] = False
        return
    if not takes_turn(run, step, unit):
        return
    work = _all_at_once if run.venue.liquidation.legs == "parallel" else _one_by_one
    work(run, step, flagged, place, at_start)


def _one_by_one(run: Run, step: Step, flagged: Flagged, place: int, at_start: UnitMargin) -> None:
    """Order one position after another until the unit is safe or has offered all it may."""
    unit = int(flagged.units[place])
    most_usd = run.venue.liquidation.max_usd_per_step or inf
    budget_usd = most_usd
    for row in legs(run, step, at_start):
        qty = order_qty(run, step, row, budget_usd)
        filled_usd = _close_on_book(run, step, unit, at_start, row, qty)
        if filled_usd > 0.0:
            budget_usd -= filled_usd
            if _is_safe(run, step, flagged, place) or budget_usd <= DUST_FRAC * most_usd < inf:
                return


def _all_at_once(run: Run, step: Step, flagged: Flagged, place: int, at_start: UnitMargin) -> None:
    """Order all positions, each the same share of what it may offer, then look at the unit."""
    unit = int(flagged.units[place])
    orders = [(row, order_qty(run, step, row, inf)) for row in legs(run, step, at_start)]
    worth_usd = plain_sum(qty * step.prices[row.market] for row, qty in orders)
    most_usd = run.venue.liquidation.max_usd_per_step or inf
    share = most_usd / worth_usd if worth_usd > most_usd else 1.0
    filled = [
        _close_on_book(run, step, unit, at_start, row, share * qty) > 0.0 for row, qty in orders
    ]
    if any(filled):
        _is_safe(run, step, flagged, place)


def _is_safe(run: Run, step: Step, flagged: Flagged, place: int) -> bool:
    """Whether the unit no longer meets the trigger, and so leaves L."""
    _refresh(run, step, flagged, place)
    if run.meets_trigger(float(flagged.equity_usd[place]), float(flagged.mm_usd[place])):
        return False
    flagged.in_list[place] = False
    return True


def _refresh(run: Run, step: Step, flagged: Flagged, place: int) -> None:
    now = measure(run.state, run.tables, int(flagged.units[place]), step.prices)
    flagged.equity_usd[place] = now.equity_usd
    flagged.mm_usd[place] = now.mm_usd


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
    fee = _take_fee(run, unit, side, fill, bankruptcy)
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


def _take_fee(run: Run, unit: int, side: int, fill: BookFill, bankruptcy: float) -> float:
    """The fee, only out of what the fill left above bankruptcy; to the first absorber."""
    left = max(0.0, side * fill.qty * (fill.price - bankruptcy))
    fee = min(run.venue.liquidation.fee_rate * fill.qty * fill.price, left)
    if fee <= 0.0:
        return 0.0
    run.state.cash[unit] -= fee
    if run.state.absorbers:
        run.state.absorbers[0].cash_usd += fee
    else:
        run.state.platform_cash_usd += fee
    return fee
