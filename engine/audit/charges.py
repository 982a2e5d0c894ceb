"""What a rule that shares losses invites: properties searched on small made-up lists of sharers.

The lists come from a seed, the smallest first, by each basis of a venue in turn: profit, equity,
open interest.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from crashsim.engine.arrays import plain_sum
from crashsim.engine.audit.counter_examples import (
    TOLERANCE_FRAC,
    Example,
    Finding,
    Property,
    search,
)
from crashsim.engine.audit.small_books import SPLIT, split_names
from crashsim.engine.sharing import FunctionRule, Rule, Sharers

_USD = ("weight", "cap", "equity")
_UNITS = 1024.0
_MORE = 1.5  # times the loss


def _differ(before: float, after: float) -> bool:
    return abs(after - before) > TOLERANCE_FRAC * max(abs(before), abs(after), 1.0)


def _is_more(before: float, after: float) -> bool:
    return after > before and _differ(before, after)


def _is_less(before: float, after: float) -> bool:
    return after < before and _differ(before, after)


@dataclass(frozen=True)
class _Trial:
    """A loss over sharers under a rule. book: account, weight, cap, equity, leverage, charge."""

    rule: Rule
    loss_usd: float
    book: pl.DataFrame

    @property
    def accounts(self) -> list[str]:
        return self.book["account"].to_list()

    def charge_usd(self, account: str) -> float:
        """Of an account, or of the parts it is split in."""
        own = (pl.col("account") == account) | pl.col("account").str.starts_with(f"{account}.")
        return plain_sum(self.book.filter(own)["charge"])

    def told(self, sentence: str, after: pl.DataFrame | None = None) -> Example:
        return Example(f"A loss of ${self.loss_usd:,.2f}: {sentence}", self.book, after)

    def compared(
        self,
        after: "_Trial",
        did: str,
        accounts: Sequence[str],
        is_broken: Callable[[float, float], bool] = _differ,
    ) -> Example | None:
        """An example where the change breaks what the property says of one of these accounts."""
        for account in accounts:
            usd, usd_after = self.charge_usd(account), after.charge_usd(account)
            if is_broken(usd, usd_after):
                sentence = f"{account} is charged ${usd:,.2f}; {did} ${usd_after:,.2f}"
                return self.told(sentence, after.book)
        return None


def audit_sharing(rule: Rule, *, count: int = 50, seed: int = 0) -> list[Finding]:
    """Search `count` lists of sharers for each property. Raises PolicyError as the rule does."""
    # The audit is to show what a checked rule would refuse.
    bare = rule.unchecked if isinstance(rule, FunctionRule) else rule
    return search(_PROPERTIES, _trials(bare, count, seed))


def _trials(rule: Rule, count: int, seed: int) -> Iterator[_Trial]:
    draw = np.random.Generator(np.random.PCG64(seed))
    for number in range(count):
        sharers = 2 + number * 6 // count
        book = pl.DataFrame([_sharer(draw, n, number % 3) for n in range(1, sharers + 1)])
        loss_usd = max(1.0, float(np.round(plain_sum(book["cap"]) * draw.uniform(0.2, 1.2))))
        yield _charged(rule, loss_usd, book)


def _sharer(draw: np.random.Generator, number: int, basis: int) -> dict[str, str | float]:
    equity = 10.0 * float(draw.integers(1, 21))
    leverage = float(draw.choice([0.5, 1.0, 2.0, 5.0]))
    profit = equity * float(draw.integers(1, 11)) / 10
    return {
        "account": f"account{number}",
        "weight": (profit, equity, equity * leverage)[basis],
        "cap": (profit, equity, equity)[basis],
        "equity": equity,
        "leverage": leverage,
    }


def _charged(rule: Rule, loss_usd: float, book: pl.DataFrame) -> _Trial:
    sharers = Sharers(
        weight_usd=book["weight"].to_numpy(),
        cap_usd=book["cap"].to_numpy(),
        equity_usd=book["equity"].to_numpy(),
        leverage=book["leverage"].to_numpy(),
        score=book["weight"].to_numpy(),
        beta_frac=np.ones(book.height),
    )
    charge = pl.Series("charge", rule(loss_usd, sharers))
    return _Trial(rule, loss_usd, book.with_columns(charge))


def _bounded(trial: _Trial) -> Example | None:
    for account, cap, usd in trial.book.select("account", "cap", "charge").iter_rows():
        if _differ(usd, min(max(usd, 0.0), cap)):
            return trial.told(f"{account} is charged ${usd:,.2f} with a cap of ${cap:,.2f}")
    return None


def _whole(trial: _Trial) -> Example | None:
    charged, caps = plain_sum(trial.book["charge"]), plain_sum(trial.book["cap"])
    expected = min(trial.loss_usd, caps)
    if not _differ(charged, expected):
        return None
    return trial.told(f"${charged:,.2f} is charged where ${expected:,.2f} can be")


def _order(trial: _Trial) -> Example | None:
    after = _charged(trial.rule, trial.loss_usd, trial.book.reverse())
    return trial.compared(after, "with the accounts in reverse order", trial.accounts)


def _unit(trial: _Trial) -> Example | None:
    scaled = trial.book.with_columns(pl.col(_USD) * _UNITS)
    after = _charged(trial.rule, trial.loss_usd * _UNITS, scaled)
    back = replace(after, book=after.book.with_columns(pl.col("charge") / _UNITS))
    did = f"with all money times {_UNITS:,.0f}, and the charge divided by it,"
    return trial.compared(back, did, trial.accounts)


def _split(trial: _Trial) -> Example | None:
    target = trial.book.head(1)
    parts = pl.concat([target] * SPLIT).with_columns(
        pl.Series("account", split_names(trial.accounts[0])), pl.col(_USD) / SPLIT
    )
    after = _charged(trial.rule, trial.loss_usd, pl.concat([parts, trial.book.slice(1)]))
    return trial.compared(after, f"split over {SPLIT} accounts", trial.accounts[:1])


def _leverage(trial: _Trial) -> Example | None:
    after = _with_target(trial, pl.col("leverage") * 2)
    return trial.compared(after, "with twice the leverage", trial.accounts[:1])


def _less_weight(trial: _Trial) -> Example | None:
    after = _with_target(trial, pl.col("weight", "cap") / 2)
    did = "with half the weight and half the cap"
    return trial.compared(after, did, trial.accounts[:1], _is_more)


def _with_target(trial: _Trial, change: pl.Expr) -> _Trial:
    target = trial.book.head(1).with_columns(change)
    return _charged(trial.rule, trial.loss_usd, pl.concat([target, trial.book.slice(1)]))


def _larger_loss(trial: _Trial) -> Example | None:
    after = _charged(trial.rule, trial.loss_usd * _MORE, trial.book)
    return trial.compared(after, f"of ${after.loss_usd:,.2f}", trial.accounts, _is_less)


_PROPERTIES = (
    Property("bounded", "Is nobody charged less than nothing or more than his cap?", _bounded),
    Property("whole", "Is the loss charged in full, as far as the caps reach?", _whole),
    Property("order_proof", "Does another order of the accounts leave every charge?", _order),
    Property("unit_proof", "Does every charge scale with the money?", _unit),
    Property(
        "split_proof",
        f"Does splitting an account in {SPLIT} leave what it is charged the same?",
        _split,
    ),
    Property("leverage_proof", "Does doubling its leverage leave its charge the same?", _leverage),
    Property("weight_monotone", "Is nobody charged more for half the weight?", _less_weight),
    Property("loss_monotone", "Does a larger loss charge nobody less?", _larger_loss),
)
