"""The same outcome has the same metrics, to the last bit, however Polars shares out its work."""

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ADDS = ("sum", "mean", "std", "var", "dot")

REPEATS = """
from crashsim import data, engine, scenarios
from crashsim.engine.adl.policies import without_adl
from crashsim.engine.measure.counterfactual import haircuts
from crashsim.engine.measure.metrics import COMPARISON_METRICS, Replayed, summarise

rules = scenarios.Overrides(venue="binance", set=("absorber.0.cash=0",))
scenario = scenarios.load("oct11", overrides=rules)
inputs = data.read_inputs(scenario)
runs = [
    engine.replay(inputs.tape, inputs.book, inputs.flows, venue, scenario.seed, keep_path=True)
    for venue in (scenario.venue, without_adl(scenario.venue))
]
answers = set()
for _ in range(200):
    cut = haircuts(runs[0], inputs.tape, runs[1].equity_path, 0.0)
    answers.add(repr(summarise(Replayed(runs[0], inputs.tape, cut), COMPARISON_METRICS)))
print(len(answers))
"""


@pytest.mark.slow
def test_the_metrics_of_one_outcome_are_the_same_two_hundred_times() -> None:
    done = subprocess.run(
        [sys.executable, "-c", REPEATS],
        env=os.environ | {"POLARS_MAX_THREADS": "2", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "1\n"


def test_no_float_sum_is_taken_over_groups_of_unsorted_rows() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}"
        for room in ("engine", "lab")
        for path in sorted((ROOT / room).rglob("*.py"))
        for line in unsorted_sums(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert found == []


def test_the_guard_knows_an_unsorted_sum_when_it_sees_one() -> None:
    planted = "frame.group_by('market').agg(pl.col('usd').sum())"
    harmless = "frame.sort('market').group_by('market').agg(pl.col('usd').sum())"
    counted = "frame.group_by('market').agg(pl.col('usd').max())"
    assert [list(unsorted_sums(ast.parse(each))) for each in (planted, harmless, counted)] == [
        [1],
        [],
        [],
    ]


def unsorted_sums(tree: ast.AST) -> Iterator[int]:
    """Lines of `X.group_by(...).agg(... sum ...)` in which X is not sorted in the same chain."""
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and _name(node) == "agg"):
            continue
        grouped = node.func.value if isinstance(node.func, ast.Attribute) else None
        if not (isinstance(grouped, ast.Call) and _name(grouped) == "group_by"):
            continue
        called = {_name(each) for each in ast.walk(grouped) if isinstance(each, ast.Call)}
        added = {_name(each) for each in ast.walk(node) if isinstance(each, ast.Call)}
        if "sort" not in called and added & set(ADDS):
            yield node.lineno


def _name(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else ""
