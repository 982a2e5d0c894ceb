"""Rules that share a loss over those who can bear it (docs/semantics.md, section 5).

Every rule keeps 0 <= charge <= cap and charges `min(loss, sum of what the rule lets it charge)` to
rounding. That sum is the sum of the caps, except that a rule charges nobody whose weight (or
leverage, or equity, where it multiplies the weight) is zero, and that the rules stated in fractions
(capped_pro_rata, rap, vector_mirror_descent) take no more than the weight. What is not charged
stays with whoever called.

Definitions: arXiv 2512.01112, and pluriholonomic/autodeleveraging-analysis@aae0be86.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from types import MappingProxyType

import numpy as np

from crashsim.engine.arrays import Floats, first_places, read_only
from crashsim.engine.errors import PolicyError, did_you_mean


@dataclass(frozen=True)
class Sharers:
    """Those a loss is shared over, one row each; all arrays (n,), finite and >= 0 but the score.

    weight_usd: what a rule shares by. cap_usd: the most a row can be charged.
    equity_usd, leverage: of the unit. score: the queue's order, highest first.
    beta_frac: a stated cap as a fraction of the weight.
    """

    weight_usd: Floats
    cap_usd: Floats
    equity_usd: Floats
    leverage: Floats
    score: Floats
    beta_frac: Floats


def water_fill(loss_usd: float, weight: Floats, cap_usd: Floats) -> Floats:
    """The charges `min(cap, level * weight)` that sum to `min(loss, caps of weights > 0)`.

    weight: (n,) >= 0 in any unit; cap_usd: (n,) >= 0. Returns (n,) USD. Rows reach their cap in
    the order of cap / weight; the level lies between two of these places, found from cumulative
    sums: O(n log n), no iteration.
    """
    charge = np.zeros(len(cap_usd))
    (rows,) = np.nonzero((weight > 0) & (cap_usd > 0))
    if rows.size == 0 or loss_usd <= 0:
        return charge
    # A weight that vanishes beside the largest still pays once the others are at their caps.
    share = np.maximum(weight[rows] / weight[rows].max(), np.finfo(float).tiny)
    cap = cap_usd[rows]
    with np.errstate(over="ignore"):
        full_at = cap / share
        order = np.argsort(full_at, kind="stable")
        rows, share, cap = rows[order], share[order], cap[order]
        open_share = np.cumsum(share[::-1])[::-1]  # of this row and those that fill later
        before = np.concatenate(([0.0], np.cumsum(cap)[:-1]))  # caps of those that filled earlier
        charged_when_full = before + full_at[order] * open_share
    first_open = int(np.searchsorted(charged_when_full, loss_usd))
    charge[rows[:first_open]] = cap[:first_open]
    if first_open < rows.size:
        rest = max(0.0, loss_usd - before[first_open])  # not below 0 by rounding
        of_rest = share[first_open:] / open_share[first_open]
        charge[rows[first_open:]] = np.minimum(cap[first_open:], rest * of_rest)
    return charge


def pro_rata(loss_usd: float, sharers: Sharers) -> Floats:
    """In proportion to the weight: `h = min(cap, level * w)`."""
    return water_fill(loss_usd, sharers.weight_usd, sharers.cap_usd)


def levered_pro_rata(loss_usd: float, sharers: Sharers) -> Floats:
    """In proportion to weight and leverage: `h = min(cap, level * leverage * w)`."""
    return water_fill(loss_usd, sharers.leverage * sharers.weight_usd, sharers.cap_usd)


def capped_pro_rata(loss_usd: float, sharers: Sharers) -> Floats:
    """The same fraction of everybody's weight up to a stated one: `min(eta, beta) * w <= cap`."""
    return water_fill(loss_usd, sharers.weight_usd, _fraction_cap(sharers))


def _fraction_cap(sharers: Sharers) -> Floats:
    return np.minimum(sharers.cap_usd, np.minimum(sharers.beta_frac, 1.0) * sharers.weight_usd)


# The paper's example (paper/main_examples.tex) has this exponent and this threshold.
RAP_EXPONENT = 2.0
RAP_THRESHOLD = 0.9

RAP_MODELS: Mapping[str, Callable[[Floats], Floats]] = MappingProxyType(
    {
        "linear": lambda leverage: leverage,
        "power": lambda leverage: leverage**RAP_EXPONENT,
        "cvar": lambda leverage: np.maximum(leverage - RAP_THRESHOLD, 0.0),
    }
)


def rap_weight(model: str, leverage: Floats) -> Floats:
    """Risk weight `leverage * g(leverage)`, (n,): g linear, power (squared) or cvar (above 0.9).

    Source: paper/main_examples.tex and paper/corrected/algorithms.tex @aae0be86.
    """
    return leverage * RAP_MODELS[model](leverage)


def _rap(model: str) -> Callable[[float, Sharers], Floats]:
    def rule(loss_usd: float, sharers: Sharers) -> Floats:
        weight = rap_weight(model, sharers.leverage) * sharers.weight_usd
        return water_fill(loss_usd, weight, _fraction_cap(sharers))

    rule.__doc__ = f"Risk-aware: `min(beta, tau * leverage * g) * w <= cap`, g {model} in leverage."
    return rule


def min_max(loss_usd: float, sharers: Sharers) -> Floats:
    """The smallest possible largest fraction of equity: `h = min(cap, M * equity)`."""
    return water_fill(loss_usd, sharers.equity_usd, sharers.cap_usd)


def vector_mirror_descent(loss_usd: float, sharers: Sharers) -> Floats:
    """The fractions x in [0, 1] of least Euclidean norm that raise the loss: `h = x * w <= cap`.

    x = min(1, level * w), so dollars go with the square of the weight: it loads the large.
    """
    largest = max(float(np.max(sharers.weight_usd, initial=0.0)), np.finfo(float).tiny)
    share = sharers.weight_usd / largest
    return water_fill(loss_usd, share * share, np.minimum(sharers.cap_usd, sharers.weight_usd))


_FIRST_ASKED = 1_000  # a queue is sorted this far, then eight times further until the loss is met
_ROUNDING_FRAC = 1e-9  # of the loss: sums in another order, and a charge's bounds, may be off by it


def queue(loss_usd: float, sharers: Sharers) -> Floats:
    """By score from the top, each up to its cap, until the loss is met; ties in row order."""
    cap, last_first = sharers.cap_usd, -sharers.score
    charge = np.zeros(cap.size)
    count = _FIRST_ASKED
    while (order := first_places(last_first, count)).size < cap.size:
        if cap[order].sum() > loss_usd * (1 + _ROUNDING_FRAC):
            break
        count *= 8
    before = np.concatenate(([0.0], np.cumsum(cap[order])[:-1]))
    charge[order] = np.clip(loss_usd - before, 0.0, cap[order])
    return charge


Rule = Callable[[float, Sharers], Floats]

RULES: Mapping[str, Rule] = MappingProxyType(
    {
        "pro_rata": pro_rata,
        "levered_pro_rata": levered_pro_rata,
        "capped_pro_rata": capped_pro_rata,
        "rap": _rap("linear"),
        "rap_power": _rap("power"),
        "rap_cvar": _rap("cvar"),
        "min_max": min_max,
        "vector_mirror_descent": vector_mirror_descent,
        "queue": queue,
    }
)


def rule_named(name: str) -> Rule:
    """The rule of RULES with this name. Raises PolicyError for an unknown one."""
    if name not in RULES:
        raise PolicyError(
            f'loss.rule: there is no sharing rule "{name}"{did_you_mean(name, RULES)}. '
            f"Known: {', '.join(RULES)}; or give a Python function as FILE.py:FUNCTION"
        )
    return RULES[name]


# A rule of the user's own: a function with the signature of those above.

_COLUMNS = tuple(column.name for column in fields(Sharers))


@dataclass(frozen=True)
class FunctionRule:
    """A function from a loss in USD and its sharers to charges in USD, (n,).

    name: how errors call it.
    """

    name: str
    function: Rule

    def __call__(self, loss_usd: float, sharers: Sharers) -> Floats:
        """The charges. Raises PolicyError for unfit ones, and for any out of bounds."""
        charge = self.unchecked(loss_usd, sharers)
        slack = _ROUNDING_FRAC * loss_usd
        out = np.flatnonzero((charge < -slack) | (charge > sharers.cap_usd + slack))
        if out.size:
            row = int(out[0])
            raise PolicyError(
                f"{self.name} charged ${charge[row]:,.6g} where the cap is "
                f"${sharers.cap_usd[row]:,.6g}; expected 0 <= charge <= cap"
            )
        if charge.sum() > loss_usd + slack * len(charge):
            raise PolicyError(
                f"{self.name} charged ${charge.sum():,.6g} for a loss of ${loss_usd:,.6g}; "
                "expected no more than the loss"
            )
        return np.clip(charge, 0.0, sharers.cap_usd)

    def unchecked(self, loss_usd: float, sharers: Sharers) -> Floats:
        """The charges, whatever their bounds. Raises PolicyError unless finite, one a row."""
        count = len(sharers.cap_usd)
        if count == 0:
            return np.zeros(0)
        charge = self._call(loss_usd, sharers)
        if charge.shape != (count,):
            raise PolicyError(
                f"{self.name} returned an array of shape {charge.shape} for {count} sharers; "
                "expected one charge a sharer"
            )
        if not np.isfinite(charge).all():
            raise PolicyError(
                f"{self.name} returned {charge[~np.isfinite(charge)][0]} for a loss of "
                f"${loss_usd:,.6g} over weights that sum to ${sharers.weight_usd.sum():,.6g}; "
                "expected finite charges in USD"
            )
        return charge

    def _call(self, loss_usd: float, sharers: Sharers) -> Floats:
        given = {name: read_only(getattr(sharers, name)) for name in _COLUMNS}
        try:
            with np.errstate(all="ignore"):  # what is not finite is refused
                return np.array(self.function(loss_usd, Sharers(**given)), dtype=np.float64)
        except AttributeError as error:
            raise PolicyError(f"{self.name}: {error}; sharers: {', '.join(_COLUMNS)}") from error
        except Exception as error:
            raise PolicyError(f"{self.name} failed: {type(error).__name__}: {error}") from error


_PROBE = Sharers(
    weight_usd=np.array([80.0, 20.0, 0.0, 5.0]),
    cap_usd=np.array([80.0, 20.0, 10.0, 0.0]),
    equity_usd=np.array([160.0, 30.0, 10.0, 0.0]),
    leverage=np.array([0.75, 1.0, 0.0, 12.0]),
    score=np.array([80.0, 20.0, 0.0, 5.0]),
    beta_frac=np.ones(4),
)


def function_rule(name: str, function: Rule) -> FunctionRule:
    """A function as a rule, tried out on made-up sharers, also where none has a weight.

    Raises PolicyError for one that fails, returns anything but one finite number a sharer, or
    gives different charges for the same sharers.
    """
    rule = FunctionRule(name, function)
    for probe in (_PROBE, replace(_PROBE, weight_usd=np.zeros(4), score=np.zeros(4))):
        charge = rule.unchecked(1.0, probe)
        if not np.array_equal(rule.unchecked(1.0, probe), charge):
            raise PolicyError(f"{name} gives different charges for the same loss and sharers")
    return rule
