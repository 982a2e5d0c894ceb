"""`crashsim data fetch` as a user meets it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from crashsim.cli import exits
from crashsim.cli.app import app as program
from crashsim.cli.commands.fetch import fetch
from crashsim.data.fetch.archives import ARCHIVES
from crashsim.data.fetch.remote import Endpoint, Remote

NIGHT = ["--start", "2025-10-10T20:00Z", "--end", "2025-10-10T22:00"]
KEY = "data/futures/um/daily/klines/BTCUSDT/1m/BTCUSDT-1m-2025-10-10.zip"


@pytest.fixture
def crashsim(tmp_path: Path, archive: Any, monkeypatch: Any) -> Callable[..., Any]:
    monkeypatch.setattr(
        "crashsim.data.fetch.remote.Remote",
        lambda source, mirror: Remote(source, mirror or Endpoint(archive.url)),
    )
    monkeypatch.setenv("CRASHSIM_HOME", str(tmp_path))
    app = typer.Typer(rich_markup_mode=None)
    app.command()(fetch)
    return lambda *words: CliRunner().invoke(app, list(words))


def put_fills(archive: Any) -> None:
    for hour in (20, 21, 22):
        key = f"hl-mainnet-node-data/node_fills_by_block/hourly/20251010/{hour}.lz4"
        archive.files[key] = b"\x04\x22\x4d\x18" + b"x" * 2_000_000


def test_without_an_archive_the_list_is_printed(crashsim: Any) -> None:
    done = crashsim()
    assert done.exit_code == 0
    for name in ARCHIVES:
        assert name in done.stdout
    assert all(len(line) <= 80 for line in done.stdout.splitlines())


def test_the_whole_command_alone_prints_the_list_too() -> None:
    done = CliRunner().invoke(program, ["data", "fetch"])
    assert done.exit_code == 0
    assert "one file per" in done.stdout


def test_the_list_as_json_has_places_and_terms(crashsim: Any) -> None:
    known = json.loads(crashsim("--json").stdout)
    assert {item["name"] for item in known} == set(ARCHIVES)
    assert all(item["terms"] and "{t" in item["where"] for item in known)


def test_a_dry_run_prints_the_files_and_asks_nothing(crashsim: Any, archive: Any) -> None:
    done = crashsim("hl-fills", *NIGHT, "--dry-run")
    assert done.stdout.splitlines() == [
        f"s3://hl-mainnet-node-data/node_fills_by_block/hourly/20251010/{hour}.lz4"
        for hour in (20, 21, 22)
    ]
    assert archive.requests == []


def test_a_paid_archive_prints_its_price_and_waits_for_a_yes(crashsim: Any, archive: Any) -> None:
    put_fills(archive)
    done = crashsim("hl-fills", *NIGHT)
    assert done.exit_code == exits.USAGE
    assert "hl-fills: 3 files, 6.0 MB, about $0.00 on your AWS bill ($0.114 per GB" in done.stderr
    assert "agree with --yes" in done.stderr
    assert archive.asked("GET") == []


def test_a_price_above_the_limit_stops_it_even_with_a_yes(crashsim: Any, archive: Any) -> None:
    put_fills(archive)
    done = crashsim("hl-fills", *NIGHT, "--max-cost", "0.0001", "--yes")
    assert done.exit_code == exits.USAGE
    assert "costs more than --max-cost 0.0001" in done.stderr
    assert archive.asked("GET") == []


@pytest.mark.parametrize("agreed", [["--yes"], ["--max-cost", "0.01"]])
def test_an_agreed_price_lets_the_files_come(
    agreed: list[str], crashsim: Any, archive: Any, tmp_path: Path
) -> None:
    put_fills(archive)
    done = crashsim("hl-fills", *NIGHT, *agreed, "--json")
    assert done.exit_code == 0
    told = json.loads(done.stdout)
    assert told["new_bytes"] == 3 * 2_000_004
    assert len(list((tmp_path / "archives" / "hl-fills").rglob("*.lz4"))) == 3
    again = crashsim("hl-fills", *NIGHT)  # nothing left to pay for, so nothing to agree to
    assert again.exit_code == 0
    assert "nothing new" in again.stdout


def test_files_go_where_they_are_wanted_and_the_next_step_is_named(
    crashsim: Any, archive: Any, tmp_path: Path
) -> None:
    archive.files[KEY] = b"PK\x03\x04 made up"
    place = tmp_path / "here"
    done = crashsim("binance-klines", *NIGHT, "--market", "BTC", "--out", str(place))
    assert (done.exit_code, (place / KEY).exists()) == (0, True)
    assert f"Next: crashsim data import {place}" in done.stdout
    assert "Binance's terms of use apply" in done.stdout


def test_a_mirror_is_asked_in_place_of_the_archive(crashsim: Any, archive: Any) -> None:
    archive.files[f"copy/{KEY}"] = b"PK\x03\x04 made up"
    mirror = f"{archive.url}/copy"
    done = crashsim("binance-klines", *NIGHT, "--market", "BTC", "--mirror", mirror)
    assert done.exit_code == 0
    assert archive.asked()[0] == f"copy/{KEY}"


def test_a_file_that_is_not_there_exits_with_4(crashsim: Any) -> None:
    done = crashsim("binance-klines", *NIGHT, "--market", "NEW")
    assert done.exit_code == exits.NETWORK
    assert "NEWUSDT-1m-2025-10-10.zip is not in the archive" in done.stderr
