"""What comparison.json says of its draws: which differences from the first run they bear out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from crashsim.engine.measure.bands import agreement
from crashsim.engine.measure.metrics import COMPARISON_METRICS
from crashsim.lab.draws.design import Uncertain
from crashsim.lab.draws.draw_table import RUN
from crashsim.lab.draws.draws_told import failures_of, input_of, numbers


@dataclass(frozen=True)
class DrawnComparison:
    """The table of draws (a row a run and draw), and what comparison.json says of it."""

    frame: pl.DataFrame
    told: Mapping[str, Any]


def paired_of(frame: pl.DataFrame, inputs: Sequence[Uncertain], seed: int) -> DrawnComparison:
    """What to say of a table of draws, in which each draw has a row for each run, in order."""
    runs = frame[RUN.name].unique(maintain_order=True).to_list()
    done = {run: frame.filter(pl.col(RUN.name) == run, status="done") for run in runs}
    first = frame.filter(pl.col(RUN.name) == runs[0])
    told = {
        "asked": first.height,
        "done": done[runs[0]].height,
        "seed": seed,
        "inputs": {one.key: input_of(one).model_dump(mode="json") for one in inputs},
        "agreement": {
            metric: {run: _agreement(done[run], done[runs[0]], metric) for run in runs[1:]}
            for metric in COMPARISON_METRICS
            if metric in frame.columns and frame[metric].dtype.is_numeric()
        },
        "failed": [one.model_dump(mode="json") for one in failures_of(first)],
    }
    return DrawnComparison(frame, told)


def _agreement(run: pl.DataFrame, first: pl.DataFrame, metric: str) -> dict[str, int | bool]:
    """In how many draws the run's figure is higher and lower than the first run's."""
    found = agreement(numbers(run, metric), numbers(first, metric))
    return {**vars(found), "is_told": found.is_told}
