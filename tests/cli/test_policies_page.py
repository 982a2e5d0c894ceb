"""The page on own policies: its examples run as they stand."""

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from crashsim.cli.app import app
from crashsim.engine.adl.scores import COLUMNS

PAGE = (Path(__file__).parents[2] / "docs" / "policies.md").read_text(encoding="utf-8")


def block(language: str) -> str:
    (found,) = re.findall(rf"```{language}\n(.*?)```", PAGE, flags=re.DOTALL)
    return str(found)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("my_policy.py").write_text(block("python"), encoding="utf-8")
    Path("gentle.toml").write_text(block("toml"), encoding="utf-8")
    return tmp_path


def test_every_command_of_the_page_runs(folder: Path) -> None:
    commands = re.findall(r"`crashsim (compare [^`]+|policies audit [^`]+)`", PAGE)
    assert len(commands) == 4
    for command in commands:
        words = [word.strip('"') for word in re.findall(r'"[^"]*"|\S+', command)]
        result = CliRunner().invoke(app, [*words, "--json"], catch_exceptions=False)
        assert result.exit_code == 0, command
        assert json.loads(result.stdout)


def test_the_page_is_short_and_names_every_column(folder: Path) -> None:
    assert len([line for line in PAGE.splitlines() if line.strip()]) <= 30
    assert len(block("python").splitlines()) <= 20
    named = re.findall(r"`(\w+)`", PAGE.partition("Columns")[2])
    assert set(named) == set(COLUMNS)


def test_a_run_says_which_file_ranked(folder: Path) -> None:
    words = ["replay", "toy", "--policy", "my_policy.py:rank", "--out", "run", "--json"]
    result = CliRunner().invoke(app, words, catch_exceptions=False)
    assert result.exit_code == 0
    manifest = json.loads(Path("run/manifest.json").read_text(encoding="utf-8"))
    assert manifest["policy_file"]["name"] == "my_policy.py"
    assert manifest["policy_file"]["function"] == "rank"
    assert len(manifest["policy_file"]["sha256"]) == 64
    assert str(folder) not in json.dumps(manifest)
