"""How a loser's position is spread over the candidates of its queue (rule 6)."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from crashsim.engine.adl.losers import Loser, close_absorber, close_loser, close_unit_row
from crashsim.engine.adl.proportion import fill_in_proportion, in_lots
from crashsim.engine.adl.ranking import Queue
from crashsim.engine.arrays import plain_sum
from crashsim.engine.record.events import AdlFill
from crashsim.engine.run import Run
from crashsim.engine.state.step import Step
from crashsim.engine.state.unit import DUST_FRAC, equity_usd, settle
from crashsim.scenarios.models.venue import Allocation


def close_against_winners(run: Run, step: Step, queue: Queue, loser: Loser) -> None:
    """Close the loser's position at its price against the queue; what is left stays open."""
    ALLOCATIONS[run.venue.adl.allocation](run, step, queue, loser)


def _fill_from_the_top(run: Run, step: Step, queue: Queue, loser: Loser) -> None:
    need = abs(loser.size)
    _skip_closed(run, queue, loser.market)
    filled = []
    for place in queue.places():
        capacity = _capacity(run, step, queue, place, loser)
        qty = min(need, capacity)
        if qty <= DUST_FRAC * abs(queue.size_at_start[place]):
            continue
        _fill(run, step, queue, place, loser, qty)
        filled.append(place)
        need = settle(need - qty, loser.size)
        if need <= 0.0:
            break
    queue.note_fills(filled)


def _skip_closed(run: Run, queue: Queue, market: int) -> None:
    while queue.reaches(queue.head) and _open_size(run, queue.row[queue.head], market) == 0.0:
        queue.head += 1


def _open_size(run: Run, row: int, market: int) -> float:
    if row >= 0:
        return run.state.size_at[row]
    return float(run.state.absorbers[-1 - row].size[market])


def _capacity(run: Run, step: Step, queue: Queue, place: int, loser: Loser) -> float:
    """What this candidate can give now without its unit's equity going below 0."""
    row = queue.row[place]
    open_qty = abs(_open_size(run, row, loser.market))
    gain_per_qty = -loser.side * (loser.price - step.prices[loser.market])
    if gain_per_qty < 0.0:
        open_qty = min(open_qty, max(0.0, _equity(run, step, row)) / -gain_per_qty)
    return open_qty if open_qty > DUST_FRAC * abs(queue.size_at_start[place]) else 0.0


def _equity(run: Run, step: Step, row: int) -> float:
    if row < 0:
        return run.state.absorbers[-1 - row].equity_usd(step.mark)
    return equity_usd(run.state, run.state.fixed.row_unit[row], step.prices)


def _fill_in_proportion(run: Run, step: Step, queue: Queue, loser: Loser) -> None:
    if run.venue.adl.absorbers_eligible:
        _fill_one_by_one_in_proportion(run, step, queue, loser)
    else:
        fill_in_proportion(run, step, queue, loser)


ALLOCATIONS: Mapping[Allocation, Callable[[Run, Step, Queue, Loser], None]] = MappingProxyType(
    {"queue": _fill_from_the_top, "pro_rata": _fill_in_proportion}
)


def _fill_one_by_one_in_proportion(run: Run, step: Step, queue: Queue, loser: Loser) -> None:
    places = list(queue.places())
    capacity = [_capacity(run, step, queue, place, loser) for place in places]
    total = plain_sum(capacity)
    quantity = min(abs(loser.size), total)
    if quantity <= 0.0:
        return
    parts = [quantity * (held / total) for held in capacity]
    if run.venue.adl.lot is not None:
        ties = queue.ranked().tie.tolist()
        parts = in_lots(parts, capacity, ties, quantity, run.venue.adl.lot)
    takes_part = [
        place for place in places if parts[place] > DUST_FRAC * abs(queue.size_at_start[place])
    ]
    for place in takes_part:
        _fill(run, step, queue, place, loser, min(parts[place], capacity[place]))
    queue.note_fills(takes_part)


def _fill(run: Run, step: Step, queue: Queue, place: int, loser: Loser, qty: float) -> None:
    """Both sides close qty at the loser's price."""
    row = queue.row[place]
    start = queue.size_at_start[place]
    if row >= 0:
        entry = run.state.fixed.entry[row]
        close_unit_row(run, step, row, qty, loser.price, start)
    else:
        absorber = run.state.absorbers[-1 - row]
        entry = float(absorber.entry[loser.market])
        close_absorber(absorber, loser.market, qty, loser.price, start)
    close_loser(run, step, loser, qty)
    step.totals.adl_usd += qty * step.prices[loser.market]
    run.events.adl_fills.append(
        AdlFill(
            step=step.index,
            market=loser.market,
            winner_row=row,
            winner_absorber=-1 - row if row < 0 else -1,
            loser_row=loser.row,
            loser_absorber=loser.absorber,
            side=-loser.side,
            qty=qty,
            price=loser.price,
            bankruptcy_price=loser.bankruptcy_price,
            rank=place + 1,
            score=queue.score_at[place],
            winner_entry=entry,
        )
    )
