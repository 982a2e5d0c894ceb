"""What a price file does not cover of a window, in sentences for the manifest."""

import numpy as np

from crashsim.data.clock import utc_text
from crashsim.data.tape.bar_path import steps_of_bars
from crashsim.data.tape.grid import Grid, Ints
from crashsim.data.tape.price_file import PriceRows

_KNOTS_APART = 6  # steps that a bar needs so that its four knots lie on four steps


def coverage_notes(grid: Grid, rows: PriceRows) -> tuple[str, ...]:
    """Markets that start late, end early or have holes, and bars too short for their steps.

    In a hole and after the end the mark is carried forward and volume is 0: that is the contract's
    rule, and these notes are what keeps it from being silent.
    """
    notes = list(rows.notes)
    for market, name in enumerate(rows.markets):
        own = rows.market == market
        notes += [f"{name} {what}" for what in _holes(grid, rows, rows.time_ms[own], market)]
    if rows.is_bars and (steps_of_bars(grid, rows).count < _KNOTS_APART).any():
        notes.append(
            f"bars of fewer than {_KNOTS_APART} steps: their lows and highs may not be touched"
        )
    return tuple(notes)


def _holes(grid: Grid, rows: PriceRows, time_ms: Ints, market: int) -> list[str]:
    start, end = int(grid.time_ms[0]), int(grid.time_ms[-1])
    spacing = int(rows.spacing_ms[market])
    notes = []
    if time_ms[0] > start:
        notes.append(f"has no price before {utc_text(int(time_ms[0]))}")
    last_known = int(time_ms[-1]) + spacing
    if last_known < end:
        notes.append(f"has no row after {utc_text(int(time_ms[-1]))}: carried forward, volume 0")
    if rows.is_bars:
        gap_ms = np.diff(time_ms) - spacing
        inside = (gap_ms > 0) & (time_ms[1:] > start) & (time_ms[:-1] + spacing < end)
        if inside.any():
            notes.append(
                f"has {inside.sum()} gaps ({gap_ms[inside].sum() / 1000:g} s in all): "
                "carried forward, volume 0"
            )
    return notes
