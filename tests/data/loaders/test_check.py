"""`crashsim data check` finds what is wrong, and only that."""

import json
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from crashsim.cli.commands.data import data_app
from crashsim.data.store.check import MarketCheck, check_rows
from crashsim.data.store.datasets import Window

T0 = 1_760_130_000_000
MINUTE = 60_000


def bars(minutes: list[int], **columns: object) -> pl.DataFrame:
    times = pl.Series([T0 + m * MINUTE for m in minutes]).cast(pl.Datetime("ms", "UTC"))
    base = pl.DataFrame({"time": times}).with_columns(
        pl.lit("ABC").alias("market"),
        *(pl.lit(10.0).alias(name) for name in ("open", "high", "low", "close")),
        pl.lit(1.0).alias("volume"),
        pl.lit(10.0).alias("volume_usd"),
    )
    return base.with_columns(pl.Series(name, values) for name, values in columns.items())


def only(frame: pl.DataFrame, window: Window | None = None, kind: str = "last") -> MarketCheck:
    (line,) = check_rows(frame, "s", kind, 60, window)
    return line


@pytest.mark.parametrize(
    ("frame", "findings"),
    [
        (bars([0, 1, 2, 3]), ()),
        (bars([0, 1, 4, 5]), ("2 missing, longest gap 120 s",)),
        (bars([0, 1, 1, 2]), ("1 repeated",)),
        (bars([0, 2, 1, 3]), ("1 out of order",)),
        (bars([0, 1], volume_usd=[0.0, 1.0]), ("1 with zero volume",)),
        (bars([0, 1, 2], low=[10.0, 0.5, 10.0]), ("1 outliers",)),
        (bars([0, 1, 2], high=[10.0, 9.0, 10.0]), ("1 outliers",)),
        (bars([0, 1, 1], close=[10.0, 10.0, 9.9]), ("1 repeated with other values",)),
    ],
)
def test_each_finding_is_counted(frame: pl.DataFrame, findings: tuple[str, ...]) -> None:
    assert only(frame).findings[: len(findings)] == findings
    assert bool(only(frame).findings) == bool(findings)


def test_a_crash_that_lasts_is_no_outlier() -> None:
    closes = [100.0] * 10 + [15.0] + [30.0] * 10
    fallen = bars(list(range(21)), open=closes, high=closes, low=closes, close=closes)
    assert only(fallen).findings == ()


def test_marks_have_no_volume_to_miss() -> None:
    rows = bars([0, 1]).with_columns(pl.lit(None, pl.Float64()).alias("volume_usd"))
    assert only(rows, kind="mark").findings == ()


def test_coverage_is_held_against_the_window_that_is_asked_for() -> None:
    window = Window(T0 - MINUTE, T0 + 5 * MINUTE)
    assert only(bars([0, 1, 2, 3]), window).findings == ("starts 60 s late", "ends 60 s early")
    assert only(bars([0, 1, 2, 3]), Window(T0, T0 + 4 * MINUTE)).findings == ()


KLINE = "{t},10.0,10.5,9.1,9.4,{v},{e},1180.2,42,60.1,590.0,0\n"


def write_klines(path: Path, minutes: list[int], volume: float = 120.5) -> None:
    times = [T0 + m * MINUTE for m in minutes]
    path.write_text("".join(KLINE.format(t=t, e=t + MINUTE - 1, v=volume) for t in times))


def test_the_commands_check_import_and_list(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CRASHSIM_HOME", str(tmp_path / "home"))
    run = CliRunner().invoke
    whole, holed = tmp_path / "AAAUSDT-1m-a.csv", tmp_path / "BBBUSDT-1m-b.csv"
    write_klines(whole, [0, 1, 2])
    write_klines(holed, [0, 3])
    assert run(data_app, ["check", str(whole)]).exit_code == 0
    assert run(data_app, ["check", str(holed)]).exit_code == 1
    done = run(data_app, ["import", str(whole), str(holed), "--json"])
    assert done.exit_code == 0
    assert [each["markets"] for each in json.loads(done.stdout)] == [["AAAUSDT"], ["BBBUSDT"]]
    checked = run(data_app, ["check", "store"])
    assert checked.exit_code == 1 and "2 missing, longest gap 120 s" in " ".join(
        checked.stdout.split()
    )
    listed = json.loads(run(data_app, ["ls", "--json"]).stdout)
    assert [(each["market"], each["rows"]) for each in listed] == [("AAAUSDT", 3), ("BBBUSDT", 2)]
    assert str(tmp_path) not in json.dumps(listed)
    next((tmp_path / "home").rglob("*.parquet")).write_bytes(b"broken")
    damaged = run(data_app, ["check", "store"])
    assert damaged.exit_code == 1 and "was changed" in damaged.stdout


def test_one_bad_file_does_not_stop_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CRASHSIM_HOME", str(tmp_path / "home"))
    write_klines(tmp_path / "AAAUSDT-1m-a.csv", [0, 1])
    (tmp_path / "A.csv").write_text("colour\nred\n")
    done = CliRunner().invoke(data_app, ["import", str(tmp_path)])
    assert "no known format" in str(done.exception)
    listed = CliRunner().invoke(data_app, ["ls"]).stdout
    assert "AAAUSDT" in listed
    assert datetime.fromtimestamp(T0 / 1000, UTC).strftime("%Y-%m-%d %H:%M") in listed
