"""Bands of figures over draws: where they lie, what moves them, which differences hold."""

import numpy as np
import pytest

from crashsim.engine.measure.bands import agreement, bands, needed_correlation

RANDOM = np.random.default_rng(7)
DRAWS = np.arange(24.0)


def test_a_band_is_the_10_and_the_90_percent_quantile() -> None:
    (found,) = bands({"debt_usd": np.arange(11.0)}, {}).values()
    assert (found.p10, found.p90, found.draws) == (1.0, 9.0, 11)
    assert (found.moved_by, found.rank_correlation) == (None, None)


def test_draws_without_the_figure_are_left_out_and_one_alone_makes_no_band() -> None:
    values = np.where(DRAWS < 11, DRAWS, np.nan)
    found = bands({"some": values, "one": np.where(DRAWS == 3, 1.0, np.nan)}, {"x": DRAWS})
    assert found.keys() == {"some"}
    assert (found["some"].p90, found["some"].draws) == (9.0, 11)


@pytest.mark.parametrize("sign", [1, -1])
def test_an_assumption_that_moves_a_figure_is_named_with_its_sign(sign: int) -> None:
    others = {f"noise {n}": RANDOM.random(24) for n in range(5)}
    (found,) = bands({"debt_usd": sign * DRAWS**3}, {**others, "cause": DRAWS}).values()
    assert (found.moved_by, found.rank_correlation) == ("cause", pytest.approx(sign))


def test_nothing_is_named_where_several_move_a_figure_alike() -> None:
    one, two, three = RANDOM.random((3, 24))
    (found,) = bands({"debt_usd": one + two + three}, {"a": one, "b": two, "c": three}).values()
    assert found.moved_by is None


def test_nothing_is_named_for_a_figure_that_does_not_move() -> None:
    (found,) = bands({"debt_usd": np.zeros(24)}, {"a": DRAWS}).values()
    assert (found.p10, found.p90, found.moved_by) == (0.0, 0.0, None)


@pytest.mark.parametrize(
    ("draws", "inputs", "bar"),
    [(24, 1, 0.6), (24, 45, 0.625), (12, 45, 0.807), (100, 45, 0.6), (3, 5, 1.0), (24, 0, 1.0)],
)
def test_the_bar_is_six_tenths_or_what_chance_reaches_in_one_figure_of_twenty(
    draws: int, inputs: int, bar: float
) -> None:
    assert needed_correlation(draws, inputs) == pytest.approx(bar, abs=5e-4)


def test_chance_passes_the_bar_in_about_one_figure_of_twenty() -> None:
    random = np.random.default_rng(11)
    inputs = {str(n): random.random(24) for n in range(45)}
    figures = {str(n): random.random(24) for n in range(200)}
    named = sum(band.moved_by is not None for band in bands(figures, inputs).values())
    assert 2 <= named <= 22


@pytest.mark.parametrize(
    ("higher", "lower", "equal", "is_told"),
    [
        (24, 0, 0, True),
        (22, 2, 0, True),
        (21, 3, 0, False),
        (2, 22, 0, True),
        (21, 0, 3, False),  # a draw without a difference does not agree
        (23, 0, 0, False),  # too few draws, though all of them agree
        (8, 0, 0, False),
        (0, 0, 24, False),
        (90, 10, 0, True),
    ],
)
def test_a_difference_is_told_with_24_draws_of_which_nine_of_ten_agree(
    higher: int, lower: int, equal: int, is_told: bool
) -> None:
    values = np.repeat([1.0, -1.0, 0.0], [higher, lower, equal])
    found = agreement(values + 5.0, np.full(values.size, 5.0))
    assert (found.higher, found.lower, found.draws) == (higher, lower, values.size)
    assert found.is_told is is_told


def test_a_draw_in_which_either_run_has_no_figure_does_not_count() -> None:
    found = agreement(np.array([1.0, np.nan, 3.0]), np.array([0.0, 0.0, np.nan]))
    assert (found.higher, found.lower, found.draws) == (1, 0, 1)
