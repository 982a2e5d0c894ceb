"""Scenes that another engine brought up, with the right value of each worked by hand."""

from collections.abc import Callable

import pytest

from crashsim.scenarios.bundled import bundled_venues
from crashsim.scenarios.facts import venue_sheet
from tests.inputs.conftest import Case

Open = Callable[[str], Case]


@pytest.mark.parametrize(
    ("legs", "closed", "owed"),
    [
        ([], [(0, "BBB", 2.0, 56.0), (1, "AAA", 1.0, 70.0)], [("ann", 4.0)]),
        (["--set", "liquidation.legs=loss"], [(0, "AAA", 1.0, 80.0)], []),
        (
            ["--set", "liquidation.legs=parallel"],
            [(0, "BBB", 2.0, 56.0), (0, "AAA", 1.0, 80.0)],
            [],
        ),
    ],
    ids=["the largest, as said nowhere", "what lost most", "all at once"],
)
def test_the_order_of_legs_decides_who_is_bankrupt(
    case: Open, legs: list[str], closed: list[tuple[object, ...]], owed: list[tuple[str, float]]
) -> None:
    # equity 14 - 20 + 12 = 6 against 0.05 * (80 + 112) = 9.6; AAA alone leaves 6 against 5.6, and
    # BBB alone 6 against 4, which the loser's next fall of 10 turns into -4
    at = case("leg-order")
    assert at.run("replay", "scenario", *legs, "--out", "run").code == 0
    found = at.table("liquidations").select("step", "market", "size", "price")
    assert found.rows() == closed
    assert at.table("shortfalls").select("account", "shortfall_usd").rows() == owed


def test_dydx_sells_one_perpetual_of_an_account_in_a_block(case: Open) -> None:
    # a tenth of AAA, which is the larger, and a tenth of what is left of it
    at = case("dydx-one-perpetual-per-block")
    assert at.run("replay", "scenario", "--out", "run").code == 0
    found = at.table("liquidations").select("step", "market", "size", "stage")
    assert found.rows() == [(0, "AAA", 100.0, "book"), (1, "AAA", 90.0, "book")]


def test_dydx_shows_what_it_takes_for_the_start_of_a_block(case: Open) -> None:
    done = case("dydx-one-perpetual-per-block").run("venues", "show", "dydx")
    assert "one perpetual of each; here the most distressed accounts" in done.out


@pytest.mark.parametrize("venue", [listing.name for listing in bundled_venues()])
def test_a_venue_says_which_leg_goes_first(venue: str) -> None:
    assert "liquidation.legs" in {fact.key for fact in venue_sheet(venue).facts}
