"""What a metric is: its words beside its function, so that no number is printed without them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from crashsim.data.schema import Tape
from crashsim.engine.measure.counterfactual import Haircuts
from crashsim.engine.record.outcome import Outcome

# A time is UTC in ISO 8601; a mapping is by market or by absorber; None: nothing to measure.
Value = float | int | str | None | Mapping[str, float]
Input = Literal["prices", "volume", "book", "flows", "venue"]

EVERYTHING: tuple[Input, ...] = ("prices", "volume", "book", "flows", "venue")


@dataclass(frozen=True)
class Replayed:
    """All that a metric of one run may look at.

    haircuts: against the replay without ADL; None for a run that is not part of a comparison.
    """

    outcome: Outcome
    tape: Tape
    haircuts: Haircuts | None = None


@dataclass(frozen=True)
class Metric:
    """One number of a run with what a reader needs to defend it.

    sign: what larger means, or who gains where it is positive. horizon: from when to when, or how
    long after. price_source: which prices value it. inputs: what the number stands on.
    """

    name: str
    unit: str
    definition: str
    compute: Callable[[Replayed], Value]
    sign: str = "never negative; larger is worse"
    horizon: str = "whole run"
    price_source: str = "mark of the step"
    inputs: tuple[Input, ...] = EVERYTHING


def accounts_sum(column: str) -> Callable[[Replayed], float]:
    """What sums a column of the accounts table."""
    return lambda run: float(run.outcome.accounts[column].sum())


def accounts_count(flag: str) -> Callable[[Replayed], int]:
    """What counts the accounts with a flag."""
    return lambda run: int(run.outcome.accounts[flag].sum())
