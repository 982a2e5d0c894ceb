"""Python functions as rules that share losses: what they are given, and what is refused."""

from collections.abc import Callable
from itertools import count

import numpy as np
import pytest

from crashsim.data import read_inputs
from crashsim.engine import replay
from crashsim.engine.arrays import Floats
from crashsim.engine.errors import PolicyError
from crashsim.engine.sharing import RULES, Sharers, function_rule, pro_rata, rule_named
from crashsim.scenarios import Overrides, load

_calls = count(1)

# Two sharers whose caps of 30 and 10 reach a loss of 20.
TWO = Sharers(
    weight_usd=np.array([30.0, 10.0]),
    cap_usd=np.array([30.0, 10.0]),
    equity_usd=np.array([50.0, 50.0]),
    leverage=np.array([1.0, 2.0]),
    score=np.array([30.0, 10.0]),
    beta_frac=np.ones(2),
)


def test_a_function_shares_as_the_same_rule_of_the_program_does() -> None:
    scenario = load("toy", overrides=Overrides(set=("loss.policy=share",)))
    inputs = read_inputs(scenario)
    rule = function_rule("mine", pro_rata)
    tables = [
        replay(inputs.tape, inputs.book, inputs.flows, scenario.venue, sharing=given).loss_shares
        for given in (None, rule)
    ]
    assert tables[0].height > 0
    assert tables[0].equals(tables[1])


@pytest.mark.parametrize("name", RULES)
def test_every_rule_of_the_program_may_be_a_function_of_ones_own(name: str) -> None:
    rule = function_rule(name, RULES[name])
    assert rule(20.0, TWO) == pytest.approx(rule_named(name)(20.0, TWO))


def sized(loss_usd: float, sharers: Sharers) -> Floats:
    return np.zeros(3)


def moody(loss_usd: float, sharers: Sharers) -> Floats:
    return sharers.cap_usd / next(_calls)


def writes(loss_usd: float, sharers: Sharers) -> Floats:
    sharers.cap_usd[0] = 1.0
    return sharers.cap_usd


def unweighted(loss_usd: float, sharers: Sharers) -> Floats:
    return loss_usd * sharers.weight_usd / sharers.weight_usd.sum()


def misspelt(loss_usd: float, sharers: Sharers) -> Floats:
    return sharers.weights  # type: ignore[attr-defined,no-any-return]


def ranks(columns: Sharers) -> Floats:
    return columns.weight_usd


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        (sized, r"shape \(3,\) for 4 sharers; expected one charge a sharer"),
        (moody, "different charges for the same loss"),
        (writes, "failed: ValueError: .*read-only"),
        (unweighted, "returned nan .*weights that sum to \\$0; expected finite charges"),
        (misspelt, "no attribute 'weights'; sharers: weight_usd, cap_usd"),
        (ranks, "failed: TypeError"),
    ],
)
def test_what_is_no_rule_is_refused_before_anything_runs(
    function: Callable[[float, Sharers], Floats], reason: str
) -> None:
    with pytest.raises(PolicyError, match=f"^mine.py:share.*{reason}"):
        function_rule("mine.py:share", function)


@pytest.mark.parametrize(
    ("charges", "reason"),
    [
        ([-1.0, 10.0], r"charged \$-1 where the cap is \$30; expected 0 <= charge <= cap"),
        ([9.0, 11.0], r"charged \$11 where the cap is \$10"),
        ([15.0, 6.0], r"charged \$21 for a loss of \$20; expected no more than the loss"),
    ],
)
def test_a_charge_out_of_bounds_is_refused(charges: list[float], reason: str) -> None:
    rule = function_rule("mine.py:share", lambda _, sharers: np.resize(charges, len(sharers.score)))
    with pytest.raises(PolicyError, match=f"^mine.py:share {reason}"):
        rule(20.0, TWO)


def test_a_charge_may_leave_its_bounds_by_rounding_and_is_cut() -> None:
    charges = [-1e-12, 10.0 + 1e-12]
    rule = function_rule("mine", lambda _, sharers: np.resize(charges, len(sharers.score)))
    assert rule(20.0, TWO).tolist() == [0.0, 10.0]
