"""`crashsim data pull` as a user meets it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from crashsim.cli import exits
from crashsim.cli.commands.pull import pull
from crashsim.data.errors import NetworkError
from crashsim.data.pull import client, rehearsal

NIGHT = ["--start", "2025-10-10T20:00Z", "--end", "2025-10-10T22:00"]


@pytest.fixture
def crashsim(tmp_path: Path, venue: Any, client_of: Any, monkeypatch: Any) -> Callable[..., Any]:
    monkeypatch.setattr(rehearsal, "Client", client.Client)  # a rehearsal opens its own
    monkeypatch.setattr(client, "Client", lambda feed, exchange: client_of(feed))
    monkeypatch.setenv("CRASHSIM_HOME", str(tmp_path))
    app = typer.Typer(rich_markup_mode=None)
    app.command()(pull)
    return lambda *words: CliRunner().invoke(app, list(words))


def test_a_dry_run_says_what_would_be_asked_and_asks_nothing(crashsim: Any, venue: Any) -> None:
    done = crashsim(*NIGHT, "--market", "BTC", "--venue", "okx", "--dry-run")
    assert done.exit_code == 0
    assert "/api/v5/market/history-mark-price-candles" in done.stdout
    assert "6 calls, about 2 s, 2025-10-10 20:00 to 22:00 UTC. Nothing was asked." in done.stdout
    assert venue.requests == []


def test_the_dry_run_as_json_has_every_window(crashsim: Any) -> None:
    done = crashsim(
        *NIGHT, "--market", "BTC", "--venue", "okx", "--series", "mark", "--dry-run", "--json"
    )
    (item,) = json.loads(done.stdout)
    assert item["windows"] == [
        {"start": "2025-10-10T20:00:00Z", "end": "2025-10-10T21:40:00Z"},
        {"start": "2025-10-10T21:40:00Z", "end": "2025-10-10T22:00:00Z"},
    ]
    assert item["calls"] == 2


def test_a_whole_pull_exits_with_0_and_says_where_it_is(crashsim: Any) -> None:
    done = crashsim(*NIGHT, "--market", "BTC")
    assert (done.exit_code, done.stderr) == (0, "")
    assert "store:binance" in done.stdout
    assert "120" in done.stdout


def test_missing_minutes_are_a_finding(crashsim: Any, venue: Any) -> None:
    lost = 1_760_126_400_000 + 7 * 60_000
    venue.absent = {lost, lost + 60_000}
    done = crashsim(*NIGHT, "--market", "BTC", "--series", "last")
    assert done.exit_code == exits.FINDING
    assert (
        "binance last BTCUSDT: 2 minutes are missing: 2025-10-10 20:07 to 20:09 UTC" in done.stderr
    )


def test_a_series_without_data_exits_with_4_and_names_the_archive(
    crashsim: Any, venue: Any
) -> None:
    venue.first_ms = 2**50
    done = crashsim(*NIGHT, "--market", "BTC", "--series", "mark", "--json")
    assert done.exit_code == exits.NETWORK
    assert "`crashsim data fetch binance-mark`" in done.stderr
    (item,) = json.loads(done.stdout)
    assert item["rows"] == 0
    assert item["failure"] in done.stderr


def test_a_refusal_leaves_the_command_as_a_network_error(crashsim: Any, venue: Any) -> None:
    from dataclasses import dataclass

    @dataclass(frozen=True)
    class Blocked:
        status: int = 451
        body: str = "unavailable"
        headers: tuple[tuple[str, str], ...] = ()

    venue.faults.append(Blocked())
    done = crashsim(*NIGHT, "--market", "BTC")
    assert isinstance(done.exception, NetworkError)
    assert "HTTP 451" in str(done.exception)


def test_a_scenario_gives_window_and_markets(crashsim: Any) -> None:
    done = crashsim("toy", "--dry-run", "--json", "--series", "last")
    assert [(item["market"], item["calls"]) for item in json.loads(done.stdout)] == [("TOY", 1)]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--market", "BTC"], "name a SCENARIO, or give --start and --end"),
        ([*NIGHT], "name a SCENARIO, or markets with --market"),
        (["--start", "yesterday", "--end", "2025-10-10"], "is not a time such as"),
    ],
)
def test_what_is_lacking_is_said_as_a_usage_error(
    words: list[str], said: str, crashsim: Any
) -> None:
    done = crashsim(*words)
    assert done.exit_code == exits.USAGE
    assert said in " ".join(done.stderr.split())
