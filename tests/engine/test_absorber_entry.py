"""The entry price of what an absorber takes over at mark."""

import numpy as np
import pytest

from crashsim.engine.rules.takeover import receive
from crashsim.engine.state.absorber_state import AbsorberState
from crashsim.scenarios.models.venue import Absorber

PRICE = 3.3
SIZES = np.random.default_rng(7).uniform(0.1, 50.0, 40)


def _fund() -> AbsorberState:
    rules = Absorber(name="fund", cash=0.0)
    return AbsorberState(rules, 0.0, np.zeros(1), np.zeros(1), 0.0)


def test_what_is_taken_over_at_mark_has_no_profit_not_even_of_rounding() -> None:
    # Else a fund that took over a moment ago could be "profitable" and be deleveraged for it.
    fund = _fund()
    for size in SIZES.tolist():
        receive(fund, 0, size, PRICE)
        assert fund.entry[0] == PRICE
    assert fund.size[0] == pytest.approx(SIZES.sum())


def test_more_on_the_same_side_averages_the_entry() -> None:
    fund = _fund()
    receive(fund, 0, 1.0, 60.0)
    receive(fund, 0, 3.0, 40.0)
    assert (fund.size[0], fund.entry[0], fund.cash_usd) == (4.0, 45.0, 0.0)


def test_the_other_side_realises_what_is_netted_and_turns_at_the_price() -> None:
    fund = _fund()
    receive(fund, 0, 2.0, 60.0)
    receive(fund, 0, -3.0, 50.0)
    assert (fund.size[0], fund.entry[0], fund.cash_usd) == (-1.0, 50.0, -20.0)
