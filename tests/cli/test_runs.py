"""`crashsim runs`: list, show, compare and remove run folders."""

import csv
import io
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from crashsim.cli.app import app
from crashsim.scenarios.errors import InputError


def crash(*args: str | Path) -> Result:
    return CliRunner().invoke(app, [*map(str, args)])


@pytest.fixture
def names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Two runs under runs/: the toy, and the toy without ADL."""
    monkeypatch.chdir(tmp_path)
    crash("replay", "toy")
    (first,) = (path.name for path in Path("runs").iterdir())
    crash("replay", "toy", "--set", "adl.enabled=false")
    (second,) = (path.name for path in Path("runs").iterdir() if path.name != first)
    return [first, second]


def test_the_list_has_every_run_with_its_numbers(names: list[str]) -> None:
    done = crash("runs")
    for name in names:
        assert name in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80
    listed = {entry["run"]: entry for entry in json.loads(crash("runs", "ls", "--json").stdout)}
    assert listed[names[0]]["debt_peak_usd"] == pytest.approx(631.13975)
    rows = list(csv.DictReader(io.StringIO(crash("runs", "ls", "--csv").stdout)))
    assert sorted(row["run"] for row in rows) == sorted(names)


def test_no_runs_is_said_and_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = crash("runs", "ls")
    assert done.exit_code == 0
    assert done.stdout == ""


def test_show_prints_what_replay_printed(names: list[str]) -> None:
    assert "in debt at the end" in crash("runs", "show", names[0]).stdout


def test_diff_names_the_rule_and_the_numbers_that_differ(names: list[str]) -> None:
    done = crash("runs", "diff", *names, "--json")
    assert done.exit_code == 1
    found = {one["key"]: (one["left"], one["right"]) for one in json.loads(done.stdout)}
    assert found["venue.adl.enabled"] == (True, False)
    assert found["adl_accounts"] == (2, 0)
    assert not any(key.startswith(("inputs", "scenario")) for key in found)


def test_a_run_does_not_differ_from_itself(names: list[str]) -> None:
    assert crash("runs", "diff", names[0], names[0]).exit_code == 0


def test_rm_removes_the_named_run_only(names: list[str]) -> None:
    assert crash("runs", "rm", names[0]).exit_code == 0
    assert [path.name for path in Path("runs").iterdir()] == [names[1]]


def test_rm_refuses_what_is_no_run_and_a_mere_beginning(names: list[str]) -> None:
    (Path("runs") / "mine").mkdir()
    for name in ("mine", "toy", "runs"):
        done = crash("runs", "rm", names[0], name)
        assert isinstance(done.exception, InputError), name
    assert len(list(Path("runs").iterdir())) == 3  # nothing was removed


def test_a_beginning_that_fits_two_runs_is_refused_with_their_names(names: list[str]) -> None:
    done = crash("runs", "show", "toy-toy")
    assert isinstance(done.exception, InputError)
    assert all(name in str(done.exception) for name in names)
