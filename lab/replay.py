"""One run from a resolved scenario to a run folder."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from crashsim import engine
from crashsim.data import Inputs, read_inputs
from crashsim.data.clock import utc_second_text
from crashsim.engine.measure.metrics import Replayed, Value, summarise
from crashsim.engine.record.outcome import Outcome
from crashsim.engine.replay import Progress
from crashsim.lab.draws.draw_table import DRAWS
from crashsim.lab.draws.draws_told import Drawn, with_draws
from crashsim.lab.folders import manifest, run_folder
from crashsim.lab.folders.run_folder import Timings
from crashsim.lab.request import Request
from crashsim.lab.rules import policy_sources
from crashsim.lab.rules.function_files import FunctionFiles, Ready, ready
from crashsim.scenarios.errors import InputError
from crashsim.scenarios.models.scenario import Scenario
from crashsim.scenarios.models.venue import Venue

RUNS = Path("runs")


@dataclass(frozen=True)
class Finished:
    """A run in memory. draws: the same replay over what is assumed, where that was asked for."""

    scenario: Scenario
    inputs: Inputs
    outcome: Outcome
    metrics: dict[str, Value]
    timings: Timings | None
    files: FunctionFiles
    draws: Drawn | None = None

    @property
    def draw_count(self) -> int:
        """How many draws there are beside the stated case."""
        return self.draws.frame.height if self.draws else 0

    def tables(self) -> Mapping[str, pl.DataFrame]:
        """The tables of the run folder by name, in the order they are written."""
        return {**self.outcome.tables(), **({DRAWS: self.draws.frame} if self.draws else {})}

    def summary(self) -> dict[str, Any]:
        """The metrics of summary.json, without the draws."""
        return manifest.summary(self.scenario, self.inputs, self.metrics)


def run(scenario: Scenario, progress: Progress | None = None) -> Finished:
    """Read the inputs, replay them and measure.

    progress: called with the steps done and all steps. Raises InputError, PolicyError for a rule
    that the venue names and that cannot be applied, and ConservationError.
    """
    started_at = utc_second_text(datetime.now(UTC))
    rules = ready(scenario.venue)  # before the inputs: reading those may take long
    begun = time.perf_counter()
    inputs = read_inputs(scenario)
    read = time.perf_counter()
    outcome = replay_on(inputs, scenario.venue, scenario.seed, rules, progress=progress)
    replayed = time.perf_counter()
    metrics = summarise(Replayed(outcome, inputs.tape))
    timings = Timings(
        started_at,
        read_s=round(read - begun, 3),
        replay_s=round(replayed - read, 3),
        metrics_s=round(time.perf_counter() - replayed, 3),
    )
    return Finished(scenario, inputs, outcome, metrics, timings=timings, files=rules.files)


def with_rules(
    scenario: Scenario, policy: str | None, expression: str | None, loss: str | None
) -> Scenario:
    """The scenario with its venue's ranking and its rule for losses replaced by what is named.

    Each None leaves the venue's own. Raises InputError and PolicyError for what is no such rule.
    """
    if policy is not None and expression is not None:
        raise InputError("give a policy or an ADL score, not both: each replaces the ranking")
    venue = scenario.venue
    if ranking := policy_sources.either(policy, expression):
        venue = ranking.applied_to(venue)
    if loss is not None:
        own = policy_sources.loss_rules(loss, venue.loss)
        venue = venue.model_copy(update={"loss": own})
    return scenario.model_copy(update={"venue": venue})


def replay_on(
    inputs: Inputs,
    venue: Venue,
    seed: int,
    rules: Ready,
    *,
    keep_path: bool = False,
    progress: Progress | None = None,
) -> Outcome:
    """Replay inputs under a venue whose named rules are ready; parameters as of engine.replay."""
    return engine.replay(
        inputs.tape,
        inputs.book,
        inputs.flows,
        venue,
        seed=seed,
        score=rules.score,
        sharing=rules.sharing,
        keep_path=keep_path,
        progress=progress,
    )


def save(
    finished: Finished, out: Path | None, request: Request, argv: Sequence[str], *, csv: bool
) -> Path:
    """Write the run folder and return its path. argv: for people only. Raises OutputError."""
    told = manifest.manifest(finished, request, argv)
    path = out or RUNS / told.run
    run_folder.write(
        path,
        finished.tables(),
        with_draws(finished.summary(), finished.draws.told if finished.draws else None),
        told,
        finished.timings,
        csv=csv,
    )
    return path
