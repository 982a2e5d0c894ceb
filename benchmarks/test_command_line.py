"""How long the first word takes: the command line from a cold interpreter."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

ROOT = Path(__file__).parent.parent
GROUP = "one process"


def run(*arguments: str, folder: Path = ROOT) -> None:
    subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=True,
    )


@pytest.mark.benchmark(group=GROUP)
def test_python_doing_nothing(benchmark: BenchmarkFixture) -> None:
    benchmark.pedantic(run, args=("-c", "pass"), rounds=5, warmup_rounds=1)


@pytest.mark.benchmark(group=GROUP)
@pytest.mark.parametrize("command", ["", "replay", "data pull"])
def test_help(benchmark: BenchmarkFixture, command: str) -> None:
    arguments = ("-m", "crashsim", *command.split(), "--help")
    benchmark.pedantic(run, args=arguments, rounds=5, warmup_rounds=1)


@pytest.mark.benchmark(group=GROUP)
def test_a_replay_of_the_toy(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    arguments = ("-m", "crashsim", "replay", "toy")
    options = {"folder": tmp_path}
    benchmark.pedantic(run, args=arguments, kwargs=options, rounds=3, warmup_rounds=1)
