"""Tables of winners as people hold them, and the example that `crashsim adl` prints."""

import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from tests.inputs.conftest import Case

Open = Callable[[str], Case]
MAPPED = ("--map", "weight=closed_pnl", "--map", "leverage=leverage_realtime")
SHARED = ("--deficit", "50", "--policy", "pro_rata", "--haircuts", "out.csv")


def charges(column: str = "pro_rata (USD)") -> dict[str, float]:
    frame = pl.read_csv("out.csv")
    return dict(zip(frame["account"], frame[column], strict=True))


@pytest.mark.parametrize("written", ["False True", "false true", "0 1", "no yes"])
def test_booleans_are_read_as_each_program_writes_them(case: Open, written: str) -> None:
    at = case("adl-python-booleans")
    no, yes = written.split()
    text = Path("winners08.csv").read_text(encoding="utf-8")
    Path("mine.csv").write_text(text.replace("False", no).replace("True", yes), encoding="utf-8")
    done = at.run("adl", "mine.csv", *SHARED, *MAPPED, "--map", "equity=account_value_realtime")
    assert done.code == 0, done.err
    assert "disagree" not in done.out
    assert "1 accounts with negative equity are left out" in done.out
    assert charges() == pytest.approx({"a": 50 / 3, "b": 100 / 3, "c": 0.0})


def test_rows_of_one_account_are_summed_and_told(case: Open) -> None:
    at = case("adl-python-booleans")
    done = at.run("adl", "events.csv", *SHARED, *MAPPED, "--map", "equity=total_equity")
    assert "3 rows are events of 2 accounts: weights were summed" in done.out
    assert charges("weight") == {"a": 150.0, "b": 200.0}
    assert charges() == pytest.approx({"a": 50 * 150 / 350, "b": 50 * 200 / 350})


def test_a_missing_column_is_asked_for_with_the_one_that_may_be_meant(case: Open) -> None:
    done = case("adl-python-booleans").run("adl", "winners08.csv", "--deficit", "50")
    assert done.code == 3
    assert "--map weight=closed_pnl --map equity=account_value_realtime" in done.err


def test_the_equity_counts_where_a_flag_says_otherwise(case: Open) -> None:
    done = case("adl-flag-against-equity").run("adl", "winners09.csv", *SHARED)
    assert "disagree for 2 of 3 accounts; the equity was followed" in done.out
    assert "Rules weigh by the smaller" in done.out
    assert charges("equity") == {"a": 1000.0, "b": 2000.0, "c": -50.0}
    assert charges() == pytest.approx({"a": 50 / 3, "b": 100 / 3, "c": 0.0})
    # The largest profit left over is b's 200 - 33.33, not c's 300; nobody gave a largest deficit.
    assert "pro_rata $0 3.33 - - -" in done.out


def test_the_example_runs_in_a_shell_as_it_is_printed(case: Open) -> None:
    example = case("adl-python-booleans").run("adl", "--example")
    assert example.code == 0
    call = f'crashsim() {{ {shlex.quote(sys.executable)} -m crashsim "$@"; }}\n'
    text = subprocess.run(
        [sys.executable, "-m", "crashsim", "adl", "--example"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert " ".join(text.split()) == example.out
    shown = subprocess.run(["sh", "-ec", call + text], check=False, capture_output=True, text=True)
    assert shown.returncode == 0, shown.stderr
    assert "A deficit of $50.00 on winners.csv" in shown.stdout
    assert pl.read_csv("haircuts.csv")["pro_rata (USD)"].to_list() == pytest.approx([20.0, 30.0])
