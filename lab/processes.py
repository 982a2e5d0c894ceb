"""Several replays of the same inputs on all cores; each process gets the inputs once."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from dataclasses import dataclass, replace
from itertools import count

from crashsim.data import Inputs, Tape
from crashsim.engine.adl.policies import without_adl
from crashsim.engine.measure.comparison import Measured
from crashsim.engine.measure.counterfactual import haircuts, last_step_needed
from crashsim.engine.measure.metrics import COMPARISON_METRICS, Replayed, summarise
from crashsim.engine.record.equity_path import EquityPath
from crashsim.engine.record.outcome import Outcome
from crashsim.engine.replay import Progress
from crashsim.lab import doubts
from crashsim.lab.computer.pool import process_pool
from crashsim.lab.replay import replay_on
from crashsim.lab.rules.function_files import ready
from crashsim.lab.variants import Variant
from crashsim.scenarios.models.venue import Venue

# Below this many account-steps a worker takes longer to start than to replay.
_WORTH_A_WORKER = 20_000_000


@dataclass(frozen=True)
class Job:
    """One replay to measure.

    own_counterfactual: its venue differs from the first beyond ADL, so it is measured against a
    replay of its own without ADL. keep: return the whole outcome too.
    """

    name: str
    venue: Venue
    seed: int
    horizon_s: float
    own_counterfactual: bool
    keep: bool


@dataclass(frozen=True)
class Done:
    """A finished job. outcome: where the job was to keep it."""

    measured: Measured
    conservation_residual_frac: float
    warnings: tuple[str, ...]
    outcome: Outcome | None


def jobs_of(
    variants: Sequence[Variant], seed: int, horizon_s: float, *, keep: bool = False
) -> list[Job]:
    """Variants that differ from the first in ADL alone share its counterfactual, the last run."""
    shared = without_adl(variants[0].venue)
    return [
        Job(
            variant.name,
            variant.venue,
            seed,
            horizon_s=horizon_s,
            own_counterfactual=without_adl(variant.venue) != shared,
            keep=keep,
        )
        for variant in variants
    ]


def workers_for(inputs: Inputs, jobs: int) -> int:
    """How many processes are worth starting for this many jobs on this machine."""
    account_steps = inputs.book.accounts.height * inputs.tape.time_ms.size
    if account_steps * jobs < _WORTH_A_WORKER:
        return 1
    return min(os.cpu_count() or 1, jobs)


def run_all(
    inputs: Inputs, jobs: Sequence[Job], workers: int, progress: Progress | None = None
) -> list[Done]:
    """The jobs done, in their order, whatever the number of processes.

    The last job is the first one's venue without ADL, the counterfactual of all that have none of
    their own. `progress(done, total)` is called after each. Raises what a failing job raises.
    """
    counted = _counting(len(jobs), progress)
    if workers <= 1:
        without, path = _without_adl(inputs, jobs[-1])
        counted(without)
        return [*(counted(_measured(inputs, job, path)) for job in jobs[:-1]), without]
    with process_pool(workers, _receive, (inputs,)) as pool:
        return _shared_out(pool, jobs, counted)


def _counting(total: int, progress: Progress | None) -> Callable[[Done], Done]:
    """What each finished job goes through, so that it is told to whoever shows them."""
    place = count(1)

    def counted(done: Done) -> Done:
        if progress:
            progress(next(place), total)
        return done

    return counted


def _shared_out(
    pool: ProcessPoolExecutor, jobs: Sequence[Job], counted: Callable[[Done], Done]
) -> list[Done]:
    """Jobs with a counterfactual of their own are longest and wait for nothing: they go first."""
    last = pool.submit(_work_without_adl, jobs[-1])
    futures: dict[int, Future[Done]] = {}
    for place, job in enumerate(jobs[:-1]):
        if job.own_counterfactual:
            futures[place] = pool.submit(_work, job, None)
    without, path = last.result()
    counted(without)
    for place, job in enumerate(jobs[:-1]):
        if not job.own_counterfactual:
            futures[place] = pool.submit(_work, job, path)
    for future in as_completed(futures.values()):
        counted(future.result())
    return [*(futures[place].result() for place in range(len(jobs) - 1)), without]


_received: list[Inputs] = []  # of a worker: what it was started with


def _receive(inputs: Inputs) -> None:
    _received.append(inputs)


def _work(job: Job, path: EquityPath | None) -> Done:
    return _measured(_received[0], job, path)


def _work_without_adl(job: Job) -> tuple[Done, EquityPath]:
    return _without_adl(_received[0], job)


def _without_adl(inputs: Inputs, job: Job) -> tuple[Done, EquityPath]:
    outcome = _replay(inputs, inputs.tape, job.venue, job)
    path = outcome.equity_path
    assert path is not None
    return _measure(inputs, job, outcome, path), path


def _measured(inputs: Inputs, job: Job, shared: EquityPath | None) -> Done:
    outcome = _replay(inputs, inputs.tape, job.venue, job)
    path = _own_counterfactual(inputs, job, outcome) if job.own_counterfactual else shared
    assert path is not None
    return _measure(inputs, job, outcome, path)


def _own_counterfactual(inputs: Inputs, job: Job, outcome: Outcome) -> EquityPath | None:
    """The path without ADL, no further than the haircuts ask for."""
    end = last_step_needed(outcome, inputs.tape, job.horizon_s)
    return _replay(inputs, _until(inputs.tape, end), without_adl(job.venue), job).equity_path


def _replay(inputs: Inputs, tape: Tape, venue: Venue, job: Job) -> Outcome:
    on = replace(inputs, tape=tape)
    return replay_on(on, venue, job.seed, ready(venue), keep_path=True)


def _measure(inputs: Inputs, job: Job, outcome: Outcome, path: EquityPath) -> Done:
    cut = haircuts(outcome, inputs.tape, path, job.horizon_s)
    values = summarise(Replayed(outcome, inputs.tape, cut), COMPARISON_METRICS)
    return Done(
        Measured(job.name, outcome.accounts, values),
        outcome.conservation_residual_frac,
        doubts.warnings(inputs, outcome),
        replace(outcome, equity_path=None) if job.keep else None,
    )


def _until(tape: Tape, step: int) -> Tape:
    """The tape up to and including this step."""
    kept = slice(0, step + 1)
    return replace(
        tape,
        time_ms=tape.time_ms[kept],
        mark=tape.mark[kept],
        volume_usd=tape.volume_usd[kept],
        funding_rate=tape.funding_rate[kept],
    )
