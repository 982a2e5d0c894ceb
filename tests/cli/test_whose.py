"""Whose an input is: what the header of a run and its manifest say of a user's own files."""

import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from crashsim.cli import app
from crashsim.data.fetch.receipt import Entry, write_entry
from crashsim.data.loaders.format import Options
from crashsim.data.loaders.importer import import_file
from crashsim.data.store.datasets import Window, file_sha256
from crashsim.data.store.origins import provenance_in_store
from crashsim.data.store.store import Store

PRICES = """time,market,mark,volume_usd
2025-10-10T21:00:00Z,TOY,100,1000000
2025-10-10T21:06:00Z,TOY,60,1000000
"""


@pytest.fixture
def header(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., str]:
    """What `crashsim replay toy ARGS` prints, its lines joined, in a folder with files of `me`."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "me").mkdir()
    (tmp_path / "me/accounts.csv").write_text("account,cash\nzoe,5000\n")
    rows = "account,symbol,side,qty,entryPrice\nzoe,TOY,Short,1,100\n"
    (tmp_path / "me/positions.csv").write_text(rows)
    flow = "time,account,kind,amount\n2025-10-10T21:01:00Z,zoe,deposit,25\n"
    (tmp_path / "me/flows.csv").write_text(flow)
    (tmp_path / "prices.csv").write_text(PRICES)

    def run(*args: str) -> str:
        monkeypatch.setattr(sys, "argv", ["crashsim", "replay", "toy", "--out", "run", *args])
        with pytest.raises(SystemExit):
            app.main()
        return " ".join(capsys.readouterr().out.split())

    return run


def _manifest() -> dict[str, Any]:
    return dict(json.loads(Path("run/manifest.json").read_text()))


def test_an_added_account_and_its_deposit_are_yours(header: Callable[..., str]) -> None:
    told = header("--with", "me")
    assert "yours 1 account added to the book: me." in told
    assert "yours 1 deposit or withdrawal added: me/flows.csv." in told
    assert "assumed accounts and positions: book." in told
    assert "7 accounts" in told


def test_prices_laid_over_a_scenario_are_yours_unless_the_user_says_otherwise(
    header: Callable[..., str],
) -> None:
    laid = ("--prices", "prices.csv")
    assert "yours prices and volume of TOY: prices.csv." in header(*laid)
    assert "recorded prices and volume of TOY" in header(
        *laid, "--set", "prices.provenance=recorded"
    )
    told = header(*laid, "--provenance", "recorded")
    assert "recorded prices and volume of TOY: prices.csv." in told
    assert "recorded accounts and positions: book." in told
    assert "recorded deposits and withdrawals: flows.csv." in told
    assert _manifest()["request"]["overrides"]["provenance"] == "recorded"


CANDLES = """open_time,open,high,low,close,volume,symbol
2025-10-10T21:00:00Z,1,2,1,2,5,BTCUSDT
2025-10-10T21:01:00Z,2,2,1,1,5,BTCUSDT
2025-10-10T21:02:00Z,1,2,1,1,5,BTCUSDT
"""


@pytest.mark.parametrize("is_fetched", [True, False])
def test_rows_of_the_store_are_recorded_where_they_came_from_an_address(
    tmp_path: Path, is_fetched: bool
) -> None:
    path = tmp_path / "archive" / "BTCUSDT.csv"
    path.parent.mkdir()
    path.write_text(CANDLES)
    sha256 = file_sha256(path) if is_fetched else "00"
    receipt = Entry("https://archive.example/a/BTCUSDT.csv", 1, sha256, True, "now")
    write_entry(path.parent, path.name, receipt)
    store = Store(tmp_path / "store")
    import_file(store, path, Options(), datetime(2025, 11, 1, tzinfo=UTC), "mine")
    (info,) = store.datasets()
    first_ms = info.first_ms
    assert first_ms is not None
    window = Window(first_ms, first_ms + 60_000)
    known = provenance_in_store("mine", "BTCUSDT", window, store)
    assert known == ("recorded" if is_fetched else "yours")
    assert provenance_in_store("mine", "ETHUSDT", window, store) == "yours"
