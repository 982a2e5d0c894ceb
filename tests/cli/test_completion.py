"""The Tab key offers the names of scenarios, venues, policies and runs."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from crashsim.cli import completion
from crashsim.cli.app import app

ROOT = Path(__file__).parents[2]


def offered(line: str, folder: Path) -> list[str]:
    """The words that bash shows for a line whose last word is begun."""
    done = subprocess.run(
        [sys.executable, "-m", "crashsim"],
        cwd=folder,
        env=os.environ
        | {
            "_CRASHSIM_COMPLETE": "complete_bash",
            "COMP_WORDS": line,
            "COMP_CWORD": str(len(line.split(" ")) - 1),
            "PYTHONPATH": str(ROOT),
        },
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.split()


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("crashsim replay oct11-", "oct11-early-close"),
        ("crashsim compare oct11 --policy pro_", "pro_rata"),
        ("crashsim report toy-", "toy-toy-12345678"),
    ],
)
def test_bash_is_offered(line: str, word: str, tmp_path: Path) -> None:
    run = tmp_path / "runs" / "toy-toy-12345678"
    run.mkdir(parents=True)
    (run / "manifest.json").write_text('{"crashsim": "0"}')
    assert offered(line, tmp_path) == [word]


@pytest.mark.parametrize(
    ("offers", "begun", "words"),
    [
        (completion.scenarios, "t", ["toy"]),
        (completion.venues, "bi", ["binance", "bitmex"]),
        (completion.policies, "hyper", ["hyperliquid"]),
        (completion.losses, "dr", ["drift"]),
        (completion.losses, "rap", ["rap", "rap_power", "rap_cvar"]),
        (completion.losses, "w", ["write_off", "withdrawal_haircut"]),
        (completion.sharing_rules, "vec", ["vector_mirror_descent"]),
        (completion.allocations, "l", ["levered_pro_rata", "leverage", "lowest_leverage"]),
        (completion.feeds, "okx", ["okx"]),
        (completion.archives, "binance-k", ["binance-klines"]),
        (completion.metrics, "debt_us", ["debt_usd"]),
        (completion.runs, "", []),
    ],
)
def test_names_that_begin_so_are_offered(
    offers: Callable[[str], list[completion.Offer]],
    begun: str,
    words: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert [word for word, _ in offers(begun)] == words


def test_files_of_ones_own_are_offered_once_their_path_is_begun(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my").mkdir()
    for name in ("mine.toml", "my.py", "my.csv", "my/venue.toml"):
        (tmp_path / name).touch()
    assert [word for word, _ in completion.venues("m")] == ["mine.toml", "my/"]
    assert [word for word, _ in completion.venues("my/")] == ["my/venue.toml"]
    assert [word for word, _ in completion.policies("m")] == ["mine.toml", "my/", "my.py"]
    assert completion.venues("nowhere/") == []


NAMED = {"scenario", "venue", "policy", "loss", "run", "runs", "across", "archive"}


def parameters(command: Any, words: str = "crashsim") -> Iterator[tuple[str, Any]]:
    """Every parameter of every command below, with the words that lead to it."""
    for parameter in command.params:
        yield f"{words} {parameter.name}", parameter
    for name, below in getattr(command, "commands", {}).items():
        yield from parameters(below, f"{words} {name}")


def test_every_parameter_that_takes_a_name_of_ours_offers_it() -> None:
    found = [(place, each) for place, each in parameters(get_command(app)) if each.name in NAMED]
    without = [place for place, each in found if each._custom_shell_complete is None]
    assert len(found) > 10
    assert without == []
