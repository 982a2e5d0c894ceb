"""The time grid of a tape, and the ways in which values come to lie on it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crashsim.data.clock import utc_text
from crashsim.scenarios.errors import InputError

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Grid:
    """Steps k = 0..T-1 at time_ms (T,), UTC. step_ms is their distance, None for a native grid.

    A grid of a fixed step goes on before and after its window as far as arithmetic is concerned: a
    row that overlaps an edge is laid out whole, then the part inside the window counts.
    """

    time_ms: Ints
    step_ms: int | None

    @property
    def steps(self) -> int:
        """T, the number of steps."""
        return len(self.time_ms)

    def step_from(self, time_ms: Ints) -> Ints:
        """The first step at or after each time; < 0 or >= T where it lies outside the window."""
        if self.step_ms is not None:
            steps: Ints = -((self.time_ms[0] - time_ms) // self.step_ms)
            return steps
        found = np.searchsorted(self.time_ms, time_ms, side="left").astype(np.int64)
        return np.where(time_ms < self.time_ms[0], -1, found)

    def totals(self, step: Ints, market: Ints, value: Floats, markets: int) -> Floats:
        """(T, M) sums of values over (step, market); those outside the window do not count."""
        inside = (step >= 0) & (step < self.steps)
        flat = step[inside] * markets + market[inside]
        sums = np.bincount(flat, weights=value[inside], minlength=self.steps * markets)
        return sums.astype(np.float64, copy=False).reshape(self.steps, markets)


MOST_STEPS = 10_000_000  # 115 days of seconds; a slip in the year would fill the memory instead


def fixed_grid(start_ms: int, end_ms: int, step_ms: int) -> Grid:
    """The steps start, start + step, ... up to and with end. Raises InputError for too many."""
    steps = (end_ms - start_ms) // step_ms + 1
    if steps > MOST_STEPS:
        raise InputError(
            f"the window {utc_text(start_ms)} to {utc_text(end_ms)} has {steps:,} steps of "
            f"{step_ms / 1000:g} s, expected at most {MOST_STEPS:,}: is the year right? "
            "Otherwise choose a longer step"
        )
    return Grid(np.arange(start_ms, end_ms + 1, step_ms, dtype=np.int64), step_ms)


def native_grid(time_ms: Ints, start_ms: int, end_ms: int) -> Grid:
    """The distinct times in [start, end], which may be none."""
    return Grid(np.unique(time_ms[(time_ms >= start_ms) & (time_ms <= end_ms)]), None)


def spread_over_steps(grid: Grid, first: Ints, last: Ints) -> tuple[Ints, Ints]:
    """Pairs (row, step) for every step from first to last (inclusive) of each row in the window.

    first, last: (R,). Returns two arrays of one length, ascending by row, then step.
    """
    low = np.clip(first, 0, grid.steps)
    count = np.maximum(np.minimum(last, grid.steps - 1) - low + 1, 0)
    row = np.repeat(np.arange(len(first)), count)
    ordinal = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
    return row, low[row] + ordinal


def carried_forward(values: Floats) -> Floats:
    """(T, M) with every NaN replaced by the last value before it in its column, if there is one."""
    step = np.where(np.isnan(values), 0, np.arange(len(values))[:, None])
    last = np.maximum.accumulate(step, axis=0)
    return np.take_along_axis(values, last, axis=0)
