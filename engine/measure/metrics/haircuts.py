"""What auto-deleveraging took from winners against the replay without it.

These need the counterfactual, so a single run has none of them: `Replayed.haircuts` is given.
"""

from collections.abc import Callable

import numpy as np

from crashsim.engine.measure import fairness
from crashsim.engine.measure.concentration import concentration_metrics
from crashsim.engine.measure.counterfactual import Haircuts, low_leverage_share
from crashsim.engine.measure.metric import Metric, Replayed, Value
from crashsim.engine.measure.metrics.deleveraged import needed_usd
from crashsim.engine.measure.rank_correlation import spearman

LOW_LEVERAGE = 2.0

_AGAINST = (
    "of each deleveraged account: its equity without auto-deleveraging less its equity with it, "
    "where positive"
)
_CAVEAT = (
    " The counterfactual is the replay with auto-deleveraging off, whose profits could not all "
    "have been paid."
)
_WHEN = "end of the last wave in which the account was deleveraged, plus the horizon asked for"
_PRICES = "mark at that time"
_CORRELATION = "-1 to 1; positive: who had more lost more; empty where it cannot be told"


def _found(run: Replayed) -> Haircuts:
    if run.haircuts is None:
        raise ValueError("haircuts need the counterfactual: Replayed.haircuts is not given")
    return run.haircuts


def _sum_usd(run: Replayed) -> float:
    return float(_found(run).haircut_usd.sum())


def _largest_frac(run: Replayed) -> float:
    found = _found(run)
    return fairness.max_haircut_frac(found.haircut_usd, found.equity_usd)


def _metric(
    name: str,
    unit: str,
    words: str,
    compute: Callable[[Replayed], Value],
    sign: str = Metric.sign,
    price_source: str = _PRICES,
) -> Metric:
    """A metric of haircuts, with the time they are taken at and what to know of them."""
    definition = f"{words}.{_CAVEAT}"
    return Metric(
        name, unit, definition, compute, sign=sign, horizon=_WHEN, price_source=price_source
    )


def _correlation(column: str, words: str) -> Metric:
    return _metric(
        f"haircut_spearman_{column.removesuffix('_usd')}",
        "correlation",
        f"Rank correlation, over deleveraged accounts, of haircut and {words} when the step of "
        "the first fill began",
        lambda run: spearman(_found(run).haircut_usd, getattr(_found(run), column)),
        _CORRELATION,
        Metric.price_source,
    )


METRICS = (
    Metric(
        "adl_waves",
        "waves",
        "Waves of auto-deleveraging: fills with no pause of more than 5 s between them.",
        lambda run: _found(run).waves,
        sign="never negative",
    ),
    _metric("haircut_usd", "USD", f"Haircuts of winners, summed: {_AGAINST}", _sum_usd),
    _metric(
        "haircut_accounts",
        "accounts",
        "Deleveraged accounts with a haircut of $0.01 or more",
        lambda run: int(np.count_nonzero(_found(run).haircut_usd >= 0.01)),
    ),
    _metric(
        "overshoot_usd",
        "USD",
        "Haircuts less what auto-deleveraging prices moved from winners to losers "
        "(haircut_usd - needed_usd)",
        lambda run: fairness.overshoot_usd(_sum_usd(run), needed_usd(run)),
        "positive: winners lost more than losers were given; negative: less",
        f"{_PRICES}; price of the fill against the mark of the step",
    ),
    _metric(
        "max_haircut_frac",
        "fraction",
        "Largest haircut over the account's equity without auto-deleveraging",
        _largest_frac,
        "0 to 1; larger: somebody lost more of what he had",
    ),
    *concentration_metrics(
        "haircut", "haircuts", lambda run: _found(run).haircut_usd, _CAVEAT, _WHEN
    ),
    _correlation("profit_usd", "unrealised profit"),
    _correlation("leverage", "leverage (gross notional over equity)"),
    _correlation("size_usd", "gross notional"),
    Metric(
        "adl_low_leverage_share_frac",
        "fraction",
        "Share of auto-deleveraged notional from accounts whose leverage (gross notional over "
        "equity) was below 2 when the step of the fill began.",
        lambda run: low_leverage_share(run.outcome, run.tape, LOW_LEVERAGE),
        sign="0 to 1; larger: more was taken from the prudent",
    ),
)
