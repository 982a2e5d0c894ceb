"""A scenario that was just made replays at once."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from crashsim.cli.app import app
from crashsim.scenarios.errors import InputError


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_a_new_scenario_replays_and_shows_every_stage() -> None:
    made = CliRunner().invoke(app, ["scenarios", "new", "my-night"])
    assert made.exit_code == 0
    result = CliRunner().invoke(app, ["replay", "my-night", "--json"])
    summary = json.loads(result.stdout)
    for metric in ("book_liquidated_usd", "taken_over_usd", "adl_notional_usd"):
        assert summary[metric]["value"] > 0, metric
    for name in ("scenario.toml", "venue.toml"):
        text = Path("my-night", name).read_text(encoding="utf-8")
        assert text.count("#") > 5 and "NAME" not in text


@pytest.mark.parametrize("name", ["", "my night", "-x"])
def test_a_name_must_be_a_word(name: str) -> None:
    result = CliRunner().invoke(app, ["scenarios", "new", "--", name])
    assert isinstance(result.exception, InputError)


def test_nothing_is_overwritten() -> None:
    Path("taken").mkdir()
    result = CliRunner().invoke(app, ["scenarios", "new", "taken"])
    assert isinstance(result.exception, InputError)
    assert list(Path("taken").iterdir()) == []
