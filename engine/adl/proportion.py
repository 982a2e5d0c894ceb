"""Pro-rata deleveraging: a loser's position spread over all candidates at once (rule 6).

A loser may have thousands of counterparties, so the candidates are arrays here. Each belongs to a
unit of its own: a unit has one position in a market.
"""

from math import floor

import numpy as np

from crashsim.engine.adl.losers import Loser, close_loser
from crashsim.engine.adl.ranking import Queue
from crashsim.engine.arrays import Flags, Floats, Indices, plain_sum
from crashsim.engine.record.events import AdlFillBlock, FillInputs, Ranked
from crashsim.engine.run import Run
from crashsim.engine.state.health import RowsOf
from crashsim.engine.state.shape import CROSS
from crashsim.engine.state.step import Step
from crashsim.engine.state.unit import DUST_FRAC, return_isolated


def fill_in_proportion(run: Run, step: Step, queue: Queue, loser: Loser) -> None:
    """Close the loser against all candidates in proportion to their capacity."""
    ranked = queue.ranked()
    capacity = _capacities(run, step, ranked, loser)
    total = float(capacity.sum())
    quantity = min(abs(loser.size), total)
    if quantity <= 0.0:
        return
    parts = quantity * (capacity / total)
    if run.venue.adl.lot is not None:
        parts = np.array(
            in_lots(
                parts.tolist(), capacity.tolist(), ranked.tie.tolist(), quantity, run.venue.adl.lot
            )
        )
    takes_part: Flags = parts > DUST_FRAC * np.abs(ranked.size)
    places = slice(None) if takes_part.all() else np.flatnonzero(takes_part)
    _fill(run, step, ranked, loser, places, np.minimum(parts, capacity))


def _capacities(run: Run, step: Step, ranked: Ranked, loser: Loser) -> Floats:
    """What each candidate can give now without its unit's equity going below 0, (n,)."""
    state = run.state
    capacity: Floats = np.abs(state.size[ranked.row])
    gain_per_qty = -loser.side * (loser.price - step.prices[loser.market])
    if gain_per_qty < 0.0:
        units = state.row_unit[ranked.row]
        order = np.argsort(units, kind="stable")
        equity = np.empty(units.size)
        equity[order] = RowsOf(state, run.tables, units[order]).health(step.mark).equity_usd
        capacity = np.minimum(capacity, np.maximum(0.0, equity) / -gain_per_qty)
    return np.where(capacity > DUST_FRAC * np.abs(ranked.size), capacity, 0.0)


def _fill(
    run: Run, step: Step, ranked: Ranked, loser: Loser, places: Indices | slice, part: Floats
) -> None:
    """Both sides close at the loser's price; part: (n,) quantities, used at these places."""
    state = run.state
    row, qty = ranked.row[places], part[places]
    unit = state.row_unit[row]
    side = -loser.side
    entry = state.entry[row]
    state.cash[unit] += side * qty * (loser.price - entry)
    left = state.size[row] - side * qty
    left[np.abs(left) <= DUST_FRAC * np.abs(ranked.size[places])] = 0.0
    state.size[row] = left
    step.closed_gross.add_block(unit, qty * step.prices[loser.market])
    step.touched.update(unit.tolist())
    closed_isolated = unit[(left == 0.0) & (state.unit_market[unit] != CROSS)]
    for one in closed_isolated.tolist():
        return_isolated(state, step, one, run.nets_debt)
    closed_qty = float(qty.sum())
    close_loser(run, step, loser, closed_qty)
    step.totals.adl_usd += closed_qty * step.prices[loser.market]
    run.events.adl_fills.extend(
        AdlFillBlock(
            step=step.index,
            market=loser.market,
            loser_row=loser.row,
            loser_absorber=loser.absorber,
            side=side,
            price=loser.price,
            bankruptcy_price=loser.bankruptcy_price,
            ranked=ranked,
            places=places,
            qty=qty,
        )
    )
    run.events.score_inputs.append(FillInputs(ranked.inputs, places))


def in_lots(
    parts: list[float], capacity: list[float], tie: list[float], quantity: float, lot: float
) -> list[float]:
    """Floor to lots; then by remainder each gets min(lot, rest, capacity left), ties by unit id.

    parts, capacity and tie have one entry a candidate; quantity is what all get together.
    """
    whole = [floor(part / lot) * lot for part in parts]
    rest = quantity - plain_sum(whole)
    for i in sorted(range(len(parts)), key=lambda i: (whole[i] - parts[i], tie[i])):
        extra = max(0.0, min(lot, rest, capacity[i] - whole[i]))
        whole[i] += extra
        rest -= extra
    return whole
