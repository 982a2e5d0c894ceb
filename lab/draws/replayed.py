"""The draws of a replay: beside the stated case, which stays what the run folder holds."""

import time
from dataclasses import replace

from crashsim.engine.replay import Progress
from crashsim.lab.draws.design import OF_A_REPLAY, draws_asked, hypercube, of_scenario, of_venue
from crashsim.lab.draws.draw_table import draw_cells, frame_of
from crashsim.lab.draws.draws_told import Drawn, told_of
from crashsim.lab.draws.measured import all_of, figures
from crashsim.lab.processes import workers_for
from crashsim.lab.replay import Finished


def with_draws(
    stated: Finished,
    asked: int | None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Finished:
    """The stated case with the same replay over its assumptions beside it.

    asked: how many draws, 0 for none; None: 24 where the scenario itself states a range that
    applies, else none. workers: processes; None chooses. `progress(done, total)` after each draw.
    """
    own = of_scenario(stated.scenario, stated.inputs.tape)
    count = draws_asked(asked, OF_A_REPLAY if own else 0)
    if not count:
        return stated
    begun = time.perf_counter()
    drawn = _drawn(stated, count, workers or workers_for(stated.inputs, count), progress)
    timings = stated.timings and replace(
        stated.timings, draws_s=round(time.perf_counter() - begun, 3)
    )
    return replace(stated, draws=drawn, timings=timings)


def _drawn(stated: Finished, count: int, workers: int, progress: Progress | None) -> Drawn:
    scenario = stated.scenario
    inputs = (
        *of_scenario(scenario, stated.inputs.tape),
        *of_venue(scenario.venue),
    )
    design = hypercube(scenario.seed, [one.key for one in inputs], count)
    drawn = [(draw.number, draw.seed, draw.values(inputs)) for draw in design]
    asked = [(scenario, seed, values) for _, seed, values in drawn]
    found = all_of(figures, asked, workers, progress)
    frame = frame_of([draw_cells(*each, found=one) for each, one in zip(drawn, found, strict=True)])
    return Drawn(frame, told_of(frame, inputs, stated.metrics, scenario.seed))
