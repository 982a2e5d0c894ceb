"""What accounts had after any step, against what the run's own tables say."""

import numpy as np
import pytest

from crashsim.data import Inputs, read_inputs
from crashsim.engine import Outcome, replay
from crashsim.engine.adl.policies import POLICIES, without_adl
from crashsim.scenarios import Overrides, load

SMALL = (
    "book.generate.accounts=600",
    "book.generate.open_interest_usd=2e7",
    "scenario.end=2025-10-10T21:30:00Z",
    "scenario.step=5s",
)


@pytest.fixture(scope="module")
def night() -> Inputs:
    return read_inputs(load("oct11", overrides=Overrides(set=SMALL)))


def run(inputs: Inputs, venue: str, *settings: str) -> Outcome:
    scenario = load("oct11", overrides=Overrides(venue=venue, set=(*SMALL, *settings)))
    return replay(inputs.tape, inputs.book, inputs.flows, scenario.venue, seed=3, keep_path=True)


@pytest.mark.parametrize(
    ("venue", "settings"),
    [
        ("backpack", ()),
        ("binance", ()),
        ("hyperliquid", ()),
        ("backpack", ("loss.policy=share",)),
        ("backpack", ("adl.allocation=pro_rata",)),
    ],
)
def test_the_path_begins_and_ends_as_the_accounts_table_says(
    night: Inputs, venue: str, settings: tuple[str, ...]
) -> None:
    outcome = run(night, venue, *settings)
    path, accounts = outcome.equity_path, outcome.accounts
    assert path is not None
    everyone = path.places(accounts["account"].to_list())
    last = night.tape.time_ms.size - 1
    start = path.worth(night.tape, everyone, everyone * 0 - 1, everyone * 0)
    end = path.worth(night.tape, everyone, everyone * 0 + last, everyone * 0 + last)
    assert start.equity_usd == pytest.approx(accounts["equity_start"].to_numpy(), abs=1e-6)
    assert end.equity_usd == pytest.approx(accounts["equity_end"].to_numpy(), abs=1e-6)
    assert np.abs(end.equity_usd - start.equity_usd).max() > 1.0


def test_between_the_ends_the_path_is_that_of_a_shorter_run(night: Inputs) -> None:
    scenario = load("oct11", overrides=Overrides(set=SMALL))
    whole = run(night, "backpack")
    fills = whole.adl_fills["step"]
    middle = int(fills[fills.len() // 2])
    shorter = type(night.tape)(
        night.tape.time_ms[: middle + 1],
        night.tape.markets,
        night.tape.mark[: middle + 1],
        night.tape.volume_usd[: middle + 1],
        night.tape.funding_rate[: middle + 1],
        night.tape.origins,
    )
    cut = replay(shorter, night.book, night.flows, scenario.venue, seed=3)
    assert whole.equity_path is not None
    everyone = np.arange(cut.accounts.height)
    then = whole.equity_path.worth(
        night.tape, everyone, everyone * 0 + middle, everyone * 0 + middle
    )
    assert then.equity_usd == pytest.approx(cut.accounts["equity_end"].to_numpy(), abs=1e-6)


def test_venues_that_differ_in_adl_alone_have_one_counterfactual() -> None:
    venue = load("toy").venue
    off = without_adl(venue)
    assert not off.adl.enabled
    assert {str(without_adl(policy.applied_to(venue))) for policy in POLICIES.values()} == {
        str(off)
    }
    assert off.margin == venue.margin and off.loss == venue.loss


def test_a_policy_changes_score_and_allocation_and_nothing_else() -> None:
    venue = load("oct11", overrides=Overrides(venue="binance")).venue
    patched = POLICIES["hyperliquid"].applied_to(venue)
    assert (patched.adl.score, patched.adl.allocation) == ("hyperliquid", "queue")
    same = patched.adl.model_copy(
        update={"score": venue.adl.score, "allocation": venue.adl.allocation}
    )
    assert patched.model_copy(update={"adl": same}) == venue


def test_a_path_is_kept_only_where_it_is_asked_for() -> None:
    scenario = load("toy")
    inputs = read_inputs(scenario)
    assert replay(inputs.tape, inputs.book, inputs.flows, scenario.venue).equity_path is None
