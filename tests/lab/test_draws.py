"""Draws of what is assumed: what is drawn, what is not, and what comes of it."""

import json
import math
import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from typer.testing import CliRunner

import crashsim
from crashsim import scenarios
from crashsim.cli.app import app
from crashsim.cli.show import firmness
from crashsim.data.tape.prices import load_tape
from crashsim.lab.compare import Compared, compare
from crashsim.lab.draws import compared, replayed
from crashsim.lab.draws.design import Uncertain, hypercube, of_scenario, of_venue
from crashsim.lab.draws.draws_told import Draws, FigureBand
from crashsim.lab.folders import comparison_folder, run_folder
from crashsim.lab.replay import Finished, run, save
from crashsim.lab.request import Request
from crashsim.lab.variants import Wanted, variants
from crashsim.scenarios import Overrides
from crashsim.scenarios.errors import InputError
from crashsim.scenarios.files.replaced import with_numbers
from crashsim.scenarios.models.ranges import Range

TOY = Path(scenarios.__file__).resolve().parent / "bundled" / "toy"
RANGES = """
[facts."liquidation.participation"]
range = {low = 0.2, high = 0.9, scale = "log", reason = "a guess"}
[facts."adl.grace_s"]
range = {low = 0, high = 200, scale = "linear", reason = "a guess"}
"""
FUND = """
[[absorber]]
name = "fund"
cash = 100.0
[facts."absorber.fund.cash"]
range = {low = 10, high = 1e4, scale = "log", reason = "a guess"}
"""
OWN = """
[uncertainty]
"prices.volume_scale" = {low = 0.1, high = 2.0, scale = "log", reason = "a guess"}
"""


def ranged_toy(folder: Path, venue: str = RANGES, own: str = OWN) -> Path:
    """The toy with ranges: it is replayed in milliseconds."""
    made = folder / "ranged"
    shutil.copytree(TOY, made)
    scenario = (made / "scenario.toml").read_text("utf-8")
    scenario = scenario.replace("[prices]", "[prices]\nvolume_scale = 0.5")
    (made / "scenario.toml").write_text(scenario + own, encoding="utf-8")
    with (made / "venue.toml").open("a", encoding="utf-8") as file:
        file.write(venue)
    return made


def _keys(name: str | Path, overrides: Overrides = Overrides()) -> set[str]:  # noqa: B008 - frozen
    scenario = scenarios.load(name, overrides=overrides)
    return {one.key for one in of_scenario(scenario, load_tape(scenario).tape)}


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return ranged_toy(tmp_path_factory.mktemp("toy"))


@pytest.fixture(scope="module")
def stated(toy: Path) -> Finished:
    return run(scenarios.load(toy))


@pytest.fixture(scope="module")
def drawn(stated: Finished) -> Finished:
    return replayed.with_draws(stated, 6, workers=1)


def _frame(finished: Finished) -> pl.DataFrame:
    assert finished.draws is not None
    return finished.draws.frame


# What is drawn


@given(seed=st.integers(0, 2**32), count=st.integers(1, 40))
def test_each_key_falls_once_into_each_part_of_its_range(seed: int, count: int) -> None:
    for key in ("a", "b"):
        parts = [int(draw.quantiles[key] * count) for draw in hypercube(seed, ("a", "b"), count)]
        assert sorted(parts) == list(range(count))


def test_a_key_that_is_fixed_leaves_the_others_and_the_seeds_as_they_were() -> None:
    both, one = hypercube(3, ("a", "b"), 8), hypercube(3, ("b",), 8)
    assert [draw.seed for draw in both] == [draw.seed for draw in one]
    assert [draw.quantiles["b"] for draw in both] == [draw.quantiles["b"] for draw in one]
    assert len({draw.seed for draw in both}) == 8
    assert [draw.seed for draw in hypercube(4, ("b",), 8)] != [draw.seed for draw in one]


@given(
    quantile=st.floats(0, 1),
    ends=st.tuples(st.floats(1e-6, 1e9), st.floats(1e-6, 1e9)).map(sorted),
    scale=st.sampled_from(["linear", "log"]),
)
def test_a_drawn_number_lies_in_its_range(quantile: float, ends: list[float], scale: str) -> None:
    low, high = ends
    within = Range.model_validate({"low": low, "high": high, "scale": scale, "reason": "x"})
    assert low <= Uncertain("k", "", low, within, is_whole=False).at(quantile) <= high


@pytest.mark.parametrize(
    ("scale", "half"), [("linear", 50.5), ("log", 10.0)], ids=["linear", "log"]
)
def test_half_of_a_range_is_half_of_it_or_of_its_logarithm(scale: str, half: float) -> None:
    within = Range.model_validate({"low": 1, "high": 100, "scale": scale, "reason": "x"})
    assert Uncertain("k", "", 5.0, within, is_whole=False).at(0.5) == pytest.approx(half)
    assert Uncertain("k", "", 5, within, is_whole=True).at(0.5) == round(half)


def test_every_range_of_the_scenario_is_drawn_but_those_of_keys_that_are_set() -> None:
    ranged = {fact.key for fact in scenarios.scenario_sheet("oct11").facts if fact.range}
    assert len(ranged) > 30
    assert _keys("oct11") == ranged
    key = "book.generate.accounts"
    (said,) = (fact.text for fact in scenarios.scenario_sheet("oct11").facts if fact.key == key)
    for value in (said.replace(",", ""), "4321"):  # what the file says already, and another
        assert _keys("oct11", Overrides(set=(f"{key}={value}",))) == ranged - {key}


def test_what_the_users_own_book_replaces_is_not_drawn(tmp_path: Path) -> None:
    shutil.copytree(TOY / "book", tmp_path / "book")
    keys = _keys("oct11", Overrides(book=tmp_path / "book"))
    assert keys
    assert all(key.startswith("prices.") for key in keys)


def test_what_the_users_own_prices_replace_is_not_drawn(toy: Path) -> None:
    scenario = scenarios.load("oct11")
    tape = load_tape(scenario).tape
    own = {name: replace(each, provenance="yours") for name, each in tape.origins.items()}
    some = {**own, "BTCUSDT": tape.origins["BTCUSDT"]}
    laid = {one.key for one in of_scenario(scenario, replace(tape, origins=own))}
    assert laid
    assert not any(key.startswith("prices.") for key in laid)
    assert _keys("oct11") == {one.key for one in of_scenario(scenario, replace(tape, origins=some))}
    prices = f"prices.path={TOY / 'prices.csv'}"
    assert _keys(toy) == {"prices.volume_scale"}
    assert _keys(toy, Overrides(set=(prices,))) == set()


def test_the_ranges_of_the_venue_in_use_are_drawn_too(tmp_path: Path) -> None:
    found = run(scenarios.load(ranged_toy(tmp_path, RANGES + FUND)))
    frame = _frame(replayed.with_draws(found, 4, workers=1))
    assert frame["status"].to_list() == ["done"] * 4
    for key in ("absorber.fund.cash", "liquidation.participation", "adl.grace_s"):
        assert frame[key].n_unique() == 4
    other = scenarios.load("toy")
    assert of_venue(other.venue) == ()


# What comes of it


def test_a_draw_is_the_run_of_its_seed_and_numbers_alone(toy: Path, drawn: Finished) -> None:
    _is_the_run_alone(toy, drawn, draw=2)


def test_a_draw_of_a_synthetic_night_is_the_run_of_its_seed_and_numbers_alone() -> None:
    night = run(scenarios.load("oct11", overrides=Overrides(set=("scenario.step=1m",))))
    found = replayed.with_draws(night, 1, workers=1)
    assert _frame(found)["status"].to_list() == ["done"]
    _is_the_run_alone("oct11", found, 0, "scenario.step=1m")


def _is_the_run_alone(name: str | Path, found: Finished, draw: int, *settings: str) -> None:
    row = _frame(found).row(draw, named=True)
    inputs = of_scenario(found.scenario, found.inputs.tape) + of_venue(found.scenario.venue)
    drawn = [f"{one.key}={_typed(row[one.key], one)}" for one in inputs]
    asked = Overrides(seed=row["seed"], set=(*settings, *drawn))
    alone = run(scenarios.load(name, overrides=asked)).metrics
    shared = {metric: row[metric] for metric in alone if metric in row}
    assert len(shared) > 20
    assert shared == {metric: alone[metric] for metric in shared}
    stated = {metric: found.metrics[metric] for metric in shared}
    assert shared != stated


def _typed(value: float, one: Uncertain) -> str:
    return str(int(value)) if one.is_whole else repr(value)


def test_the_number_of_processes_changes_nothing(stated: Finished, drawn: Finished) -> None:
    assert_frame_equal(_frame(replayed.with_draws(stated, 6, workers=2)), _frame(drawn))


def test_the_stated_case_is_what_it_is_without_draws(stated: Finished, drawn: Finished) -> None:
    assert replayed.with_draws(stated, 0) is stated
    assert drawn.metrics == stated.metrics
    assert drawn.outcome is stated.outcome


def test_a_draw_that_fails_keeps_its_row_with_the_reason(tmp_path: Path) -> None:
    beyond = RANGES.replace("high = 0.9", "high = 1.9")  # a share of the volume is at most 1
    found = replayed.with_draws(run(scenarios.load(ranged_toy(tmp_path, beyond))), 8, workers=1)
    frame = _frame(found)
    failed = frame.filter(status="failed")
    assert (
        failed["draw"].to_list()
        == frame.filter(pl.col("liquidation.participation") > 1)["draw"].to_list()
    )
    assert 0 < failed.height < 8
    assert all(
        "expected a finite number at least 0 and at most 1" in one for one in failed["reason"]
    )
    assert failed["debt_usd"].null_count() == failed.height
    assert found.draws is not None
    told = found.draws.told
    assert [one.reason for one in told.failed] == failed["reason"].to_list()
    assert (told.asked, told.done) == (8, 8 - failed.height)
    assert all(band.draws <= told.done for band in told.figures.values())


def test_the_folder_holds_the_draws_and_the_manifest_names_them(
    drawn: Finished, tmp_path: Path
) -> None:
    asked = Request("oct11", draws=6)
    path = save(drawn, tmp_path / "run", asked, (), csv=True)
    folder = run_folder.read(path)
    assert folder.manifest.rows["draws"] == 6
    assert folder.manifest.request.draws == 6
    assert_frame_equal(folder.table("draws"), _frame(drawn))
    assert (path / "draws.csv").is_file()
    told = json.loads((path / "summary.json").read_text("utf-8"))["draws"]
    assert folder.draws is not None
    assert told == folder.draws.content()
    assert told["asked"] == told["done"] == 6
    band = told["figures"]["liquidated_accounts"]
    assert band["stated"] == folder.summary["liquidated_accounts"]["value"]
    assert band["p10"] <= band["p90"]
    assert set(told["inputs"]) == set(_frame(drawn).columns) & set(told["inputs"])


def test_the_same_draws_give_the_same_bytes(drawn: Finished, tmp_path: Path) -> None:
    paths = [save(drawn, tmp_path / name, Request("oct11"), (), csv=False) for name in "ab"]
    one, other = ((path / "draws.parquet").read_bytes() for path in paths)
    assert one == other


def test_runs_with_and_without_draws_have_different_names(
    stated: Finished, drawn: Finished, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    names = {save(each, None, Request("oct11"), (), csv=False).name for each in (stated, drawn)}
    assert len(names) == 2


# What is asked for, and what is said


def _crash(*words: str) -> str:
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_a_scenario_without_ranges_runs_alone_and_one_with_ranges_24_times(
    toy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert "draws" not in json.loads(_crash("replay", "toy", "--json"))
    told = json.loads(_crash("replay", str(toy), "--json"))["draws"]
    assert told["asked"] == told["done"] == 24
    assert set(told["inputs"]) == {
        "prices.volume_scale",
        "liquidation.participation",
        "adl.grace_s",
    }
    assert "draws" not in json.loads(_crash("replay", str(toy), "--json", "--draws", "0"))
    fixed = "--set=prices.volume_scale=0.5"  # no number of the scenario itself is left
    assert "draws" not in json.loads(_crash("replay", str(toy), "--json", fixed))


def test_the_terminal_shows_each_figures_band_and_what_moves_it(
    toy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shown = " ".join(_crash("replay", str(toy), "--out", "run").split())
    assert "10-90 %" in shown
    assert "a range holds 8 in 10 of 24 draws; a draw takes 3 assumed numbers" in shown
    assert "adl.grace_s: auto-deleveraged (" in shown
    assert "over 24 draws of 3 numbers" in shown
    few = " ".join(_crash("replay", str(toy), "--draws", "3", "--out", "few").split())
    assert "no single assumption stands out (too few to name one: 3 draws of 3 numbers)" in few
    assert "is of 3 draws alone, too few to say what 8 in 10 would be" in few


@pytest.mark.parametrize(
    ("stated", "told"),
    [(1.0, False), (3.0, False), (0.5, True), (3.5, True), (None, False)],
    ids=["its low end", "its high end", "below", "above", "no number"],
)
def test_a_stated_figure_outside_of_its_range_is_named(stated: float | None, told: bool) -> None:
    band = FigureBand(
        stated=stated, p10=1.0, p90=3.0, draws=24, moved_by=None, rank_correlation=None
    )
    draws = Draws(
        asked=24,
        done=24,
        seed=1,
        needed_rank_correlation=0.6,
        inputs={},
        figures={"adl_accounts": band},
        failed=(),
    )
    named = "the stated case lies outside of its range in: deleveraged" if told else ""
    assert firmness.outside({"adl_accounts": "deleveraged", "debt_usd": "debt"}, draws) == named


def test_the_report_and_the_story_say_the_same(
    toy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    _crash("replay", str(toy), "--draws", "5", "--out", "run")
    _crash("report", "run")
    page = (tmp_path / "run" / "report.html").read_text("utf-8")
    assert "in 8 of 10 draws" in page
    assert "How firm these numbers are" in page
    assert "liquidation.participation" in page
    story = _crash("report", "run", "--story")
    assert "## How firm they are" in story
    assert "In 8 of 10 draws of what is assumed: " in story


def test_python_draws_nothing_unless_asked() -> None:
    plain = crashsim.replay("toy")
    assert plain.drawn is None
    assert plain.bands.is_empty()
    drawn = crashsim.replay("toy", draws=3)
    assert drawn.bands.filter(metric="debt_usd").row(0)[:5] == (
        "debt_usd",
        pytest.approx(231.13975),
        pytest.approx(231.13975),
        pytest.approx(231.13975),
        3,
    )
    assert drawn.tables["draws"].height == 3
    assert drawn.manifest.argv[-2:] == ("--draws", "3")


# Comparisons


@pytest.fixture(scope="module")
def two_venues(toy: Path, tmp_path_factory: pytest.TempPathFactory) -> Compared:
    other = tmp_path_factory.mktemp("venue") / "other.toml"
    text = (toy / "venue.toml").read_text("utf-8").replace('name = "toy"', 'name = "other"')
    text = text.replace("low = 0.2, high = 0.9", "low = 0.02, high = 1.0")
    other.write_text(text.replace("fee_rate = 0.002", "fee_rate = 0.004"), encoding="utf-8")
    scenario = scenarios.load(toy)
    wanted = variants(scenario, Wanted(policies=("pro_rata",), venues=(str(other),)), ())
    return compare(scenario, wanted, horizon_s=0.0, keep=False, workers=1)


@pytest.fixture(scope="module")
def paired(two_venues: Compared) -> Compared:
    return compared.with_draws(two_venues, 5, workers=1)


def _draws(found: Compared) -> pl.DataFrame:
    assert found.draws is not None
    return found.draws.frame


def test_all_rules_meet_the_same_seed_and_numbers_of_the_scenario(paired: Compared) -> None:
    frame = _draws(paired)
    runs = ["venue toy", "venue other", "policy pro_rata", "no ADL"]
    assert frame["run"].to_list() == runs * 5
    assert frame["status"].unique().to_list() == ["done"]
    for key in ("seed", "prices.volume_scale"):
        assert frame.group_by("draw").agg(pl.col(key).n_unique())[key].to_list() == [1] * 5
        assert frame[key].n_unique() > 1


def test_venues_take_the_same_quantile_of_their_own_ranges(paired: Compared) -> None:
    frame, key = _draws(paired), "liquidation.participation"
    ends = {"venue toy": (0.2, 0.9), "venue other": (0.02, 1.0)}
    one, two = (
        [math.log(value / low) / math.log(high / low) for value in frame.filter(run=name)[key]]
        for name, (low, high) in ends.items()
    )
    assert one == pytest.approx(two, abs=1e-4)
    same = [frame.filter(run=name)[key].to_list() for name in ("venue toy", "policy pro_rata")]
    assert same[0] == same[1]


def test_each_draw_of_a_run_is_what_a_comparison_with_its_numbers_gives(paired: Compared) -> None:
    row = _draws(paired).row(2, named=True)  # the third run of the first draw
    scenario = paired.scenario
    inputs = of_scenario(scenario, paired.inputs.tape) + of_venue(scenario.venue)
    drawn = with_numbers(scenario, {one.key: row[one.key] for one in inputs})
    head = drawn.scenario.model_copy(update={"seed": row["seed"]})
    drawn = drawn.model_copy(update={"scenario": head})
    alone = compare(
        drawn,
        variants(drawn, Wanted(policies=("pro_rata",)), ()),
        horizon_s=0.0,
        keep=False,
        workers=1,
    )
    values = alone.done[1].measured.values
    assert row["run"] == alone.done[1].measured.name
    assert {name: row[name] for name in ("haircut_usd", "adl_notional_usd", "debt_usd")} == {
        name: values[name] for name in ("haircut_usd", "adl_notional_usd", "debt_usd")
    }


def test_the_content_says_in_how_many_draws_a_difference_has_its_sign(paired: Compared) -> None:
    told = comparison_folder.content(paired, ())["draws"]
    frame = _draws(paired)
    fees = [frame.filter(run=f"venue {name}")["liquidation_fees_usd"] for name in ("other", "toy")]
    found = told["agreement"]["liquidation_fees_usd"]["venue other"]
    assert found == {
        "higher": (fees[0] > fees[1]).sum(),
        "lower": (fees[0] < fees[1]).sum(),
        "draws": 5,
        "is_told": False,
    }
    assert told["inputs"]["liquidation.participation"]["high"] == 0.9  # of the first run's venue


def test_the_processes_of_a_comparison_change_nothing(
    two_venues: Compared, paired: Compared
) -> None:
    assert_frame_equal(_draws(compared.with_draws(two_venues, 5, workers=2)), _draws(paired))


def test_a_draw_that_fails_fails_for_every_rule(tmp_path: Path) -> None:
    beyond = RANGES.replace("high = 0.9", "high = 1.9")
    scenario = scenarios.load(ranged_toy(tmp_path, beyond))
    wanted = variants(scenario, Wanted(policies=("pro_rata",)), ())
    stated = compare(scenario, wanted, horizon_s=0.0, keep=False, workers=1)
    found = compared.with_draws(stated, 4, workers=1)
    failed = _draws(found).filter(status="failed")
    assert failed.height == 3 * failed["draw"].n_unique() > 0
    told = comparison_folder.content(found, ())["draws"]
    assert [one["draw"] for one in told["failed"]] == failed["draw"].unique().sort().to_list()


def test_compare_draws_8_where_the_scenario_states_ranges_and_says_what_they_tell(
    toy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    words = ["compare", str(toy), "--policy", "pro_rata", "--loss", "write_off", "--out", "c"]
    shown = " ".join(_crash(*words).split())
    assert "No difference is told apart by 8 draws: 24 are needed" in shown
    assert pl.read_parquet(tmp_path / "c" / "draws.parquet").height == 8 * 4
    words += ["--draws", "24", "--set", "adl.grace_s=60", "--set", "prices.volume_scale=1"]
    assert "told 24/24" in _crash(*words, "--md")
    assert "told apart" not in _crash("compare", "toy", "--policy", "pro_rata")


@pytest.mark.parametrize("asked", [-1, 2.5, "3", True])
def test_a_number_of_draws_is_a_whole_one_of_at_least_0(asked: Any) -> None:
    expected = f"draws is {asked!r}, expected a whole number of 0 or more"
    with pytest.raises(InputError, match=re.escape(expected)):
        crashsim.replay("toy", draws=asked)
    with pytest.raises(InputError, match=re.escape(expected)):
        crashsim.compare("toy", venues=["binance"], draws=asked)
