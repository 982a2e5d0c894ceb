"""A pytest plugin: each case of cases.toml fails once what it is said to show is changed.

After a case has passed, it is run again under every other choice (or with another value of the
metric); what no case tells apart is written to the file that CRASHSIM_CHOICES_LEFT names.
"""

import json
import os
import tomllib
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from crashsim.engine import sharing
from crashsim.engine.arrays import Floats
from crashsim.engine.measure.metrics import COMPARISON_METRICS, METRICS, Metric, Value
from crashsim.engine.sharing import RULES, Sharers
from crashsim.scenarios.models.venue import Venue
from tests.choices.model import Choice, choices
from tests.reference import adapter
from tests.reference.model import Case

CASES = Path(__file__).parent / "cases.toml"
LISTED = "CRASHSIM_CHOICES_LISTED"  # another list than CASES
LEFT = "CRASHSIM_CHOICES_LEFT"  # where to write what is left unproved
Change = AbstractContextManager[Callable[[], bool]]  # gives whether the case met what is changed


class _NotUsableError(Exception):
    """The other choice makes no rules with what else the case has."""


def wanted() -> dict[str, dict[str, list[str]]]:
    """Table -> name -> what it must be told from, of all choices, rules and metrics there are."""
    return {
        "venue": {each.name: [str(other) for other in each.others] for each in choices()},
        "sharing": {name: [_another_rule(name)] for name in RULES},
        "metrics": {name: ["another value"] for name in COMPARISON_METRICS},
    }


def listed() -> dict[str, dict[str, list[str]]]:
    """Table -> name -> its cases, by node id."""
    return tomllib.loads(Path(os.environ.get(LISTED, CASES)).read_text("utf-8"))


def change(table: str, name: str, place: int) -> Change:
    """What turns a choice into the other one at this place of `wanted`."""
    if table == "metrics":
        return _other_value(name)
    if table == "sharing":
        return _other_rule(name)
    return _other_rules(next(each for each in choices() if each.name == name), place)


def _another_rule(name: str) -> str:
    return "pro_rata" if name != "pro_rata" else "min_max"


@contextmanager
def _other_rules(choice: Choice, place: int) -> Iterator[Callable[[], bool]]:
    plain = adapter.inputs_of
    met = []

    def changed(case: Case) -> adapter.Inputs:
        inputs = plain(case)
        rules = inputs.venue.model_dump(by_alias=True)
        found = list(replace(choice, others=(choice.others[place],)).changed(rules))
        if not found:
            return inputs
        met.append(True)
        try:
            return replace(inputs, venue=Venue.model_validate(found[0]))
        except ValidationError as error:
            raise _NotUsableError from error

    adapter.inputs_of = changed
    try:
        yield lambda: bool(met)
    finally:
        adapter.inputs_of = plain


@contextmanager
def _other_rule(name: str) -> Iterator[Callable[[], bool]]:
    plain, met = sharing.RULES, []

    def other(loss_usd: float, sharers: Sharers) -> Floats:
        met.append(True)
        return plain[_another_rule(name)](loss_usd, sharers)

    sharing.RULES = {**plain, name: other}
    try:
        yield lambda: bool(met)
    finally:
        sharing.RULES = plain


@contextmanager
def _other_value(name: str) -> Iterator[Callable[[], bool]]:
    metric, met = COMPARISON_METRICS[name], []

    def compute(run: Any) -> Value:
        value = metric.compute(run)
        met.append(bool(value))
        return _other(value) if value else value

    _put(name, replace(metric, compute=compute))
    try:
        yield lambda: any(met)
    finally:
        _put(name, metric)


def _put(name: str, metric: Metric) -> None:
    for metrics in (METRICS, COMPARISON_METRICS):
        if name in metrics:
            metrics[name] = metric  # type: ignore[index]


def _other(value: Value) -> Value:
    if isinstance(value, Mapping):
        return {key: each + 1 for key, each in value.items()}
    return f"{value} or so" if isinstance(value, str) else (value or 0) + 1


def tells_apart(item: pytest.Function, changed: Change) -> bool:
    """Whether the case meets what is changed, and fails."""
    arguments = {name: item.funcargs[name] for name in item._fixtureinfo.argnames}
    with changed as met:
        try:
            item.obj(**arguments)
        except _NotUsableError:
            return False
        except (Exception, pytest.fail.Exception):  # noqa: BLE001 - any failure tells
            return met()
    return False


_left = {
    (table, name, place): list(cases)
    for table, names in listed().items()
    for name, cases in names.items()
    for place in range(len(wanted()[table].get(name, ())))
}


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Iterator[None]:
    """Run the case, then what is claimed of it."""
    result = yield
    for claim, cases in list(_left.items()):
        if pyfuncitem.nodeid in cases and tells_apart(pyfuncitem, change(*claim)):
            del _left[claim]
    return result  # type: ignore[return-value]


def pytest_sessionfinish() -> None:
    """Say what no case told apart."""
    left = [
        f"{name}: no case of it fails with {wanted()[table][name][place]}"
        for table, name, place in _left
    ]
    if LEFT in os.environ:
        Path(os.environ[LEFT]).write_text(json.dumps(left), encoding="utf-8")
