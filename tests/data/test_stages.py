import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from crashsim.data.synthetic.anchors import MarketAnchors
from crashsim.data.synthetic.stages import (
    fallen_log_price,
    fallen_part,
    risen_log_price,
    risen_part,
)

HOUR = 3_600_000
parts = st.floats(0.0, 1.0)
falls = st.floats(0.001, 3.0)
powers = st.floats(0.25, 4.0)


def market(fall: float, end: float = 90.0) -> MarketAnchors:
    low = float(100.0 * np.exp(-fall))
    end = max(end, low)
    times = np.array([HOUR, 2 * HOUR])
    return MarketAnchors("A", times, np.array([100.0, end]), low, HOUR, HOUR)


@given(parts, falls, powers)
def test_a_part_of_the_fall_is_the_part_of_its_own_price(
    part: float, fall: float, power: float
) -> None:
    facts = market(fall)
    price = np.exp(fallen_log_price(np.array([part]), facts, power))
    assert np.allclose(fallen_part(price, facts, power), part, atol=1e-6)


@given(parts, falls)
def test_a_part_of_the_rise_is_the_part_of_its_own_price(part: float, fall: float) -> None:
    facts = market(fall)
    if facts.price_at(2 * HOUR) / facts.low_price < 1.0001:
        return
    price = np.exp(risen_log_price(np.array([part]), facts, 2 * HOUR))
    assert np.allclose(risen_part(price, facts, 2 * HOUR), part, atol=1e-6)


@given(falls, powers)
def test_the_fall_goes_from_the_hours_price_to_the_low(fall: float, power: float) -> None:
    facts = market(fall)
    ends = fallen_log_price(np.array([0.0, 1.0]), facts, power)
    assert np.allclose(ends, np.log([100.0, facts.low_price]), atol=1e-9)


def test_half_of_a_fall_in_squares_by_hand() -> None:
    """From 100 to 60 the square falls from 10,000 to 3,600; half way it is 6,800."""
    facts = market(float(np.log(100 / 60)))
    assert np.isclose(np.exp(fallen_log_price(np.array([0.5]), facts, 2.0))[0], 6_800**0.5)
    assert np.isclose(fallen_part(np.array([6_800**0.5]), facts, 2.0)[0], 0.5)


def test_a_large_fall_accelerates_and_a_small_one_is_nearly_straight() -> None:
    evenly = np.linspace(0.0, 1.0, 11)
    steps = {fall: -np.diff(fallen_log_price(evenly, market(fall), 2.0)) for fall in (0.05, 1.2)}
    assert (np.diff(steps[1.2]) > 0).all()
    assert steps[1.2][-1] > 5 * steps[1.2][0]
    assert steps[0.05][-1] < 1.2 * steps[0.05][0]


def test_a_market_that_stands_still_has_no_part() -> None:
    assert np.isnan(fallen_part(np.array([100.0]), market(0.0), 2.0)).all()
    assert np.isnan(risen_part(np.array([90.0]), market(0.1, end=0.0), 2 * HOUR)).all()
