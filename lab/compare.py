"""A comparison from a resolved scenario to its tables."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import polars as pl

from crashsim.data import Inputs, read_inputs
from crashsim.data.clock import utc_second_text
from crashsim.engine.measure import comparison
from crashsim.engine.measure.metrics import METRICS
from crashsim.engine.replay import Progress
from crashsim.lab.draws.paired import DrawnComparison
from crashsim.lab.processes import Done, jobs_of, run_all, workers_for
from crashsim.lab.replay import Finished
from crashsim.lab.request import Request
from crashsim.lab.variants import Variant
from crashsim.scenarios.models.scenario import Scenario


@dataclass(frozen=True)
class Compared:
    """A comparison in memory; done and variants in the same order, the first is the measure.

    draws: the same comparison over what is assumed, where that was asked for.
    """

    scenario: Scenario
    inputs: Inputs
    variants: Sequence[Variant]
    done: Sequence[Done]
    metrics: pl.DataFrame
    changes: pl.DataFrame
    horizon_s: float
    timings: Mapping[str, float | str | int]
    draws: DrawnComparison | None = None

    def kept(self) -> Mapping[str, Finished]:
        """The runs whose outcomes were kept, by name, each like the same run made alone."""
        return {
            variant.name: Finished(
                variant.of(self.scenario),
                self.inputs,
                done.outcome,
                metrics={key: done.measured.values[key] for key in METRICS},
                timings=None,
                files=variant.files,
            )
            for variant, done in zip(self.variants, self.done, strict=True)
            if done.outcome is not None
        }

    def alone(self, run: str, request: Request) -> Request:
        """What asks for one of the runs alone, where `request` asks for the first."""
        return next(each for each in self.variants if each.name == run).alone(request)


def compare(
    scenario: Scenario,
    variants: Sequence[Variant],
    *,
    horizon_s: float,
    keep: bool,
    workers: int | None,
    progress: Progress | None = None,
) -> Compared:
    """Replay every variant on the same inputs, read once, and measure them against the first.

    keep: with their whole outcomes. workers: processes; None chooses. The last variant is the first
    one's venue without ADL.
    """
    started_at = utc_second_text(datetime.now(UTC))
    begun = time.perf_counter()
    inputs = read_inputs(scenario)
    read = time.perf_counter()
    count = workers or workers_for(inputs, len(variants))
    jobs = jobs_of(variants, scenario.seed, horizon_s, keep=keep)
    done = run_all(inputs, jobs, count, progress)
    replayed = time.perf_counter()
    runs = [each.measured for each in done]
    metrics, changes = comparison.metric_table(runs), comparison.changes_table(runs)
    timings: dict[str, float | str | int] = {
        "started_at": started_at,
        "workers": count,
        "read_s": round(read - begun, 3),
        "replay_s": round(replayed - read, 3),
        "metrics_s": round(time.perf_counter() - replayed, 3),
    }
    return Compared(
        scenario=scenario,
        inputs=inputs,
        variants=variants,
        done=done,
        metrics=metrics,
        changes=changes,
        horizon_s=horizon_s,
        timings=timings,
    )
