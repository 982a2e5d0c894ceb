"""Ranges of assumed numbers: read, checked against the stated value, shown, and gone when set."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from crashsim import scenarios
from crashsim.cli.app import app
from crashsim.scenarios.errors import InputError
from crashsim.scenarios.models.ranges import Range
from crashsim.scenarios.models.scenario import Scenario
from crashsim.scenarios.models.sources import Fact
from crashsim.scenarios.models.venue import Venue

VENUE = """
name = "mine"
[margin.markets."*"]
kind = "sqrt"
base = 0.02
factor = 0.00001
[liquidation]
participation = 0.1
trigger = "below"
[adl]
score = "bitmex"
[[absorber]]
name = "fund"
cash = 1e6
"""
SCENARIO = """
[scenario]
name = "mine"
start = 2025-10-10T21:00:00Z
end = 2025-10-10T21:10:00Z
step = "1s"
venue = "venue.toml"
[prices]
source = "anchors"
volume_scale = 0.5
[book.generate]
open_interest_usd = 1e6
[book.generate.max_leverage]
"*" = 10.0
"""


def _venue(tmp_path: Path, range_: str, key: str = "liquidation.participation") -> Venue:
    facts = f'[facts."{key}"]\nassumption = "a guess"\nrange = {{{range_}}}\n'
    (tmp_path / "venue.toml").write_text(VENUE + facts, encoding="utf-8")
    return scenarios.load_venue(tmp_path / "venue.toml")


def _scenario(tmp_path: Path, key: str, range_: str, *settings: str) -> Scenario:
    table = "\n".join([f"[uncertainty.'{key}']", *range_.split(", ")])
    (tmp_path / "venue.toml").write_text(VENUE, encoding="utf-8")
    (tmp_path / "scenario.toml").write_text(SCENARIO + table, encoding="utf-8")
    return scenarios.load(tmp_path, overrides=scenarios.Overrides(set=settings))


def _ends(low: float, high: float, scale: str = "linear") -> str:
    return f'low = {low}, high = {high}, scale = "{scale}", reason = "a guess"'


def _ranged(facts: tuple[Fact, ...]) -> dict[str, Range]:
    return {fact.key: fact.range for fact in facts if fact.range}


def test_a_venue_states_a_range_in_the_fact_of_its_number(tmp_path: Path) -> None:
    venue = _venue(tmp_path, _ends(0.04, 0.17, "log"))
    ranged = _ranged(venue.facts())
    assert {key: each.text for key, each in ranged.items()} == {
        "liquidation.participation": "0.04 to 0.17, log"
    }


def test_an_absorber_goes_by_its_name(tmp_path: Path) -> None:
    assert _ranged(
        _venue(tmp_path, _ends(1e5, 1e7, "log"), "absorber.fund.cash").facts()
    ).keys() == {"absorber.fund.cash"}


@pytest.mark.parametrize(
    "key",
    ["prices.volume_scale", 'book.generate.max_leverage."*"', "book.generate.open_interest_usd"],
)
def test_a_scenario_states_its_ranges_in_a_table_of_their_own(tmp_path: Path, key: str) -> None:
    value = {"p": 0.5, "b": 10.0}[key[0]] if "interest" not in key else 1e6
    facts = _scenario(tmp_path, key, _ends(value / 2, value * 2)).facts()
    assert _ranged(facts).keys() == {key}


@pytest.mark.parametrize(
    ("range_", "problem"),
    [
        (_ends(0.2, 0.3), "the stated value, 0.1, is not between 0.2 and 0.3"),
        (_ends(0.01, 0.09), "the stated value, 0.1, is not between 0.01 and 0.09"),
        (_ends(0.3, 0.03), "low must not be above high, found 0.3 above 0.03"),
        (_ends(0, 0.3, "log"), 'scale = "log" needs a low above 0, found 0'),
        (_ends(0.05, 0.11), "0.05 to 0.11 is within 20 % of the stated value, 0.1, on one side"),
        (_ends(0.09, 0.3), "0.09 to 0.3 is within 20 % of the stated value, 0.1, on one side"),
        (_ends(0.04, 0.17, "cubic"), 'scale: found "cubic", expected "linear" or "log"'),
        ('low = 0.04, high = 0.17, scale = "log"', "reason: missing; expected a text"),
        (_ends(0.04, 0.17) + ", hihg = 1", 'hihg: unknown key (did you mean "high"?).'),
        ('low = "0.04", high = 0.17, scale = "log", reason = "x"', 'low: found "0.04", expected a'),
    ],
)
def test_a_range_that_does_not_fit_is_refused_and_says_why(
    tmp_path: Path, range_: str, problem: str
) -> None:
    with pytest.raises(InputError) as told:
        _venue(tmp_path, range_)
    (line,) = str(told.value).splitlines()
    assert line.startswith(f'{tmp_path}/venue.toml: facts."liquidation.participation".range')
    assert problem in line


def test_a_narrow_range_is_taken_with_a_source_and_one_of_exactly_20_percent_without(
    tmp_path: Path,
) -> None:
    narrow = _ends(0.09, 0.11) + ', source = "https://example.org"'
    assert _ranged(_venue(tmp_path, narrow).facts())
    assert _ranged(_venue(tmp_path, _ends(0.08, 0.12)).facts())


@pytest.mark.parametrize(
    ("key", "problem"),
    [
        (
            "liquidation.participaton",
            'no value of that key (did you mean "liquidation.participation"?).',
        ),
        ("liquidation", "no value of that key"),
        ("liquidation.trigger", 'a range is about a number, liquidation.trigger is "below"'),
        ("prices.volume_scale", "no value of that key"),
    ],
)
def test_a_range_of_what_is_no_number_of_the_file_is_refused(
    tmp_path: Path, key: str, problem: str
) -> None:
    with pytest.raises(InputError, match=r"facts\..*\.range: ") as told:
        _venue(tmp_path, _ends(0.0, 1.0), key)
    assert problem in str(told.value)


def test_a_scenario_cannot_state_a_range_of_its_venue_nor_one_in_its_facts(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="the file states no value of that key"):
        _scenario(tmp_path, "liquidation.participation", _ends(0.04, 0.17))
    (tmp_path / "scenario.toml").write_text(
        f'{SCENARIO}[facts."prices.volume_scale"]\nrange = {{{_ends(0.1, 1)}}}\n', encoding="utf-8"
    )
    with pytest.raises(InputError, match=r'a scenario states its ranges in \[uncertainty."prices'):
        scenarios.load(tmp_path)


def test_a_venue_has_no_table_of_ranges(tmp_path: Path) -> None:
    (tmp_path / "venue.toml").write_text(
        f"{VENUE}[uncertainty.'liquidation.participation']\nlow = 0.1\n", encoding="utf-8"
    )
    with pytest.raises(InputError, match="uncertainty: unknown key"):
        scenarios.load_venue(tmp_path / "venue.toml")


@pytest.mark.parametrize("value", ["0.3", "0.5"])
def test_a_number_that_the_user_sets_has_no_range_even_at_its_stated_value(
    tmp_path: Path, value: str
) -> None:
    key = "prices.volume_scale"
    assert _ranged(_scenario(tmp_path, key, _ends(0.1, 1)).facts())
    assert not _ranged(_scenario(tmp_path, key, _ends(0.1, 1), f"{key}={value}").facts())


def test_ranges_and_alternatives_are_shown(tmp_path: Path) -> None:
    _venue(tmp_path, _ends(0.04, 0.17, "log"))
    with (tmp_path / "venue.toml").open("a", encoding="utf-8") as file:
        file.write('[facts."adl.score"]\nalternatives = ["binance", "profit_usd"]\n')
    path = str(tmp_path / "venue.toml")
    shown = CliRunner().invoke(app, ["venues", "show", path]).stdout
    assert "range    0.04 to 0.17, log: a guess" in shown
    assert "or       binance; profit_usd" in shown
    sheet = json.loads(CliRunner().invoke(app, ["venues", "show", path, "--json"]).stdout)
    facts = {fact["key"]: fact for fact in sheet["facts"]}
    assert facts["liquidation.participation"]["range"]["high"] == 0.17
    assert facts["adl.score"]["alternatives"] == ["binance", "profit_usd"]
    assert facts["adl.score"]["range"] is None
