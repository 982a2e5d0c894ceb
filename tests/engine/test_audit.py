"""The audit finds what is known of some policies, and its examples are true."""

import numpy as np
import pytest

from crashsim.engine.adl.policies import POLICIES, Policy
from crashsim.engine.adl.score_functions import function_score
from crashsim.engine.arrays import Floats
from crashsim.engine.audit.charges import audit_sharing
from crashsim.engine.audit.counter_examples import Finding
from crashsim.engine.audit.properties import audit
from crashsim.engine.audit.small_books import books
from crashsim.engine.sharing import RULES, Sharers, function_rule


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


@pytest.mark.parametrize(
    ("rule", "broken"),
    [
        ("pro_rata", set()),
        ("min_max", set()),
        ("levered_pro_rata", {"leverage_proof"}),
        ("rap", {"whole", "leverage_proof"}),  # it takes no more than the weight
        ("rap_cvar", {"whole", "leverage_proof"}),
        ("vector_mirror_descent", {"whole", "split_proof"}),
        ("queue", {"order_proof", "split_proof"}),  # ties go by row
    ],
)
def test_what_a_sharing_rule_invites(rule: str, broken: set[str]) -> None:
    found = audit_sharing(RULES[rule], count=50)
    assert {finding.name for finding in found if not finding.holds} == broken


def test_the_audit_shows_what_a_checked_rule_would_refuse() -> None:
    def uncapped(loss_usd: float, sharers: Sharers) -> Floats:
        return loss_usd * sharers.weight_usd / max(float(sharers.weight_usd.sum()), 1e-9)

    found = audit_sharing(function_rule("mine.py:uncapped", uncapped), count=12)
    bounded = next(finding for finding in found if finding.name == "bounded")
    assert bounded.example is not None
    over = bounded.example.before.filter(
        bounded.example.before["charge"] > bounded.example.before["cap"]
    )
    assert over["account"][0] in bounded.example.sentence


@pytest.mark.parametrize(
    ("name", "charges"),
    [
        ("unit_proof", lambda loss, s: np.minimum(s.cap_usd, 1.0)),
        ("weight_monotone", lambda loss, s: np.minimum(s.cap_usd, 100 / s.weight_usd)),
        ("loss_monotone", lambda loss, s: np.minimum(s.cap_usd, 1000 / loss)),
    ],
)
def test_the_audit_finds_a_planted_fault(name: str, charges: object) -> None:
    found = audit_sharing(charges, count=12)  # type: ignore[arg-type]
    assert not next(finding for finding in found if finding.name == name).holds
