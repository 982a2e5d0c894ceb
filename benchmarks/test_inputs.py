"""What comes before a replay: the reconstructed tape, the population, and files of one's own."""

from pathlib import Path

import polars as pl
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from benchmarks import crashes
from crashsim import data
from crashsim.data.tape.prices import read_tape


@pytest.mark.benchmark(group="inputs of oct11")
def test_the_reconstruction_of_the_tape(benchmark: BenchmarkFixture) -> None:
    scenario, _ = crashes.oct11(40_000)
    benchmark.pedantic(read_tape, args=(scenario,), rounds=3)


@pytest.mark.benchmark(group="inputs of oct11")
def test_tape_book_and_flows(benchmark: BenchmarkFixture) -> None:
    scenario, _ = crashes.oct11(40_000)
    inputs = benchmark.pedantic(data.read_inputs, args=(scenario,), rounds=3)
    assert inputs.book.accounts.height == 40_000


def prices_of(minutes: int, markets: int) -> pl.DataFrame:
    """Prices of many markets by the second, as a user's file has them."""
    _, inputs = crashes.oct11(2_500)
    tape, steps = inputs.tape, 60 * minutes
    times = pl.Series(tape.time_ms[:steps]).cast(pl.Datetime("ms", "UTC"))
    return pl.concat(
        pl.DataFrame(
            {"time": times, "mark": tape.mark[:steps, m], "volume_usd": tape.volume_usd[:steps, m]}
        ).with_columns(market=pl.lit(tape.markets[m]))
        for m in range(markets)
    )


@pytest.mark.benchmark(group="reading 200,000 rows of prices")
@pytest.mark.parametrize("form", ["parquet", "csv"])
def test_a_price_file(benchmark: BenchmarkFixture, tmp_path: Path, form: str) -> None:
    rows, path = prices_of(minutes=67, markets=50), tmp_path / f"prices.{form}"
    if form == "csv":
        rows.write_csv(path)
    else:
        rows.write_parquet(path)
    tape = benchmark.pedantic(data.read_prices, args=(path,), rounds=3)
    assert len(tape.markets) == 50
