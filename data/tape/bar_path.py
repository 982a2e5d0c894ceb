"""OHLCV bars as a path of marks on a grid (docs: the rules of a replay, section 1).

The steps of a bar are the grid's steps t with open time <= t < open time + width. Knots: the open
at its first step; the low, then the high, at a third and two thirds of it (the high first where
the bar fell), each on the nearest later step; the close at its last step. Between knots the path
is linear in log price. A bar of fewer than six steps cannot hold four knots apart: of two knots on
one step the later one counts, so the close stands and an extreme may not be touched.
"""

from dataclasses import dataclass

import numpy as np

from crashsim.data.tape.grid import Floats, Grid, Ints, spread_over_steps
from crashsim.data.tape.price_file import PriceRows, bar_width_ms


@dataclass(frozen=True)
class BarSteps:
    """first, last (B,): the steps of each bar, also outside the window; last < first for none."""

    first: Ints
    last: Ints

    @property
    def count(self) -> Ints:
        """(B,) how many steps the bar has, 0 where the step is longer than the bar."""
        count: Ints = np.maximum(self.last - self.first + 1, 0)
        return count


def steps_of_bars(grid: Grid, rows: PriceRows) -> BarSteps:
    """The steps of every bar on a grid of a fixed step."""
    width_ms = bar_width_ms(rows)
    return BarSteps(grid.step_from(rows.time_ms), grid.step_from(rows.time_ms + width_ms) - 1)


def marks_of_bars(grid: Grid, rows: PriceRows) -> Floats:
    """(T, M) the path through the bars; NaN on steps that no bar covers.

    The first step after a bar holds its close, unless a bar covers it: so the last bar before the
    window, and bars shorter than a step, are known to what carries the path over a gap.
    """
    bars = steps_of_bars(grid, rows)
    mark = np.full((grid.steps, len(rows.markets)), np.nan)
    after = np.maximum(bars.last + 1, 0)
    known = after < grid.steps
    # Bars ascend in time and of repeated indices NumPy keeps the last.
    mark[after[known], rows.market[known]] = rows.prices["close"][known]
    row, step = spread_over_steps(grid, bars.first, bars.last)
    mark[step, rows.market[row]] = _path(*_knots(grid, rows, bars), row, step)
    return mark


def volume_of_bars(grid: Grid, rows: PriceRows, volume_usd: Floats) -> Floats:
    """(T, M) each bar's volume, spread evenly over its steps.

    Where the step is longer than the bar and passes it by, the next step gets the volume whole.
    """
    bars = steps_of_bars(grid, rows)
    last = np.maximum(bars.last, bars.first)
    row, step = spread_over_steps(grid, bars.first, last)
    share = volume_usd / (last - bars.first + 1)
    return grid.totals(step, rows.market[row], share[row], len(rows.markets))


def _knots(grid: Grid, rows: PriceRows, bars: BarSteps) -> tuple[Ints, Floats]:
    """Steps and prices (B, 4) of the knots; steps never descend within a bar."""
    assert grid.step_ms is not None
    width_ms = bar_width_ms(rows)
    price = rows.prices
    # Thirds in units of a third of a millisecond, so that no rounding moves a knot.
    since_start = 3 * (rows.time_ms - grid.time_ms[0])
    thirds = [-((-since_start - n * width_ms) // (3 * grid.step_ms)) for n in (1, 2)]
    step = np.stack([bars.first, *(np.minimum(k, bars.last) for k in thirds), bars.last], axis=1)
    rose = price["close"] >= price["open"]
    early = np.where(rose, price["low"], price["high"])
    late = np.where(rose, price["high"], price["low"])
    return step, np.stack([price["open"], early, late, price["close"]], axis=1)


def _path(knot_step: Ints, knot_price: Floats, row: Ints, step: Ints) -> Floats:
    """Price at each (row, step): a knot's own exactly, else log-linear between two."""
    knots, prices = knot_step[row], knot_price[row]
    left = (knots <= step[:, None]).sum(axis=1) - 1
    right = np.minimum(left + 1, 3)
    each = np.arange(len(row))
    from_step, to_step = knots[each, left], knots[each, right]
    from_price, to_price = prices[each, left], prices[each, right]
    part = (step - from_step) / np.maximum(to_step - from_step, 1)
    between: Floats = from_price * np.exp(part * np.log(to_price / from_price))
    # Rounding must not carry the path past its knots: a bar's low is its lowest price exactly.
    between = np.clip(between, np.minimum(from_price, to_price), np.maximum(from_price, to_price))
    return np.where(step == from_step, from_price, between)
