"""Errors in a file: all at once, each with file, key, what was found and what is allowed."""

from pathlib import Path

import pytest

from crashsim import scenarios
from crashsim.scenarios.errors import InputError

GOOD = """
name = "mine"
[margin.markets."*"]
kind = "tiers"
tiers = [{from = 0, rate = 0.01}, {from = 1e6, rate = 0.02}]
[liquidation]
participation = 0.1
[adl]
score = "bitmex"
"""


def _problems(tmp_path: Path, text: str) -> list[str]:
    path = tmp_path / "mine.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as error:
        scenarios.load_venue(path)
    lines = str(error.value).splitlines()
    assert all(line.startswith(str(path)) for line in lines)
    return [line.removeprefix(f"{path}: ") for line in lines]


def test_a_minimal_venue_needs_no_facts(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(GOOD, encoding="utf-8")
    venue = scenarios.load_venue(tmp_path / "mine.toml")
    assert venue.withdraw_margin == 2.0
    assert venue.liquidation.limit == "bankruptcy"
    assert venue.loss.policy == "carry"


@pytest.mark.parametrize(
    ("find", "replace", "problem"),
    [
        ("participation", "particpation", "liquidation.particpation: unknown key (did you mean"),
        ("participation = 0.1", "", "liquidation.participation: missing; expected"),
        ("0.1", "2", "liquidation.participation: found 2, expected a finite number at least 0 and"),
        ("0.1", "nan", "liquidation.participation: found nan, expected a finite number"),
        ("0.1", '"0.1"', 'liquidation.participation: found "0.1", expected a finite number'),
        ("0.1", "true", "liquidation.participation: found true, expected a finite number"),
        (
            "0.1",
            '0.1\ntrigger = "belo"',
            'liquidation.trigger: found "belo", expected "below" or "at_or_below" (did you mean',
        ),
        (
            "0.1",
            '0.1\nsize = "ful"',
            'liquidation.size: found "ful", expected "full" or a table with fraction, above_not',
        ),
        (
            "0.1",
            "0.1\nsize = {fraction = 0, above_notional = 1}",
            "liquidation.size.fraction: found 0, expected a finite number above 0 and at most 1",
        ),
        ("0.1", "0.1\nsize = {fraction = 0.2}", "liquidation.size.above_notional: missing; exp"),
        ('score = "bitmex"', "", "adl.score: missing; expected a text that is not empty"),
        ('"bitmex"', '"bitmex"\ngrace_s = -1', "adl.grace_s: found -1, expected a finite numb"),
        ('"tiers"', '"tier"', 'margin.markets."*".kind: found "tier", expected "tiers" or "sqrt"'),
        ('kind = "tiers"', "", 'margin.markets."*".kind: missing; expected "tiers" or "sqrt"'),
        ('"*"', "BTC", "margin.markets: the table of all other markets is missing"),
        ("from = 0,", "from = 1,", 'margin.markets."*".tiers: the first tier must start at 0'),
        ("from = 1e6", "from = 0", 'margin.markets."*".tiers: tiers must ascend'),
        ("rate = 0.02", "rate = 0.005", 'margin.markets."*".tiers: rates must not fall'),
        ("rate = 0.02", "rate = 2", 'margin.markets."*".tiers.1.rate: found 2, expected'),
        ("rate = 0.02", "rat = 0.02", 'margin.markets."*".tiers.1.rate: missing; expected'),
        ("[adl]", '[loss]\nbasis = "que"\n[adl]', 'loss.basis: found "que", expected "profit" or'),
        ("[adl]", "[[absorber]]\ncash = 1\n[adl]", "absorber.0.name: missing; expected a text"),
        (
            "[adl]",
            '[[absorber]]\nname = "a"\ncash = 1\n[[absorber]]\nname = "a"\ncash = 1\n[adl]',
            "absorber: each absorber needs its own name, found a twice",
        ),
        (
            "[adl]",
            '[[absorber]]\nname = "a"\ncash = 1\ncash_frac_oi = 0.1\n[adl]',
            "absorber.0: absorber a: found cash and cash_frac_oi, expected exactly one of",
        ),
        (
            "[adl]",
            '[[absorber]]\nname = "a"\n[adl]',
            "absorber.0: absorber a: found neither cash nor cash_frac_oi, expected exactly one of",
        ),
        (
            "[adl]",
            '[[absorber]]\nname = "a"\ncash = 1\nmarkets = []\n[adl]',
            "absorber.0.markets: found a list of 0, expected a list that is not empty",
        ),
        (
            "[adl]",
            '[[absorber]]\nname = "a"\ncash = 1\nper = "coin"\n[adl]',
            'absorber.0.per: found "coin", expected "market"',
        ),
        ("[adl]", '[facts."x"]\nsorce = "a"\n[adl]', "facts.x.sorce: unknown key (did you mean "),
        ('name = "mine"', 'name = "mine"\nnme = 1', "nme: unknown key (did you mean"),
    ],
)
def test_one_mistake_is_one_sentence(tmp_path: Path, find: str, replace: str, problem: str) -> None:
    problems = _problems(tmp_path, GOOD.replace(find, replace, 1))
    assert problem in "\n".join(problems)
    assert any(line.startswith(problem) for line in problems)


def test_all_mistakes_of_a_file_are_reported_at_once(tmp_path: Path) -> None:
    text = GOOD.replace("0.1", "2").replace("bitmex", "").replace('"mine"', "3")
    assert [line.split(":")[0] for line in _problems(tmp_path, text)] == [
        "name",
        "liquidation.participation",
        "adl.score",
    ]


def test_equal_rates_in_two_tiers_are_convex(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(GOOD.replace("0.02", "0.01"), encoding="utf-8")
    assert scenarios.load_venue(tmp_path / "mine.toml").name == "mine"


def test_what_is_not_toml_is_named_with_its_line(tmp_path: Path) -> None:
    (problem,) = _problems(tmp_path, 'name = "mine"\nwithdraw_margin = = 2\n')
    assert problem.startswith("not valid TOML: ")
    assert "line 2" in problem


def test_what_is_not_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_bytes(b'name = "\xff"')
    with pytest.raises(InputError, match="not UTF-8 text"):
        scenarios.load_venue(path)


def test_an_unknown_name_lists_the_bundled_ones() -> None:
    with pytest.raises(InputError, match=r'no venue "backpak" \(did you mean "backpack"\?\)'):
        scenarios.load_venue("backpak")
    with pytest.raises(InputError, match=r'no scenario "toi" \(did you mean "toy"\?\)'):
        scenarios.load("toi")
    with pytest.raises(InputError, match=r'no loss "drifd" \(did you mean "drift"\?\)'):
        scenarios.load_loss("drifd")
