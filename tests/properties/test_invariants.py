"""Every invariant holds on random cases, and fails on its planted fault."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crashsim.engine.errors import ConservationError
from tests.properties.faults import FAULTS
from tests.properties.generate import random_case
from tests.properties.invariants import INVARIANTS, Check
from tests.properties.strategies import LONG_EXAMPLES, cases, long_cases
from tests.reference.model import Case

LONG = ("INV-PRUNED", "INV-AGREEMENT")  # quiet stretches matter to the search alone
SEEDS = range(300)


@pytest.mark.parametrize("code", INVARIANTS)
@given(case=cases(), rng=st.randoms(use_true_random=False))
def test_it_holds(code: str, case: Case, rng: Random) -> None:
    INVARIANTS[code](case, rng)


@pytest.mark.parametrize("code", LONG)
@settings(max_examples=LONG_EXAMPLES)
@given(case=long_cases(), rng=st.randoms(use_true_random=False))
def test_it_holds_over_quiet_stretches(code: str, case: Case, rng: Random) -> None:
    INVARIANTS[code](case, rng)


@pytest.mark.parametrize("code", FAULTS)
def test_it_fails_on_a_planted_fault(code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    FAULTS[code](monkeypatch)
    broken = next(seed for seed in SEEDS if _is_broken(INVARIANTS[code], seed))
    monkeypatch.undo()
    assert not _is_broken(INVARIANTS[code], broken)


def _is_broken(check: Check, seed: int) -> bool:
    try:
        check(random_case(Random(seed)), Random(seed))
    except (AssertionError, ConservationError):
        return True
    return False
