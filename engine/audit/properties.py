"""What a policy of auto-deleveraging invites: properties searched on small made-up books.

Each book has one bankrupt long and a few shorts who must close it. The books come from a seed, the
smallest first, so that the first counter-example found is small enough to read.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from crashsim.engine.adl.policies import Policy
from crashsim.engine.adl.scores import Score
from crashsim.engine.arrays import plain_sum
from crashsim.engine.audit.counter_examples import (
    TOLERANCE_FRAC,
    Example,
    Finding,
    Property,
    search,
)
from crashsim.engine.audit.small_books import SPLIT, Holder, SmallBook, books, split_names
from crashsim.engine.audit.trial import Closed, closed_by


@dataclass(frozen=True)
class _Trial:
    """One book under the policy, and a way to run a changed one."""

    book: SmallBook
    closed: Closed
    run: Callable[[SmallBook], Closed]

    @property
    def target(self) -> Holder:
        """The winner that every change is made to: the first."""
        return self.book.winners[0]

    def compared(self, instead: Sequence[Holder], did: str) -> Example | None:
        """An example where these in the first winner's place have another amount closed."""
        before = self.closed.usd(self.target.name)
        changed = replace(self.book, winners=(*instead, *self.book.winners[1:]))
        result = self.run(changed)
        after = plain_sum(result.usd(holder.name) for holder in instead)
        if abs(after - before) <= TOLERANCE_FRAC * max(before, after, 1.0):
            return None
        return Example(
            f"{self.target.name} has ${before:,.2f} closed; {did} it has ${after:,.2f} closed",
            self.closed.table(self.book),
            result.table(changed),
        )


def audit(
    policy: Policy, *, score: Score | None = None, count: int = 50, seed: int = 0
) -> list[Finding]:
    """Search `count` books for each property. score: ranks in the place of the policy's own.

    Raises PolicyError for a policy that cannot be applied.
    """

    def run(book: SmallBook) -> Closed:
        return closed_by(policy, score, book, seed)

    return search(_PROPERTIES, (_Trial(book, run(book), run) for book in books(count, seed)))


def _split(trial: _Trial) -> Example | None:
    parts = [trial.target.scaled(1 / SPLIT, name) for name in split_names(trial.target.name)]
    return trial.compared(parts, f"split over {SPLIT} accounts")


def _move_cash(trial: _Trial) -> Example | None:
    richer = replace(trial.target, cash=trial.target.cash * 2)
    return trial.compared([richer], "with twice the cash")


def _hedge(trial: _Trial) -> Example | None:
    hedged = replace(trial.target, other_size=trial.target.other_size - trial.target.size)
    return trial.compared([hedged], "hedged with a long in the other market")


def _monotone(trial: _Trial) -> Example | None:
    closed = trial.closed
    ranked = sorted(closed.score, key=lambda name: -closed.score[name])
    for high, low in pairwise(ranked):
        parts = closed.part(high), closed.part(low)
        if closed.score[high] > closed.score[low] and parts[0] < parts[1] - TOLERANCE_FRAC:
            return Example(
                f"{high} scores {closed.score[high]:.6g} and has {parts[0]:.1%} of its position "
                f"closed; {low} scores {closed.score[low]:.6g} and has {parts[1]:.1%} closed",
                closed.table(trial.book),
                None,
            )
    return None


def _bounded(trial: _Trial) -> Example | None:
    closed = trial.closed
    for winner in trial.book.winners:
        equity_usd, part = closed.equity_usd[winner.name], closed.part(winner.name)
        notional_usd = abs(winner.size) * trial.book.crash
        if equity_usd < -TOLERANCE_FRAC * notional_usd or part > 1.0 + TOLERANCE_FRAC:
            return Example(
                f"{winner.name} is left with an equity of ${equity_usd:,.2f} and has {part:.1%} "
                "of its position closed",
                closed.table(trial.book),
                None,
            )
    return None


_PROPERTIES = (
    Property(
        "split_proof",
        f"Does splitting an account in {SPLIT} leave what is closed the same?",
        _split,
    ),
    Property("cash_proof", "Does doubling its cash leave what is closed the same?", _move_cash),
    Property("hedge_proof", "Does hedging in another market leave it the same?", _hedge),
    Property("monotone", "Has a higher score never less of its position closed?", _monotone),
    Property("bounded", "Does nobody lose more than his equity and his position?", _bounded),
)
