"""One small book under one policy: what was closed of whom."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from crashsim.engine.adl.policies import Policy
from crashsim.engine.adl.scores import Score, compile_score
from crashsim.engine.arrays import Floats, rows_by
from crashsim.engine.audit.small_books import SmallBook
from crashsim.engine.replay import replay
from crashsim.scenarios.models.venue import Venue

# The plainest rules: no book to sell to, no fund, so that the policy alone decides. Losers are
# closed at their bankruptcy price, which costs winners what losers are short of.
_RULES = Venue.model_validate(
    {
        "name": "audit",
        "margin": {"markets": {"*": {"kind": "tiers", "tiers": [{"from": 0.0, "rate": 0.01}]}}},
        "liquidation": {"participation": 0.0},
        "adl": {"score": "leverage"},
    }
)


@dataclass(frozen=True)
class Closed:
    """By account: its score where it was a candidate, and in MARKET what it held and had closed.

    cost_usd: lost against mark. equity_usd: after the fall and the closing.
    """

    score: Mapping[str, float]
    held_qty: Mapping[str, float]
    closed_usd: Mapping[str, float]
    closed_qty: Mapping[str, float]
    cost_usd: Mapping[str, float]
    equity_usd: Mapping[str, float]

    def usd(self, name: str) -> float:
        """Notional closed of one account, at mark."""
        return self.closed_usd.get(name, 0.0)

    def part(self, name: str) -> float:
        """The part of its position that was closed."""
        return self.closed_qty.get(name, 0.0) / self.held_qty[name]

    def table(self, book: SmallBook) -> pl.DataFrame:
        """account, cash, size, entry, other, score, closed_usd, cost_usd: the book and its end."""
        rows = [
            {
                "account": holder.name,
                "cash": holder.cash,
                "size": holder.size,
                "entry": holder.entry,
                "other": holder.other_size,
                "score": self.score.get(holder.name),
                "closed_usd": self.usd(holder.name),
                "cost_usd": self.cost_usd.get(holder.name, 0.0),
            }
            for holder in book.holders
        ]
        return pl.DataFrame(rows, schema_overrides={"score": pl.Float64()})


def closed_by(policy: Policy, score: Score | None, book: SmallBook, seed: int) -> Closed:
    """Replay a small book under a policy. Raises PolicyError."""
    venue = policy.applied_to(_RULES)
    listening = _Listening(score or compile_score(venue.adl.score))
    outcome = replay(book.tape(), book.book(), None, venue, seed=seed, score=listening)
    fills = rows_by(outcome.adl_fills, "winner").agg(
        qty=pl.col("size").sum(),
        usd=(pl.col("size") * pl.col("mark_price")).sum(),
        cost=pl.col("cost_usd").sum(),
    )
    accounts = outcome.accounts
    return Closed(
        score=_by_account(book, listening.heard),
        held_qty={holder.name: abs(holder.size) for holder in book.winners},
        closed_usd=dict(zip(fills["winner"], fills["usd"], strict=True)),
        closed_qty=dict(zip(fills["winner"], fills["qty"], strict=True)),
        cost_usd=dict(zip(fills["winner"], fills["cost"], strict=True)),
        equity_usd=dict(zip(accounts["account"], accounts["equity_end"], strict=True)),
    )


def _by_account(book: SmallBook, heard: Mapping[tuple[float, float], float]) -> dict[str, float]:
    keys = {holder.name: (float(holder.opened_ms), holder.size) for holder in book.winners}
    return {name: heard[key] for name, key in keys.items() if key in heard}


@dataclass(frozen=True)
class _Listening:
    """A score that remembers what it said of each candidate, by (opened_at, size)."""

    score: Score
    heard: dict[tuple[float, float], float] = field(default_factory=dict)

    @property
    def columns(self) -> frozenset[str]:
        return self.score.columns | {"opened_at", "size"}

    def evaluate(self, columns: Mapping[str, Floats]) -> Floats:
        values = self.score.evaluate(columns)
        keys = zip(columns["opened_at"].tolist(), columns["size"].tolist(), strict=True)
        self.heard.update(zip(keys, values.tolist(), strict=True))
        return values
