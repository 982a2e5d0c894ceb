"""`--fail-on 'debt_usd > 0'`: conditions on metrics, read without evaluating anything."""

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from crashsim.engine.measure.metrics import COMPARISON_METRICS, Value
from crashsim.lab.compare import Compared
from crashsim.scenarios.errors import InputError
from crashsim.scenarios.files.problems import nearest

_COMPARE: Mapping[str, Callable[[float, float], bool]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
}
_FORM = re.compile(r"\s*(\w+)\s*(>=|<=|==|!=|>|<)\s*([-+]?[\d._]+(?:[eE][-+]?\d+)?)\s*")


@dataclass(frozen=True)
class Condition:
    """One condition: a metric against a number. text: as it was typed."""

    metric: str
    symbol: str
    bound: float
    text: str

    def is_met(self, values: Mapping[str, Value]) -> bool:
        """Whether these metrics meet it; of a metric by market, whether any market does.

        A metric without a value meets nothing.
        """
        value = values[self.metric]
        numbers = list(value.values()) if isinstance(value, Mapping) else [value]
        compare = _COMPARE[self.symbol]
        return any(
            compare(number, self.bound) for number in numbers if isinstance(number, int | float)
        )


def parse(texts: Sequence[str]) -> list[Condition]:
    """The conditions of `--fail-on` options. Raises InputError."""
    return [_parse(text) for text in texts]


def _parse(text: str) -> Condition:
    match = _FORM.fullmatch(text)
    bound = _number(match[3]) if match else None
    if match is None or bound is None:
        raise InputError(
            f"--fail-on '{text}': expected METRIC OPERATOR NUMBER, such as 'debt_usd > 0'; "
            f"operators: {' '.join(_COMPARE)}"
        )
    metric = match[1]
    if metric not in COMPARISON_METRICS:
        raise InputError(
            f"--fail-on '{text}': there is no metric \"{metric}\""
            f"{nearest(metric, COMPARISON_METRICS)} `crashsim compare --explain all` lists them"
        )
    if COMPARISON_METRICS[metric].unit == "UTC":
        raise InputError(f"--fail-on '{text}': {metric} is a time, expected a metric with a number")
    return Condition(metric, match[2], bound, text)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def met(conditions: Sequence[Condition], compared: Compared) -> list[str]:
    """`RUN: CONDITION` for each run that meets one.

    The last run, without auto-deleveraging, is the measure of the others and is not judged.
    """
    return [
        f"{done.measured.name}: {condition.text}"
        for condition in conditions
        for done in compared.done[:-1]
        if condition.is_met(done.measured.values)
    ]
