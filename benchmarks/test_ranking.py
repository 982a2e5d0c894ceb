"""What a ranking of 20,000 candidates costs: each preset's score, and the sort after it."""

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from crashsim.engine.adl.presets import PRESETS
from crashsim.engine.adl.score_columns import rand_column
from crashsim.engine.adl.scores import COLUMNS, compile_score
from crashsim.engine.arrays import Floats

CANDIDATES = 20_000
GROUP = f"ranking of {CANDIDATES:,} candidates"


def candidates() -> dict[str, Floats]:
    rng = np.random.Generator(np.random.PCG64(1))
    columns = {name: rng.lognormal(size=CANDIDATES) for name in COLUMNS}
    return columns | {"side": np.where(rng.random(CANDIDATES) < 0.5, 1.0, -1.0)}


@pytest.mark.benchmark(group=GROUP)
@pytest.mark.parametrize("preset", PRESETS)
def test_score(benchmark: BenchmarkFixture, preset: str) -> None:
    score, columns = compile_score(preset), candidates()
    values = benchmark(score.evaluate, columns)
    assert values.shape == (CANDIDATES,)


@pytest.mark.benchmark(group=GROUP)
def test_drawing_the_lots_of_random(benchmark: BenchmarkFixture) -> None:
    accounts = [f"acct-{i:05d}" for i in range(CANDIDATES)]
    markets = ["BTCUSDT"] * CANDIDATES
    drawn = benchmark.pedantic(rand_column, args=(1, 0, accounts, markets), rounds=3)
    assert drawn.shape == (CANDIDATES,)


@pytest.mark.benchmark(group=GROUP)
def test_sorting_by_score_and_unit(benchmark: BenchmarkFixture) -> None:
    score = candidates()["upnl"]
    unit = np.arange(CANDIDATES, dtype=np.float64)
    order = benchmark(lambda: np.lexsort((unit, -score)))
    assert order.shape == (CANDIDATES,)
