"""Rules that a venue names by a text: found before inputs are read, or refused with what to do."""

from pathlib import Path

import pytest

from crashsim.engine.errors import PolicyError
from crashsim.engine.sharing import RULES
from crashsim.lab import replay
from crashsim.lab.rules.function_files import FunctionFile, ready
from crashsim.scenarios import Overrides, load, load_venue
from crashsim.scenarios.errors import InputError
from crashsim.scenarios.models.venue import Venue

PYTHON = """
def room(columns):
    return columns["equity"] - columns["mm"]

def nobody(loss_usd, sharers):
    return 0.0 * sharers.cap_usd
"""


@pytest.fixture(autouse=True)
def _in_a_folder_with_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine.py").write_text(PYTHON, encoding="utf-8")
    Path("broken.py").write_text("1 / 0\n", encoding="utf-8")


def venue(*settings: str) -> Venue:
    return load_venue("binance", set=settings)


def test_bundled_rules_have_no_file() -> None:
    found = ready(venue("loss.rule=rap_cvar"))
    assert found.sharing is RULES["rap_cvar"]
    assert found.files.as_json() == {}


def test_a_venue_may_name_functions_for_both() -> None:
    found = ready(venue("adl.score=mine.py:room", "loss.rule=mine.py:nobody"))
    files = found.files
    assert isinstance(files.policy_file, FunctionFile) and isinstance(files.loss_file, FunctionFile)
    assert files.policy_file.sha256 == files.loss_file.sha256
    assert {key: file["function"] for key, file in files.as_json().items()} == {
        "policy_file": "room",
        "loss_file": "nobody",
    }


@pytest.mark.parametrize(
    ("setting", "error", "reason"),
    [
        ("loss.rule=mim_max", PolicyError, 'loss.rule: .* "mim_max" .did you mean "min_max"'),
        ("adl.score=leverag", PolicyError, 'did you mean "leverage"'),
        ("loss.rule=mine.py:nobdy", InputError, 'no function nobdy .did you mean "nobody"'),
        ("loss.rule=mine.py:room", PolicyError, "mine.py:room failed: TypeError"),
        ("adl.score=mine.py:nobody", PolicyError, "mine.py:nobody failed: TypeError"),
        ("adl.score=broken.py:room", InputError, "broken.py: cannot be run: ZeroDivisionError"),
        ("loss.rule=absent.py:room", InputError, "absent.py: cannot be read"),
    ],
)
def test_what_is_no_rule_is_refused_before_inputs_are_read(
    setting: str, error: type[Exception], reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replay, "read_inputs", lambda _: pytest.fail("inputs are read first"))
    scenario = load("toy", overrides=Overrides(set=(setting,)))
    with pytest.raises(error, match=reason):
        replay.run(scenario)


def test_a_resolved_scenario_names_functions_without_their_folders(tmp_path: Path) -> None:
    settings = (f"adl.score={tmp_path}/mine.py:room", f"loss.rule={tmp_path}/mine.py:nobody")
    rules = load("toy", overrides=Overrides(set=settings)).resolved(("BTC",))["venue"]
    assert isinstance(rules, dict)
    assert rules["adl"]["score"] == "mine.py:room"
    assert rules["loss"]["rule"] == "mine.py:nobody"
