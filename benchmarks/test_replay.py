"""How long a replay takes: by number of accounts, and against a search of every account.

CPU time of the process, which other work on the machine disturbs less than the clock on the wall.
"""

from time import process_time
from typing import Literal

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from benchmarks import crashes
from crashsim.engine.search import DenseSearch, PrunedSearch
from crashsim.engine.state.margin import MarginTables
from crashsim.engine.state.state import open_state


@pytest.mark.benchmark(group="replay by number of accounts", timer=process_time)
@pytest.mark.parametrize("accounts", [2_500, 10_000, 40_000])
def test_replay(benchmark: BenchmarkFixture, accounts: int) -> None:
    crashes.oct11(accounts)
    outcome = benchmark.pedantic(crashes.replay, args=(accounts,), rounds=3)
    assert outcome.accounts.height == accounts


@pytest.mark.benchmark(group="replay of 2,500 accounts by search", timer=process_time)
@pytest.mark.parametrize("search", ["pruned", "dense"])
def test_small_book(benchmark: BenchmarkFixture, search: Literal["pruned", "dense"]) -> None:
    crashes.oct11(2_500)
    benchmark.pedantic(crashes.replay, args=(2_500, search), rounds=3)


@pytest.mark.benchmark(group="replay of 20,000 accounts by search", timer=process_time)
@pytest.mark.parametrize("search", ["pruned", "dense"])
def test_medium_book(benchmark: BenchmarkFixture, search: Literal["pruned", "dense"]) -> None:
    crashes.oct11(20_000)
    benchmark.pedantic(crashes.replay, args=(20_000, search), rounds=1)


@pytest.mark.benchmark(group="search alone, 20,000 accounts", timer=process_time)
@pytest.mark.parametrize("search", ["pruned", "dense"])
def test_search_alone(benchmark: BenchmarkFixture, search: Literal["pruned", "dense"]) -> None:
    """Health of whoever might be liquidated at every step, while nothing is closed."""
    scenario, inputs = crashes.oct11(20_000)
    marks = np.nan_to_num(inputs.tape.mark, nan=1.0)
    state = open_state(inputs.tape, inputs.book, scenario.venue)
    tables = MarginTables(scenario.venue.margin, inputs.tape.markets)

    def every_step() -> None:
        found = (
            PrunedSearch(state, tables, marks) if search == "pruned" else DenseSearch(state, tables)
        )
        for step, mark in enumerate(marks):
            found.evaluate(step, mark)

    benchmark.pedantic(every_step, rounds=1)
