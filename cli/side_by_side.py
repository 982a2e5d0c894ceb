"""Several replays of the same inputs on all cores.

Workers are fresh processes: a forked copy of a process that has used Polars may hang. Each gets
the inputs once, when it starts. Replays hold the interpreter, so threads would run one by one.
"""

import multiprocessing
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, replace

from crashsim import engine
from crashsim.cli.policy_source import FunctionFile, load_function
from crashsim.data import Inputs, Tape
from crashsim.engine.equity_path import EquityPath
from crashsim.engine.haircuts import last_step_needed
from crashsim.engine.outcome import Outcome
from crashsim.engine.policies import without_adl
from crashsim.scenarios.venue import Venue

# Below this many account-steps a worker takes longer to start than to replay.
_WORTH_A_WORKER = 20_000_000

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Job:
    """One replay. own_counterfactual: replay its venue without ADL too, as far as needed.

    cost: a guess of its length in any unit; longer jobs start first.
    """

    venue: Venue
    file: FunctionFile | None
    seed: int
    horizon_s: float
    own_counterfactual: bool
    cost: float = 1.0


@dataclass(frozen=True)
class Done:
    """A finished job. without_adl: the path of its own counterfactual, where it has one."""

    outcome: Outcome
    without_adl: EquityPath | None


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

    `progress(done, total)` is called after each. Raises what the first failing job raises.
    """
    if workers <= 1:
        return _one_by_one(inputs, jobs, progress)
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, spawn, _receive, (inputs,)) as pool:
        order = sorted(range(len(jobs)), key=lambda i: -jobs[i].cost)
        futures = {pool.submit(_work, jobs[i]): i for i in order}
        try:
            for done, future in enumerate(as_completed(futures), start=1):
                future.result()
                if progress:
                    progress(done, len(jobs))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
        results = {place: future.result() for future, place in futures.items()}
    return [results[place] for place in range(len(jobs))]


def _one_by_one(inputs: Inputs, jobs: Sequence[Job], progress: Progress | None) -> list[Done]:
    results = []
    for job in jobs:
        results.append(_replay(inputs, job))
        if progress:
            progress(len(results), len(jobs))
    return results


_received: list[Inputs] = []  # of a worker: what it was started with


def _receive(inputs: Inputs) -> None:
    _received.append(inputs)


def _work(job: Job) -> Done:
    return _replay(_received[0], job)


def _replay(inputs: Inputs, job: Job) -> Done:
    outcome = engine.replay(
        inputs.tape,
        inputs.book,
        inputs.flows,
        job.venue,
        seed=job.seed,
        score=load_function(job.file) if job.file else None,
        keep_path=True,
    )
    if not job.own_counterfactual:
        return Done(outcome, None)
    end = last_step_needed(outcome, inputs.tape, job.horizon_s)
    without = engine.replay(
        _until(inputs.tape, end),
        inputs.book,
        inputs.flows,
        without_adl(job.venue),
        seed=job.seed,
        keep_path=True,
    )
    return Done(outcome, without.equity_path)


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
