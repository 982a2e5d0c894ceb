"""`crashsim doctor`: it finds what would break a replay, and says that nothing would."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner, Result

from crashsim.cli.app import app
from crashsim.data.store.datasets import Dataset, Origin, Window
from crashsim.data.store.store import open_store
from crashsim.lab.computer import doctor as checkup
from crashsim.lab.computer import memory
from crashsim.scenarios import load


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("CRASHSIM_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    yield tmp_path


def doctor(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["doctor", *arguments])


def findings(result: Result) -> dict[str, dict[str, str]]:
    return {finding["area"]: finding for finding in json.loads(result.stdout)}


def test_a_computer_on_which_replays_work_passes() -> None:
    result = doctor()
    assert result.exit_code == 0
    assert "A replay will work here" in result.stdout
    assert "toy ran" in result.stdout
    assert "empty: replays use the bundled reconstruction" in result.stdout


def test_every_area_is_in_the_json() -> None:
    found = findings(doctor("--json"))
    areas = {"crashsim", "python", "polars", "ccxt", "bundled data", "test replay", "store"}
    assert areas | {"disk (runs)", "disk (store)", "memory", "terminal"} <= found.keys()
    assert {finding["state"] for finding in found.values()} <= {"ok", "note"}


def test_a_full_disk_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkup, "MIN_FREE_DISK_MB", 1e12)
    result = doctor()
    assert result.exit_code == 1
    assert "Would break a replay: disk (runs), disk (store)" in result.stdout


def test_too_little_memory_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "available_mb", lambda: 100.0)
    result = doctor("--json")
    assert result.exit_code == 1
    assert findings(result)["memory"]["text"] == ("0.1 GB free; a replay of oct11 needs 600 MB")


def test_a_package_that_a_replay_needs_is_a_problem_and_another_is_a_note(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def missing(module: str) -> None:
        raise ImportError(f"No module named {module!r}")

    monkeypatch.setattr(checkup, "import_module", missing)
    result = doctor("--json")
    found = findings(result)
    assert result.exit_code == 1
    assert found["polars"]["state"] == "problem"
    assert found["ccxt"]["state"] == "note"
    assert "crashsim data pull" in found["ccxt"]["text"]


def test_a_package_that_is_too_old_is_named_with_what_to_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(checkup, "_floors", lambda: {"polars": "999.1"})
    found = findings(doctor("--json"))["polars"]
    assert found["state"] == "problem"
    assert "pip install 'polars>=999.1'" in found["text"]


def test_a_replay_that_fails_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("no arrays today")

    monkeypatch.setattr("crashsim.engine.replay", broken)
    result = doctor("--json")
    assert result.exit_code == 1
    assert "toy failed: RuntimeError: no arrays today" in findings(result)["test replay"]["text"]


def write_bars(root: Path, market: str, hours: int) -> None:
    start = int(load("oct11").start_ms)
    minutes = pl.Series([start + 60_000 * i for i in range(60 * hours)])
    bars = pl.DataFrame({"time": minutes.cast(pl.Datetime("ms", "UTC"))}).with_columns(
        market=pl.lit(market),
        **{name: pl.lit(100.0) for name in ("open", "high", "low", "close")},
    )
    window = Window(start, start + 3_600_000 * hours)
    origin = Origin("bars.csv", datetime(2026, 1, 1, tzinfo=UTC))
    store = open_store(root)
    store.write_part(Dataset("binance", market, "last", 60), bars, window, origin)


def test_the_store_is_held_against_the_window_of_the_night(tmp_path: Path) -> None:
    write_bars(tmp_path / "store", "BTCUSDT", hours=2)
    write_bars(tmp_path / "store", "ETHUSDT", hours=1)
    result = doctor("--store", str(tmp_path / "store"))
    assert result.exit_code == 0
    text = " ".join(result.stdout.split())
    assert "2 datasets, 2 markets, 180 rows" in text
    assert "binance last: 1 of 2 markets reach over the window of oct11" in text


def test_a_store_that_cannot_be_read_is_a_problem(tmp_path: Path) -> None:
    write_bars(tmp_path / "store", "BTCUSDT", hours=2)
    (manifest,) = (tmp_path / "store").rglob("manifest.json")
    manifest.write_text("{")
    result = doctor("--store", str(tmp_path / "store"))
    assert result.exit_code == 1
    assert "Would break a replay: store" in result.stdout
