"""What summary.json says of the draws: each figure's band, and what may move it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
import polars as pl
from pydantic import BaseModel, ConfigDict

from crashsim.engine.arrays import Floats
from crashsim.engine.measure.bands import bands, needed_correlation
from crashsim.engine.measure.metrics import Value
from crashsim.lab.draws.design import Uncertain
from crashsim.lab.draws.draw_table import DRAWS


class _Part(BaseModel):
    """A part of the summary: frozen, strict about types; what a later version adds is kept."""

    model_config = ConfigDict(frozen=True, extra="allow", strict=True)


class DrawnInput(_Part):
    """A number that was drawn: its stated value, and the ends and scale of its range."""

    stated: float
    low: float
    high: float
    scale: Literal["linear", "log"]
    unit: str


class FigureBand(_Part):
    """A figure's stated value and its 10 % and 90 % quantile over the draws that have it.

    moved_by: the drawn input that stands out, None where no single one does; rank_correlation: of
    that input with the figure.
    """

    stated: float | None
    p10: float
    p90: float
    draws: int
    moved_by: str | None
    rank_correlation: float | None

    @property
    def is_left(self) -> bool:
        """Whether the stated value lies outside of the band."""
        return self.stated is not None and not self.p10 <= self.stated <= self.p90


class Failure(_Part):
    """A draw that has no figures, and why."""

    draw: int
    reason: str


class Draws(_Part):
    """`draws` of summary.json.

    asked, done: how many draws; seed: the scenario's, of which theirs are made.
    needed_rank_correlation: what an input must exceed to be named. figures: by metric.
    """

    asked: int
    done: int
    seed: int
    needed_rank_correlation: float
    inputs: Mapping[str, DrawnInput]
    figures: Mapping[str, FigureBand]
    failed: tuple[Failure, ...]

    def content(self) -> dict[str, Any]:
        """As it is written."""
        return self.model_dump(mode="json")


@dataclass(frozen=True)
class Drawn:
    """The draws of a run: their table (see `lab.draws.draw_table`), and what it says."""

    frame: pl.DataFrame
    told: Draws


def told_of(
    frame: pl.DataFrame,
    inputs: Sequence[Uncertain],
    stated: Mapping[str, Value],
    seed: int,
) -> Draws:
    """What to say of a table of draws beside the stated case's metrics."""
    done = frame.filter(status="done")
    keys = [one.key for one in inputs]
    drawn = {key: numbers(done, key) for key in keys}
    names = [name for name in stated if name in done.columns and done[name].dtype.is_numeric()]
    found = bands({name: numbers(done, name) for name in names}, drawn)
    return Draws(
        asked=frame.height,
        done=done.height,
        seed=seed,
        needed_rank_correlation=needed_correlation(done.height, len(keys)),
        inputs={one.key: input_of(one) for one in inputs},
        figures={
            name: FigureBand(stated=_number(stated[name]), **asdict(band))
            for name, band in found.items()
        },
        failed=failures_of(frame),
    )


def with_draws(summary: Mapping[str, Any], draws: Draws | None) -> dict[str, Any]:
    """The content of summary.json: every metric, and the draws where there are any."""
    return {**summary, **({DRAWS: draws.content()} if draws else {})}


def numbers(frame: pl.DataFrame, name: str) -> Floats:
    """A column as numbers (N,); NaN where a draw has none."""
    values: Floats = frame[name].cast(pl.Float64).fill_null(float("nan")).to_numpy()
    return np.asarray(values)


def failures_of(frame: pl.DataFrame) -> tuple[Failure, ...]:
    """The draws that failed, and why."""
    failed = frame.filter(status="failed").select("draw", "reason")
    return tuple(Failure(draw=draw, reason=reason) for draw, reason in failed.iter_rows())


def _number(value: Value) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def input_of(one: Uncertain) -> DrawnInput:
    """A number that was drawn, as it is told."""
    return DrawnInput(
        stated=float(one.stated),
        low=one.range.low,
        high=one.range.high,
        scale=one.range.scale,
        unit=one.unit,
    )
