"""What a rule that shares losses invites: properties searched on small made-up lists of sharers.

The lists come from a seed, the smallest first, by each basis of a venue in turn: profit, equity,
open interest.
"""

from collections.abc import Sequence
from dataclasses import astuple, dataclass, replace

import numpy as np
import polars as pl

from crashsim.engine.arrays import Floats, plain_sum
from crashsim.engine.audit.finding import TOLERANCE_FRAC, Example, Finding, Property, search
from crashsim.engine.audit.small_books import SPLIT, split_names
from crashsim.engine.sharing import FunctionRule, Rule, Sharers

_MORE = 1.5  # times the loss


@dataclass(frozen=True)
class _Sharer:
    account: str
    weight_usd: float
    cap_usd: float
    equity_usd: float
    leverage: float

    def scaled(self, share: float, account: str) -> "_Sharer":
        """This share of everything but the leverage, under another name."""
        return _Sharer(
            account,
            self.weight_usd * share,
            self.cap_usd * share,
            self.equity_usd * share,
            self.leverage,
        )


@dataclass(frozen=True)
class _Charged:
    """A loss over sharers, and what the rule charges them, (n,)."""

    loss_usd: float
    sharers: tuple[_Sharer, ...]
    charge_usd: Floats

    def of(self, *accounts: str) -> float:
        """What these accounts are charged together."""
        charges = zip(self.sharers, self.charge_usd.tolist(), strict=True)
        return plain_sum(usd for sharer, usd in charges if sharer.account in accounts)

    def table(self) -> pl.DataFrame:
        """account, weight, cap, equity, leverage, charge: USD but the leverage."""
        columns = ("account", "weight", "cap", "equity", "leverage")
        frame = pl.DataFrame([astuple(each) for each in self.sharers], schema=columns, orient="row")
        return frame.with_columns(charge=pl.Series(self.charge_usd))


@dataclass(frozen=True)
class _Trial:
    before: _Charged
    rule: Rule

    @property
    def target(self) -> _Sharer:
        return self.before.sharers[0]

    def changed(self, sharers: Sequence[_Sharer], loss_usd: float | None = None) -> _Charged:
        loss_usd = self.before.loss_usd if loss_usd is None else loss_usd
        return _charged(self.rule, loss_usd, tuple(sharers))

    def told(self, sentence: str, after: _Charged | None = None) -> Example:
        return Example(
            f"A loss of ${self.before.loss_usd:,.2f}: {sentence}",
            self.before.table(),
            None if after is None else after.table(),
        )


def audit_sharing(rule: Rule, *, count: int = 50, seed: int = 0) -> list[Finding]:
    """Search `count` lists of sharers for each property. Raises PolicyError as the rule does."""
    # The audit is to show what a checked rule would refuse.
    bare = rule.unchecked if isinstance(rule, FunctionRule) else rule
    draw = np.random.Generator(np.random.PCG64(seed))
    drawn = (_drawn(draw, number, sharers=2 + number * 6 // count) for number in range(count))
    return search(_PROPERTIES, (_Trial(_charged(bare, *each), bare) for each in drawn))


def _charged(rule: Rule, loss_usd: float, sharers: tuple[_Sharer, ...]) -> _Charged:
    def column(name: str) -> Floats:
        return np.array([getattr(each, name) for each in sharers])

    given = Sharers(
        weight_usd=column("weight_usd"),
        cap_usd=column("cap_usd"),
        equity_usd=column("equity_usd"),
        leverage=column("leverage"),
        score=column("weight_usd"),
        beta_frac=np.ones(len(sharers)),
    )
    return _Charged(loss_usd, sharers, rule(loss_usd, given))


def _drawn(
    draw: np.random.Generator, number: int, sharers: int
) -> tuple[float, tuple[_Sharer, ...]]:
    rows = tuple(_sharer(draw, f"account{n}", number % 3) for n in range(1, sharers + 1))
    caps = plain_sum(row.cap_usd for row in rows)
    return max(1.0, float(np.round(caps * draw.uniform(0.2, 1.2)))), rows


def _sharer(draw: np.random.Generator, account: str, basis: int) -> _Sharer:
    equity = 10.0 * float(draw.integers(1, 21))
    leverage = float(draw.choice([0.5, 1.0, 2.0, 5.0]))
    profit = equity * float(draw.integers(1, 11)) / 10
    weight = (profit, equity, equity * leverage)[basis]
    return _Sharer(account, weight, min(profit if basis == 0 else equity, equity), equity, leverage)


def _differ(one: float, other: float) -> bool:
    return abs(one - other) > TOLERANCE_FRAC * max(abs(one), abs(other), 1.0)


def _bounded(trial: _Trial) -> Example | None:
    for sharer in trial.before.sharers:
        usd = trial.before.of(sharer.account)
        if _differ(usd, min(max(usd, 0.0), sharer.cap_usd)):
            cap = f"with a cap of ${sharer.cap_usd:,.2f}"
            return trial.told(f"{sharer.account} is charged ${usd:,.2f} {cap}")
    return None


def _whole(trial: _Trial) -> Example | None:
    caps = plain_sum(each.cap_usd for each in trial.before.sharers if each.weight_usd > 0)
    expected, usd = min(trial.before.loss_usd, caps), plain_sum(trial.before.charge_usd.tolist())
    if not _differ(usd, expected):
        return None
    return trial.told(f"${usd:,.2f} is charged where ${expected:,.2f} can be")


def _order(trial: _Trial) -> Example | None:
    after = trial.changed(trial.before.sharers[::-1])
    return _other_charge(trial, after, "with the accounts in reverse order")


def _unit(trial: _Trial) -> Example | None:
    sharers = [each.scaled(1024.0, each.account) for each in trial.before.sharers]
    after = trial.changed(sharers, trial.before.loss_usd * 1024.0)
    scaled = replace(after, charge_usd=after.charge_usd / 1024.0)
    return _other_charge(trial, scaled, "with all money times 1,024 and the charge divided by it")


def _other_charge(trial: _Trial, after: _Charged, did: str) -> Example | None:
    for sharer in trial.before.sharers:
        one, other = trial.before.of(sharer.account), after.of(sharer.account)
        if _differ(one, other):
            return trial.told(
                f"{sharer.account} is charged ${one:,.2f}; {did} it is ${other:,.2f}", after
            )
    return None


def _split(trial: _Trial) -> Example | None:
    names = split_names(trial.target.account)
    parts = [trial.target.scaled(1 / SPLIT, name) for name in names]
    after = trial.changed([*parts, *trial.before.sharers[1:]])
    return _target_differs(trial, after, after.of(*names), f"split over {SPLIT} accounts")


def _leverage(trial: _Trial) -> Example | None:
    after = _with_target(trial, replace(trial.target, leverage=trial.target.leverage * 2))
    usd = after.of(trial.target.account)
    return _target_differs(trial, after, usd, "with twice the leverage")


def _target_differs(trial: _Trial, after: _Charged, usd: float, did: str) -> Example | None:
    name = trial.target.account
    before = trial.before.of(name)
    if not _differ(before, usd):
        return None
    return trial.told(f"{name} is charged ${before:,.2f}; {did} ${usd:,.2f}", after)


def _with_target(trial: _Trial, target: _Sharer) -> _Charged:
    return trial.changed([target, *trial.before.sharers[1:]])


def _less_weight(trial: _Trial) -> Example | None:
    target = trial.target
    less = replace(target, weight_usd=target.weight_usd / 2, cap_usd=target.cap_usd / 2)
    after = _with_target(trial, less)
    one, other = trial.before.of(target.account), after.of(target.account)
    if other <= one or not _differ(one, other):
        return None
    did = f"with half the weight and cap ${other:,.2f}"
    return trial.told(f"{target.account} is charged ${one:,.2f}; {did}", after)


def _larger_loss(trial: _Trial) -> Example | None:
    after = trial.changed(trial.before.sharers, trial.before.loss_usd * _MORE)
    for sharer in trial.before.sharers:
        one, other = trial.before.of(sharer.account), after.of(sharer.account)
        if other < one and _differ(one, other):
            did = f"of ${after.loss_usd:,.2f} it is charged ${other:,.2f}"
            return trial.told(f"{sharer.account} is charged ${one:,.2f}; {did}", after)
    return None


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
