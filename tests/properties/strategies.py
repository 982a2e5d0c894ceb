"""Hypothesis strategies over the generator, so that it both explores and shrinks."""

from random import Random

from hypothesis import settings
from hypothesis import strategies as st

from tests.properties.generate import random_case, stretched
from tests.reference.model import Case

LONG_EXAMPLES = max(1, settings().max_examples // 5)  # of the profile in force; they are slow


def cases() -> st.SearchStrategy[Case]:
    """Small replays near distress."""
    return st.randoms(use_true_random=False).map(random_case)


def long_cases() -> st.SearchStrategy[Case]:
    """The same with quiet steps between, several blocks of the pruned search long."""

    def stretch(rng: Random) -> Case:
        return stretched(random_case(rng), quiet_steps=rng.choice((7, 40)))

    return st.randoms(use_true_random=False).map(stretch)
