"""One run from a resolved scenario to a run folder."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from crashsim import engine
from crashsim.data import Inputs, read_inputs
from crashsim.engine.measure.metrics import Replayed, Value, summarise
from crashsim.engine.record.outcome import Outcome
from crashsim.engine.replay import Progress
from crashsim.lab import policy_sources
from crashsim.lab.folders import manifest, run_folder
from crashsim.lab.policy_sources import FunctionFile, load_function
from crashsim.lab.variants import loss_rules
from crashsim.scenarios.errors import InputError
from crashsim.scenarios.models.scenario import Scenario

RUNS = Path("runs")


@dataclass(frozen=True)
class Finished:
    """A run in memory."""

    scenario: Scenario
    inputs: Inputs
    outcome: Outcome
    metrics: dict[str, Value]
    timings: manifest.Timings
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
    started_at = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    begun = time.perf_counter()
    inputs = read_inputs(scenario)
    read = time.perf_counter()
    outcome = _replay(scenario, inputs, file, progress)
    replayed = time.perf_counter()
    metrics = summarise(Replayed(outcome, inputs.tape))
    timings = manifest.Timings(
        started_at,
        read_s=round(read - begun, 3),
        replay_s=round(replayed - read, 3),
        metrics_s=round(time.perf_counter() - replayed, 3),
    )
    return Finished(scenario, inputs, outcome, metrics, timings, file)


def with_rules(
    scenario: Scenario, policy: str | None, expression: str | None, loss: str | None
) -> tuple[Scenario, FunctionFile | None]:
    """The scenario with its venue's ranking and loss rules replaced, and the Python file that ranks.

    Each None leaves the venue's own. Raises InputError and PolicyError for what is no such rule.
    """
    venue, file = scenario.venue, None
    if policy is not None and expression is not None:
        raise InputError("give a policy or an ADL score, not both: each replaces the ranking")
    source = policy_sources.from_expression(expression) if expression is not None else None
    if policy is not None:
        source = policy_sources.one(policy)
    if source is not None:
        venue, file = source.policy.applied_to(venue), source.file
    if loss is not None:
        venue = venue.model_copy(update={"loss": loss_rules(loss, venue.loss)})
    return scenario.model_copy(update={"venue": venue}), file


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


def manifest_of(finished: Finished, argv: Sequence[str]) -> dict[str, Any]:
    """The content of manifest.json. argv: for people only."""
    return manifest.manifest(
        finished.scenario,
        finished.inputs,
        finished.outcome,
        argv,
        finished.timings,
        finished.file,
    )


def save(finished: Finished, out: Path | None, argv: Sequence[str], *, csv: bool) -> Path:
    """Write the run folder and return its path. argv: for people only. Raises OutputError."""
    path = out or RUNS / manifest.run_name(finished.scenario, finished.inputs, finished.file)
    run_folder.write(
        path,
        finished.outcome.tables(),
        manifest.summary(finished.scenario, finished.inputs, finished.metrics),
        manifest_of(finished, argv),
        csv=csv,
    )
    return path
