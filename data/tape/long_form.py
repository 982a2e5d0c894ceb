"""Long-form rows (a mark and a volume at a time) on a grid."""

import numpy as np

from crashsim.data.tape.grid import Floats, Grid, Ints, spread_over_steps
from crashsim.data.tape.price_file import PriceRows


def marks_of_rows(grid: Grid, rows: PriceRows) -> Floats:
    """(T, M) the last mark at or before each step, also from before the window; NaN where none."""
    mark = np.full((grid.steps, len(rows.markets)), np.nan)
    step = np.maximum(grid.step_from(rows.time_ms), 0)
    inside = step < grid.steps
    # Rows ascend in time and of repeated indices NumPy keeps the last.
    mark[step[inside], rows.market[inside]] = rows.prices["mark"][inside]
    return mark


def volume_of_rows(grid: Grid, rows: PriceRows, volume_usd: Floats) -> Floats:
    """(T, M) volume of (t_{k-1}, t_k], where step 0 of a fixed grid covers one step up to t_0.

    A row's volume is that of the time since the market's row before it (before the first row: the
    market's smallest spacing). It goes whole to the first step at or after the row's time, but
    where it covers more than one step it is spread evenly over that time. A native grid takes
    every row whole.
    """
    count = len(rows.markets)
    begin_ms = _begin_ms(rows)
    step = grid.step_from(rows.time_ms)
    coarse = np.zeros(len(step), dtype=bool)
    if grid.step_ms is not None:
        coarse = rows.time_ms - begin_ms > grid.step_ms
    fine = ~coarse
    whole = grid.totals(step[fine], rows.market[fine], volume_usd[fine], count)
    if not coarse.any():
        return whole
    return whole + _spread(grid, rows, begin_ms, np.where(coarse, volume_usd, 0.0))


def funding_of_rows(grid: Grid, rows: PriceRows) -> Floats:
    """(T, M) sum of the rates given in (t_{k-1}, t_k]; at k = 0 only those at t_0."""
    given = rows.settlements
    if given is None:
        return np.zeros((grid.steps, len(rows.markets)))
    step = np.where(given.time_ms < grid.time_ms[0], -1, grid.step_from(given.time_ms))
    return grid.totals(step, given.market, given.rate, len(rows.markets))


def _begin_ms(rows: PriceRows) -> Ints:
    begin = np.roll(rows.time_ms, 1)
    is_first = np.ones(len(begin), dtype=bool)
    is_first[1:] = rows.market[1:] != rows.market[:-1]
    begin[is_first] = (rows.time_ms - rows.spacing_ms[rows.market])[is_first]
    return begin


def _spread(grid: Grid, rows: PriceRows, begin_ms: Ints, volume_usd: Floats) -> Floats:
    assert grid.step_ms is not None
    first = (begin_ms - grid.time_ms[0]) // grid.step_ms + 1
    last = grid.step_from(rows.time_ms)
    row, step = spread_over_steps(grid, first, last)
    step_end = grid.time_ms[step]
    shared_ms = np.minimum(rows.time_ms[row], step_end) - np.maximum(
        begin_ms[row], step_end - grid.step_ms
    )
    share = shared_ms / (rows.time_ms - begin_ms)[row]
    return grid.totals(step, rows.market[row], volume_usd[row] * share, len(rows.markets))
