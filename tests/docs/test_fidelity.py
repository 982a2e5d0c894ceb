"""The page of recorded against replayed is what its command makes, and the fit is what it says."""

import math
from collections.abc import Iterator

import pytest

from crashsim import scenarios
from crashsim.engine.measure.metrics import METRICS
from docs import fidelity, refit
from docs.compared import COMPARED, Line
from docs.replayed import FIGURES, FITTED, JUDGED, Request, figures

LINES = [line for _, lines in COMPARED for line in lines]
HIT = {target.figure: target.recorded for target in refit.TARGETS} | {"debtors": 200.0}


@pytest.mark.slow
def test_the_fidelity_page_is_current() -> None:
    assert fidelity.PAGE.read_text("utf-8") == fidelity.page(), "run `python -m docs.fidelity`"


@pytest.mark.slow
@pytest.mark.parametrize("seed", [*FITTED, *JUDGED])
def test_the_story_comes_out_under_every_seed(seed: int) -> None:
    found = figures(Request(seed))
    for figure, (low, high) in refit.STORY.items():
        assert low <= found[figure] <= high, figure


def test_seeds_that_judge_are_not_those_of_the_fit() -> None:
    assert len(FITTED) == len(JUDGED) == 5 and not {*FITTED} & {*JUDGED}
    assert FITTED[0] == scenarios.load("oct11").seed


def test_every_recorded_figure_has_a_number_and_a_source_and_is_compared() -> None:
    known = fidelity.recorded()
    for each in known.values():
        assert each.value > 0 and each.source and each.figure
        assert each.kind in ("primary", "press", "derived")
    shown = {key for line in LINES for key in line.recorded}
    assert shown <= set(known)
    assert set(known) - shown == {
        "backpack_open_interest",
        "backpack_traders",
        "backpack_markets",
        "backpack_volume_day",
    }  # these stand in the table of what is set


@pytest.mark.parametrize("line", LINES, ids=lambda line: line.what)
def test_a_line_is_called_fitted_exactly_where_the_fit_looks_at_it(line: Line) -> None:
    assert line.figure in FIGURES
    looked_at = {target.figure for target in refit.TARGETS}
    assert (line.how == "fitted") == (line.figure in looked_at)


def test_the_fit_looks_at_what_is_recorded() -> None:
    known = {key: each.value for key, each in fidelity.recorded().items()}
    by_figure = {line.figure: [known[key] for key in line.recorded] for line in LINES}
    for target in refit.TARGETS:
        value, *over = by_figure[target.figure]
        assert target.recorded == pytest.approx(value / over[0] if over else value)


def test_what_is_met_is_no_misfit() -> None:
    assert refit.misfit(HIT) == pytest.approx(0.0, abs=1e-20)


def away() -> Iterator[tuple[str, float, float]]:
    for target in refit.TARGETS:
        yield target.figure, target.recorded * target.doubt, 1.0
        yield target.figure, target.recorded / target.doubt**2, 4.0
    few, many = refit.BOUNDS["debtors"]
    yield "debtors", few, 0.0
    yield "debtors", many, 0.0
    yield "debtors", many * math.e, 2 * refit.OUTSIDE
    yield "debtors", few / math.e, 2 * refit.OUTSIDE


@pytest.mark.parametrize(("figure", "value", "miss"), list(away()))
def test_a_figure_away_by_its_doubt_is_a_miss_of_one(
    figure: str, value: float, miss: float
) -> None:
    assert refit.misfit({**HIT, figure: value}) == pytest.approx(miss)


@pytest.mark.parametrize("nothing", [0.0, math.nan])
def test_nothing_at_all_is_a_large_miss_and_no_error(nothing: float) -> None:
    assert 10 < refit.misfit({**HIT, "largest_usd": nothing}) < math.inf


def test_the_search_keeps_the_best_value_of_each_key(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = tuple(parameter.values[1] for parameter in refit.PARAMETERS)

    def made_up(self: refit.Search, points: list[refit.Point]) -> None:
        for point in points:
            self.known[point] = sum(
                math.log(a / b) ** 2 for a, b in zip(point, wanted, strict=True)
            )

    monkeypatch.setattr(refit.Search, "_replay", made_up)
    assert refit.fitted(refit.stated()) == wanted


def test_a_value_at_an_end_of_what_was_tried_is_named() -> None:
    inner = tuple(parameter.values[1] for parameter in refit.PARAMETERS)
    first, last = refit.PARAMETERS[0], refit.PARAMETERS[-1]
    assert refit.at_an_end(inner) == []
    assert refit.at_an_end((first.values[0], *inner[1:])) == [first.key]
    assert refit.at_an_end((*inner[:-1], last.values[-1])) == [last.key]


def test_an_unfit_point_is_never_the_best() -> None:
    settings = refit.settings(refit.stated())
    (error,) = refit.all_figures([Request(1, (*settings, "book.generate.accounts=50"))])
    assert refit._mean([error]) == math.inf


def test_what_the_fit_writes_is_read_back_with_its_words() -> None:
    text = refit.SCENARIO.read_text("utf-8")
    point = tuple(parameter.values[0] for parameter in refit.PARAMETERS)
    written = refit.written(text, point, "Fitted to nothing.")
    assert written.count("Fitted to nothing.") == 1
    assert written.count(f"with {refit.PARAMETERS[0].key}: see there.") == len(point) - 1
    assert refit.SCENARIO.read_text("utf-8") == text  # only main writes the file
    again = refit.written(written, refit.stated(), "Fitted to nothing.")
    assert len(again.splitlines()) == len(text.splitlines())


def test_every_fitted_value_of_the_default_says_so() -> None:
    facts = {fact.key: fact for fact in scenarios.load("oct11").facts()}
    for parameter in refit.PARAMETERS:
        said = facts[parameter.key].assumption
        assert said is not None and said.startswith("Fitted by `python -m docs.refit`")
        assert facts[parameter.key].value in parameter.values


def test_results_that_are_called_fitted_are_metrics() -> None:
    for listing in scenarios.bundled_scenarios():
        assert set(scenarios.load(listing.name).fitted) <= set(METRICS)
    assert scenarios.load("oct11").fitted
