"""What a score read is recorded beside each ADL fill: it gives the recorded score again."""

import numpy as np
import polars as pl
import pytest

from crashsim import data, engine, scenarios
from crashsim.engine.adl.presets import PRESETS
from crashsim.engine.adl.scores import COLUMNS, compile_score
from crashsim.engine.record.tables import INPUT


def fills(*settings: str) -> pl.DataFrame:
    scenario = scenarios.load("toy", overrides=scenarios.Overrides(set=settings))
    inputs = data.read_inputs(scenario)
    made = engine.replay(inputs.tape, inputs.book, inputs.flows, scenario.venue, seed=3)
    return made.adl_fills


@pytest.mark.parametrize("allocation", ["queue", "pro_rata"])
@pytest.mark.parametrize("score", PRESETS)
def test_the_recorded_inputs_give_the_recorded_score(score: str, allocation: str) -> None:
    found = fills(f"adl.score={score}", f"adl.allocation={allocation}")
    assert found.height > 0
    assert found["candidates"].to_list() == [2] * found.height
    compiled = compile_score(score)
    read = {name: found[f"{INPUT}{name}"] for name in COLUMNS}
    assert {
        name for name, column in read.items() if column.null_count() < found.height
    } <= compiled.columns
    given = {name: read[name].fill_null(float("nan")).to_numpy() for name in compiled.columns}
    assert np.array_equal(compiled.evaluate(given), found["score"].to_numpy())


def test_the_inputs_are_those_of_the_winner_and_not_of_its_place_in_the_book() -> None:
    found = fills("adl.score=upnl + 0 * equity").rows_by_key("winner", named=True, unique=True)
    # Shorts from 100 at a mark of 88: whale 200, dora 60. By profit whale goes first.
    assert found["whale"][f"{INPUT}upnl"] == 2400.0
    assert found["whale"]["rank"] == 1
