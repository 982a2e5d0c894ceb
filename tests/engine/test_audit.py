"""The audit finds what is known of some policies, and its examples are true."""

import numpy as np
import pytest

from crashsim.engine.adl.policies import POLICIES, Policy
from crashsim.engine.adl.score_functions import function_score
from crashsim.engine.audit.properties import Finding, audit
from crashsim.engine.audit.small_books import books


def findings(name: str) -> dict[str, Finding]:
    return {finding.name: finding for finding in audit(POLICIES[name], count=12)}


@pytest.mark.parametrize(
    ("policy", "broken"),
    [
        ("pro_rata", set()),
        ("size", {"split_proof"}),
        ("leverage", {"cash_proof", "hedge_proof"}),
        ("profit_frac", set()),
    ],
)
def test_what_a_policy_invites(policy: str, broken: set[str]) -> None:
    found = findings(policy)
    assert {name for name, finding in found.items() if not finding.holds} == broken
    assert found["bounded"].holds and found["monotone"].holds


def test_a_counter_example_shows_the_book_before_and_after() -> None:
    found = findings("size")["split_proof"].example
    assert found is not None and found.after is not None
    target = found.before.filter(account="winner1")
    parts = found.after.filter(found.after["account"].str.starts_with("winner1."))
    assert parts.height == 10
    assert parts["cash"].sum() == pytest.approx(target["cash"].item())
    assert parts["size"].sum() == pytest.approx(target["size"].item())
    assert parts["closed_usd"].sum() != pytest.approx(target["closed_usd"].item())


def test_a_python_policy_is_audited_like_any_other() -> None:
    score = function_score("by cash", lambda columns: -columns["cash"])
    found = audit(Policy("by cash", "", allocation="queue"), score=score, count=8)
    assert not next(each for each in found if each.name == "cash_proof").holds


def test_the_same_seed_gives_the_same_books_and_every_loser_is_bankrupt() -> None:
    assert list(books(5, 1)) == list(books(5, 1)) != list(books(5, 2))
    for book in books(20, 3):
        assert book.loser.cash + book.loser.size * (book.crash - 100.0) < 0
        assert np.all([winner.size < 0 for winner in book.winners])
