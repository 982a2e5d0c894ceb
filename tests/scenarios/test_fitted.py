"""What a scenario's values were chosen for is said as long as they are its own."""

from pathlib import Path

import pytest

from crashsim import data, scenarios
from crashsim.lab.folders import manifest
from crashsim.lab.folders.provenance import statements
from crashsim.scenarios import Overrides

SMALL = ("book.generate.accounts=600", "scenario.step=60s")


def test_the_default_says_what_it_was_fitted_to() -> None:
    assert set(scenarios.load("oct11").fitted) == {
        "deposits_to_debt_accounts",
        "deposits_to_debt_usd",
        "debt_accounts",
        "book_liquidated_usd",
        "adl_notional_usd",
    }
    assert scenarios.load("toy").fitted == {}


def test_another_seed_is_still_fitted() -> None:
    seeded = scenarios.load("oct11", overrides=Overrides(seed=5))
    assert seeded.fitted == scenarios.load("oct11").fitted


@pytest.mark.parametrize(
    "changes",
    [
        Overrides(venue="binance"),
        Overrides(set=("adl.grace_s=11",)),
        Overrides(set=("book.generate.size_sigma=1.11",)),
        Overrides(set=("flows.generate.dip_median_usd=1",)),
        Overrides(set=("prices.volume_scale=0.03",)),
        Overrides(set=("scenario.step=2s",)),
        Overrides(prices=(Path(__file__),)),
        Overrides(extra_book=(Path(__file__),)),
    ],
)
def test_with_a_value_of_ones_own_nothing_is_fitted(changes: Overrides) -> None:
    assert scenarios.load("oct11", overrides=changes).fitted == {}


def test_the_word_stands_with_the_statements_and_beside_the_numbers() -> None:
    night = scenarios.load("oct11")
    inputs = data.read_inputs(night)
    (told,) = (one for one in statements(night, inputs) if one.kind == "fitted")
    entries = manifest.summary(night, inputs, {"debt_accounts": 3, "debt_usd": 5.0})
    assert entries["debt_accounts"]["fitted_to"] in told.text
    assert "fitted_to" not in entries["debt_usd"]


def test_nothing_is_told_where_nothing_is_fitted() -> None:
    other = scenarios.load("oct11", overrides=Overrides(set=SMALL))
    inputs = data.read_inputs(other)
    assert "fitted" not in {one.kind for one in statements(other, inputs)}
    entries = manifest.summary(other, inputs, {"debt_accounts": 3})
    assert "fitted_to" not in entries["debt_accounts"]
