"""The draws of a comparison: in each, all rules meet the same inputs, numbers and seed."""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from crashsim.data import read_inputs
from crashsim.engine.measure.metrics import Value
from crashsim.engine.replay import Progress
from crashsim.lab.compare import Compared
from crashsim.lab.draws.design import (
    OF_A_COMPARISON,
    Draw,
    Uncertain,
    draws_asked,
    hypercube,
    of_scenario,
    of_venue,
)
from crashsim.lab.draws.draw_table import RUN, Cell, draw_cells, frame_of
from crashsim.lab.draws.measured import FAILURES, all_of, reseeded
from crashsim.lab.draws.paired import DrawnComparison, paired_of
from crashsim.lab.processes import jobs_of, run_all, workers_for
from crashsim.lab.variants import Variant
from crashsim.scenarios.files.replaced import with_numbers
from crashsim.scenarios.models.scenario import Scenario


@dataclass(frozen=True)
class _Task:
    """One draw of a comparison. own: numbers of the scenario; rules: of each variant's venue."""

    scenario: Scenario
    variants: Sequence[Variant]
    draw: Draw
    own: Mapping[str, float]
    rules: Sequence[Mapping[str, float]]
    horizon_s: float


def with_draws(
    stated: Compared,
    asked: int | None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Compared:
    """The comparison with the same comparison over its assumptions beside it.

    asked: how many draws, 0 for none; None: 8 where the scenario itself states a range that
    applies, else none. workers: processes; None chooses. `progress(done, total)` after each draw.
    """
    own = of_scenario(stated.scenario, stated.inputs.tape)
    count = draws_asked(asked, OF_A_COMPARISON if own else 0)
    if not count:
        return stated
    begun = time.perf_counter()
    workers = workers or workers_for(stated.inputs, count * len(stated.variants))
    drawn = _drawn(stated, own, count, workers, progress)
    timings = {**stated.timings, "draws_s": round(time.perf_counter() - begun, 3)}
    return replace(stated, draws=drawn, timings=timings)


def _drawn(
    stated: Compared,
    own: Sequence[Uncertain],
    count: int,
    workers: int,
    progress: Progress | None,
) -> DrawnComparison:
    scenario, variants = stated.scenario, stated.variants
    venues = [of_venue(variant.venue) for variant in variants]
    inputs = {one.key: one for each in (own, *reversed(venues)) for one in each}
    tasks = [
        _Task(
            scenario,
            variants,
            draw,
            own=draw.values(own),
            rules=[draw.values(ranged) for ranged in venues],
            horizon_s=stated.horizon_s,
        )
        for draw in hypercube(scenario.seed, inputs, count)
    ]
    found = all_of(_measured, tasks, min(workers, count), progress)
    rows = [row for task, runs in zip(tasks, found, strict=True) for row in _rows(task, runs)]
    return paired_of(frame_of(rows, first=(RUN,)), tuple(inputs.values()), scenario.seed)


def _measured(task: _Task) -> Sequence[Mapping[str, Value]] | str:
    """The metrics of every variant, or why this draw has none of them."""
    try:
        drawn = reseeded(with_numbers(task.scenario, task.own), task.draw.seed)
        variants = [
            replace(variant, venue=with_numbers(variant.of(drawn), values).venue)
            for variant, values in zip(task.variants, task.rules, strict=True)
        ]
        jobs = jobs_of(variants, drawn.seed, task.horizon_s)
        return [done.measured.values for done in run_all(read_inputs(drawn), jobs, workers=1)]
    except FAILURES as error:
        return str(error)


def _rows(task: _Task, found: Sequence[Mapping[str, Value]] | str) -> Iterable[dict[str, Cell]]:
    runs: Sequence[Mapping[str, Value] | str]
    runs = [found] * len(task.variants) if isinstance(found, str) else found
    for variant, rules, each in zip(task.variants, task.rules, runs, strict=True):
        values = {**task.own, **rules}
        yield {RUN.name: variant.name, **draw_cells(task.draw.number, task.draw.seed, values, each)}
