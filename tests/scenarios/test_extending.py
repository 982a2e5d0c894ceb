"""A scenario or venue that is another one with changes."""

from pathlib import Path

import pytest

from crashsim import scenarios
from crashsim.scenarios.errors import InputError
from crashsim.scenarios.facts import scenario_sheet, venue_sheet
from crashsim.scenarios.models.sources import Fact


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


LATE = """
extends = "toy"
missing = ["A reason for it."]

[scenario]
name = "late"
title = "The toy, later"
seed = 7
venue = "mine.toml"
"""
MINE = """
extends = "backpack"
name = "mine"

[adl]
grace_s = 99.0

[facts."adl.grace_s"]
unit = "s"
assumption = "Mine."
"""


@pytest.fixture
def late(tmp_path: Path) -> Path:
    write(tmp_path / "mine.toml", MINE)
    return write(tmp_path / "scenario.toml", LATE)


def test_what_is_not_stated_is_the_bases(late: Path) -> None:
    changed, base = scenarios.load(late), scenarios.load("toy")
    assert (changed.name, changed.seed) == ("late", 7)
    assert (changed.start_ms, changed.step_ms) == (base.start_ms, base.step_ms)
    assert changed.prices == base.prices and changed.book == base.book  # paths are the base's own


def test_a_venue_keeps_every_rule_but_the_stated(late: Path) -> None:
    mine, backpack = scenarios.load(late).venue, scenarios.load_venue("backpack")
    assert mine.adl == backpack.adl.model_copy(update={"grace_s": 99.0})
    assert (mine.margin, mine.liquidation, mine.loss) == (
        backpack.margin,
        backpack.liquidation,
        backpack.loss,
    )


def test_notes_go_with_their_values(late: Path) -> None:
    told, base = facts_of(late.parent / "mine.toml"), facts_of("backpack")
    assert told.pop("adl.grace_s").assumption == "Mine."
    assert told == {key: fact for key, fact in base.items() if key != "adl.grace_s"}
    loaded = {fact.key: fact for fact in scenarios.load(late).venue.facts()}
    assert loaded["adl.grace_s"].assumption == "Mine."
    assert loaded["adl.price"] == base["adl.price"]


def facts_of(venue: str | Path) -> dict[str, Fact]:
    return {fact.key: fact for fact in venue_sheet(venue).facts}


def test_a_replaced_value_without_a_note_has_not_the_bases(tmp_path: Path) -> None:
    mine = write(tmp_path / "mine.toml", MINE.split("[facts")[0])
    bare = facts_of(mine)["adl.grace_s"]
    assert (bare.source, bare.assumption) == (None, None)
    assert facts_of("backpack")["adl.grace_s"].assumption is not None


def test_what_the_base_is_missing_stays_missing(late: Path) -> None:
    base, told = scenario_sheet("oct11").missing, scenario_sheet(late)
    assert told.title == "The toy, later" and told.missing[-1] == "A reason for it."
    night = write(late.parent / "night" / "scenario.toml", LATE.replace('"toy"', '"oct11"'))
    write(night.parent / "mine.toml", MINE)
    assert scenario_sheet(night).missing == (*base, "A reason for it.")


def test_a_list_of_the_base_is_replaced_whole(tmp_path: Path) -> None:
    shares = '[book.generate]\nposition_shares = [1.0]\n[scenario]\nname = "one"\n'
    one = scenarios.load(write(tmp_path / "one.toml", f'extends = "oct11"\n{shares}'))
    assert one.book.generate is not None and one.book.generate.position_shares == (1.0,)


def test_what_the_base_was_fitted_to_is_not_what_the_variant_was(tmp_path: Path) -> None:
    plain = scenarios.load(write(tmp_path / "plain.toml", 'extends = "oct11"\n'))
    assert plain.resolved(["BTCUSDT"]) == scenarios.load("oct11").resolved(["BTCUSDT"])
    assert scenarios.load("oct11").fitted and not plain.fitted


def test_a_base_may_extend_another_and_is_looked_for_beside_the_file(tmp_path: Path) -> None:
    write(tmp_path / "mine.toml", MINE)
    yours = write(tmp_path / "sub" / "yours.toml", 'extends = "../mine.toml"\nname = "yours"\n')
    venue = scenarios.load_venue(yours)
    assert (venue.name, venue.adl.grace_s) == ("yours", 99.0)


@pytest.mark.parametrize(
    ("base", "sentence"),
    [
        ('"backpak"', r'mine.toml: extends: there is no venue "backpak" \(did you mean "backpack"'),
        ("3", "mine.toml: extends: found 3, expected the name of a bundled file or a path"),
        ('"mine.toml"', "mine.toml: extends: the file extends itself; name another base"),
        ('"other.toml"', "other.toml: extends: the file extends itself; name another base"),
    ],
)
def test_a_base_that_cannot_be_is_refused(tmp_path: Path, base: str, sentence: str) -> None:
    write(tmp_path / "other.toml", 'extends = "mine.toml"\nname = "other"\n')
    mine = write(tmp_path / "mine.toml", f'extends = {base}\nname = "mine"\n')
    with pytest.raises(InputError, match=sentence):
        scenarios.load_venue(mine)


def test_an_unknown_key_beside_the_base_is_told(tmp_path: Path) -> None:
    mine = write(tmp_path / "mine.toml", 'extends = "backpack"\nname = "mine"\n[adl]\ngrace = 3\n')
    with pytest.raises(
        InputError, match=r'mine.toml: adl.grace: unknown key \(did you mean "grace_s"'
    ):
        scenarios.load_venue(mine)
