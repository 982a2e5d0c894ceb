"""Conditions of `--fail-on`: read without evaluating, and met or not."""

from typing import Any

import pytest

from crashsim.lab import conditions
from crashsim.scenarios.errors import InputError


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("debt > 0", 'no metric "debt"'),
        ("debt_usd > 0 or True", "expected METRIC OPERATOR NUMBER"),
        ("debt_usd > debt_accounts", "expected METRIC OPERATOR NUMBER"),
        ("debt_usd => 0", "expected METRIC OPERATOR NUMBER"),
        ("debt_usd > 1.2.3", "expected METRIC OPERATOR NUMBER"),
        ("__import__('os') > 0", "expected METRIC OPERATOR NUMBER"),
        ("absorber_low_at > 0", "is a time"),
    ],
)
def test_a_condition_is_read_and_never_evaluated(text: str, reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        conditions.parse([text])


@pytest.mark.parametrize(
    ("text", "value", "met"),
    [
        ("debt_usd > 0", 0.01, True),
        ("debt_usd > 0", 0, False),
        ("debt_usd >= 1_000", 1000.0, True),
        ("max_haircut_frac<=1e-2", 0.02, False),
        ("haircut_gini < 0.5", None, False),
        ("mark_fall_frac_by_market > 0.5", {"A": 0.1, "B": 0.6}, True),
    ],
)
def test_conditions(text: str, value: Any, met: bool) -> None:
    (condition,) = conditions.parse([text])
    assert condition.is_met({condition.metric: value}) is met
