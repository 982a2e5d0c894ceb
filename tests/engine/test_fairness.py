"""Measures of how a loss was laid on winners, by hand."""

import numpy as np
import pytest

from crashsim.engine.measure import fairness


def test_the_two_definitions_of_each_ratio_differ_and_have_none_where_nothing_is_left() -> None:
    assert fairness.ptsr_paper(30.0, 100.0, 0.25) == pytest.approx(1.2)
    assert fairness.ptsr_code(30.0, 100.0, 25.0) == pytest.approx(0.4)
    assert fairness.pmr_paper(30.0, 40.0, 0.25) == pytest.approx(3.0)
    assert fairness.pmr_code(30.0, 100.0, 25.0, 40.0) == pytest.approx(1.0)
    assert fairness.ptsr_code(30.0, 100.0, 100.0 - 1e-8) is None
    assert fairness.pmr_code(30.0, 0.0, 0.0, 1.0) is None
    assert fairness.ptsr_paper(30.0, 100.0, 0.0) is None


def test_the_largest_haircut_leaves_out_those_without_equity_and_stops_at_one() -> None:
    haircut, equity = np.array([1.0, 5.0, 3.0]), np.array([4.0, 0.0, 2.0])
    assert fairness.max_haircut_frac(haircut, equity) == 1.0
    assert fairness.max_haircut_frac(haircut[:2], equity[:2]) == 0.25
    assert fairness.max_haircut_frac(haircut[:0], equity[:0]) == 0.0
