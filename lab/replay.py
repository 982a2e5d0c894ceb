"""One run from a resolved scenario to a run folder."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from crashsim import engine
from crashsim.data import Inputs, read_inputs
from crashsim.data.clock import utc_second_text
from crashsim.engine.measure.metrics import Replayed, Value, summarise
from crashsim.engine.record.outcome import Outcome
from crashsim.engine.replay import Progress
from crashsim.lab import policy_sources
from crashsim.lab.folders import manifest, run_folder
from crashsim.lab.folders.run_folder import Timings
from crashsim.lab.policy_sources import FunctionFile, load_function
from crashsim.lab.request import Request
from crashsim.scenarios.models.scenario import Scenario

RUNS = Path("runs")


@dataclass(frozen=True)
class Finished:
    """A run in memory."""

    scenario: Scenario
    inputs: Inputs
    outcome: Outcome
    metrics: dict[str, Value]
    timings: Timings
    file: FunctionFile | None = None


def run(
    scenario: Scenario,
    file: FunctionFile | None = None,
    progress: Progress | None = None,
) -> Finished:
    """Read the inputs, replay them and measure. Raises InputError and ConservationError.

    file: a Python policy that ranks in the place of the venue's score. progress: called with the
    steps done and all steps.
    """
    started_at = utc_second_text(datetime.now(UTC))
    begun = time.perf_counter()
    inputs = read_inputs(scenario)
    read = time.perf_counter()
    outcome = _replay(scenario, inputs, file, progress)
    replayed = time.perf_counter()
    metrics = summarise(Replayed(outcome, inputs.tape))
    timings = Timings(
        started_at,
        read_s=round(read - begun, 3),
        replay_s=round(replayed - read, 3),
        metrics_s=round(time.perf_counter() - replayed, 3),
    )
    return Finished(scenario, inputs, outcome, metrics, timings=timings, file=file)


def with_policy(
    scenario: Scenario, policy: str | None, expression: str | None
) -> tuple[Scenario, FunctionFile | None]:
    """The scenario with its venue's ranking replaced, and the Python file that ranks, if any."""
    if expression is not None:
        source = policy_sources.from_expression(expression)
    elif policy is not None:
        source = policy_sources.one(policy)
    else:
        return scenario, None
    venue = source.policy.applied_to(scenario.venue)
    return scenario.model_copy(update={"venue": venue}), source.file


def _replay(
    scenario: Scenario, inputs: Inputs, file: FunctionFile | None, progress: Progress | None
) -> Outcome:
    return engine.replay(
        inputs.tape,
        inputs.book,
        inputs.flows,
        scenario.venue,
        seed=scenario.seed,
        score=load_function(file) if file else None,
        progress=progress,
    )


def save(
    finished: Finished, out: Path | None, request: Request, argv: Sequence[str], *, csv: bool
) -> Path:
    """Write the run folder and return its path. argv: for people only. Raises OutputError."""
    path = out or RUNS / manifest.run_name(finished.scenario, finished.inputs, finished.file)
    run_folder.write(
        path,
        finished.outcome.tables(),
        manifest.summary(finished.scenario, finished.inputs, finished.metrics),
        manifest.manifest(
            finished.scenario,
            finished.inputs,
            finished.outcome,
            request,
            argv,
            finished.file,
        ),
        finished.timings,
        csv=csv,
    )
    return path
