"""Recorded liquidations and deleveraging, by market and minute, alone and beside the toy's."""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from typer.testing import CliRunner

from crashsim.cli.app import app
from crashsim.data.checked.recorded_closings import closings_by_minute
from crashsim.scenarios.errors import InputError

# 10 x 95 + 2 x 90 = 1,130 in the first minute of TOY, 1 x 50 later.
RECORD = """time,market,side,price,size
2025-10-10T21:01:10Z,TOY,sell,95,10
2025-10-10T21:01:50Z,TOY,sell,90,2
2025-10-10T21:02:00Z,OTHER,buy,50,1
2025-10-10T22:00:00Z,TOY,buy,50,1
"""
LIQUIDATIONS = ("--kind", "liquidations")


@pytest.fixture
def record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CRASHSIM_HOME", str(tmp_path / "home"))
    path = tmp_path / "record.csv"
    path.write_text(RECORD)
    return path


def typed(*words: object) -> Any:
    return CliRunner().invoke(app, [str(word) for word in words])


def told(*words: object) -> dict[tuple[str, str, str | None], tuple[float, ...]]:
    """(kind, market, minute) -> numbers."""
    rows = json.loads(typed("data", "check", *words, "--json").stdout)["closings"]
    keys = ("kind", "market", "time")
    numbers = [name for name in rows[0] if name not in (*keys, "source")]
    return {
        (row["kind"], row["market"], row["time"] and row["time"][11:16]): tuple(
            row[name] for name in numbers
        )
        for row in rows
    }


def test_a_record_is_counted_by_market_and_minute(record: Path) -> None:
    found = told(record, *LIQUIDATIONS)
    assert found[("liquidations", "TOY", "21:01")] == (2, 1130.0)
    assert found[("liquidations", "TOY", None)] == (3, 1180.0)
    assert found[("liquidations", "all markets", "21:02")] == (1, 50.0)
    assert found[("liquidations", "all markets", None)] == (4, 1230.0)
    assert len(found) == 9
    assert typed("data", "import", record, *LIQUIDATIONS).exit_code == 0
    assert told("store") == found
    text = typed("data", "check", "store").stdout
    assert [line.split()[-3:] for line in text.splitlines() if "TOY" in line] == [
        ["21:01", "2", "1,130"],
        ["22:00", "1", "50"],
        ["all", "3", "1,180"],
    ]


def test_it_stands_beside_what_a_run_liquidated_and_deleveraged(
    record: Path, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    assert typed("replay", "toy", "--out", run).exit_code == 0
    found = told(record, *LIQUIDATIONS, "--against", run)
    # docs/toy.md: 50 at 94.335; 125 at 89.53875 and 50 at 89.145; 50 at 87.384; ADL 75 at 88.
    at_two = 125 * 89.53875 + 50 * 89.145
    total = 50 * 94.335 + at_two + 50 * 87.384
    assert found == {
        ("liquidations", "TOY", "21:01"): (2, 1130.0, 1, pytest.approx(50 * 94.335)),
        ("liquidations", "TOY", "21:02"): (0, 0.0, 2, pytest.approx(at_two)),
        ("liquidations", "TOY", "21:03"): (0, 0.0, 1, pytest.approx(50 * 87.384)),
        ("liquidations", "TOY", None): (2, 1130.0, 4, pytest.approx(total)),
        ("liquidations", "OTHER", "21:02"): (1, 50.0, 0, 0.0),
        ("liquidations", "OTHER", None): (1, 50.0, 0, 0.0),
        ("liquidations", "all markets", "21:01"): (2, 1130.0, 1, pytest.approx(50 * 94.335)),
        ("liquidations", "all markets", "21:02"): (1, 50.0, 2, pytest.approx(at_two)),
        ("liquidations", "all markets", "21:03"): (0, 0.0, 1, pytest.approx(50 * 87.384)),
        ("liquidations", "all markets", None): (3, 1180.0, 4, pytest.approx(total)),
        ("adl", "TOY", "21:03"): (0, 0.0, 2, pytest.approx(6600.0)),
        ("adl", "TOY", None): (0, 0.0, 2, pytest.approx(6600.0)),
        ("adl", "all markets", "21:03"): (0, 0.0, 2, pytest.approx(6600.0)),
        ("adl", "all markets", None): (0, 0.0, 2, pytest.approx(6600.0)),
    }
    text = typed("data", "check", record, *LIQUIDATIONS, "--against", run).stdout
    assert "note: 1 of the record lie outside the run's window and are left out" in text


def test_a_run_is_held_against_one_venue(record: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    assert typed("replay", "toy", "--out", run).exit_code == 0
    for source in ("binance", "bybit"):
        typed("data", "import", record, *LIQUIDATIONS, "--source", source)
    done = typed("data", "check", "store", "--against", run)
    assert isinstance(done.exception, InputError)
    assert "liquidations or ADL of binance, bybit" in str(done.exception)
    one = typed("data", "check", "store", "--against", run, "--source", "bybit")
    assert one.exit_code == 0, one.output


def test_fills_say_who_was_liquidated_and_who_was_deleveraged() -> None:
    # Trade 1 closed "los" on the book, 2 against the winner "win"; 3 is anybody's. 1 came twice.
    adl = "Auto-Deleveraging"
    legs = [
        ("los", 1, "sell", "Close Long", "los", 2.0),
        ("bid", 1, "buy", "Open Long", "los", 2.0),
        ("los", 2, "sell", adl, "los", 3.0),
        ("win", 2, "buy", adl, "los", 3.0),
        ("bid", 3, "buy", "Open Long", None, 9.0),
        ("los", 1, "sell", "Close Long", "los", 2.0),
        ("old", None, "buy", adl, None, 1.0),
    ]
    names = ("account", "trade_id", "side", "direction", "liquidated_account", "size")
    moment = pl.lit(0, pl.Int64).cast(pl.Datetime("ms", "UTC"))
    rows = pl.DataFrame(legs, schema=names, orient="row").with_columns(
        time=moment, market=pl.lit("A"), price=pl.lit(10.0)
    )
    found = closings_by_minute(rows, "s", "fills").select("kind", "count", "notional_usd")
    assert found.rows() == [("adl", 2, 40.0), ("liquidations", 1, 20.0)]


def test_what_was_filled_counts_at_its_average_price() -> None:
    times = pl.Series([0, 1, 2], dtype=pl.Int64).cast(pl.Datetime("ms", "UTC"))
    orders = {"market": "A", "price": 10.0, "size": 5.0}
    rows = pl.DataFrame({"time": times}).with_columns(
        **{name: pl.lit(value) for name, value in orders.items()},
        average_price=pl.Series([9.0, 0.0, None]),
        filled_size=pl.Series([4.0, 3.0, None]),
    )
    (row,) = closings_by_minute(rows, "s", "liquidations").rows(named=True)
    assert (row["count"], row["notional_usd"]) == (3, 4 * 9.0 + 3 * 10.0 + 5 * 10.0)
