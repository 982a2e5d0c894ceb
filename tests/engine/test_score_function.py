"""Python functions as rankings: what is given, and what is refused."""

from collections.abc import Mapping
from itertools import count

import numpy as np
import polars as pl
import pytest

from crashsim.data import read_inputs
from crashsim.engine import replay
from crashsim.engine.adl.score_functions import function_score
from crashsim.engine.errors import PolicyError
from crashsim.engine.record.tables import INPUT
from crashsim.scenarios import Overrides, load

Columns = Mapping[str, np.ndarray]
_calls = count()


def test_a_function_ranks_as_the_same_expression_does() -> None:
    scenario = load("toy", overrides=Overrides(set=('adl.score="upnl * leverage"',)))
    inputs = read_inputs(scenario)
    score = function_score("mine", lambda columns: columns["upnl"] * columns["leverage"])
    plain = replay(inputs.tape, inputs.book, inputs.flows, scenario.venue, seed=4)
    mine = replay(inputs.tape, inputs.book, inputs.flows, load("toy").venue, seed=4, score=score)
    assert plain.adl_fills.height > 0
    inputs = pl.selectors.starts_with(INPUT)
    assert mine.adl_fills.drop(inputs).equals(plain.adl_fills.drop(inputs))


def test_drawn_columns_are_made_only_for_a_function_that_reads_them() -> None:
    assert "rand" not in function_score("a", lambda columns: columns["upnl"]).columns
    lottery = function_score("b", lambda columns: columns["rand"])
    assert "rand" in lottery.columns and "seeded_place" not in lottery.columns


def test_an_undefined_score_comes_last() -> None:
    score = function_score("log", lambda columns: np.log(columns["upnl"]))
    given = {name: np.array([1.0, -1.0]) for name in score.columns}
    assert score.evaluate(given).tolist() == [0.0, -np.inf]


def sized(columns: Columns) -> np.ndarray:
    return np.zeros(3)


def ranked(columns: Columns) -> np.ndarray:
    return np.argsort(columns["upnl"]).astype(float)


def moody(columns: Columns) -> np.ndarray:
    return columns["upnl"] + next(_calls)


def writes(columns: Columns) -> np.ndarray:
    columns["upnl"][0] = 1.0
    return columns["upnl"]


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        (sized, "expected one number a candidate"),
        (ranked, "compares a candidate with the others"),
        (moody, "different numbers for the same candidates"),
        (writes, "read-only"),
        (lambda columns: columns["profit"], "no column 'profit'"),
        (lambda columns: ["x"] * len(columns["upnl"]), "failed: ValueError"),
    ],
)
def test_what_is_no_score_is_refused(function: object, reason: str) -> None:
    with pytest.raises(PolicyError, match=reason):
        function_score("mine", function)  # type: ignore[arg-type]
