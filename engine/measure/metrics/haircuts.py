"""What auto-deleveraging took from winners against the replay without it.

These need the counterfactual, so a single run has none of them: `Replayed.haircuts` is given.
"""

from collections.abc import Callable
from functools import partial

import numpy as np

from crashsim.engine.arrays import Floats
from crashsim.engine.measure import fairness, inequality
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
_SHARE = "0 to 1; larger: more concentrated"
_CORRELATION = "-1 to 1; positive: who had more lost more; empty where it cannot be told"


def _of(compute: Callable[[Haircuts], Value]) -> Callable[[Replayed], Value]:
    def value(run: Replayed) -> Value:
        if run.haircuts is None:
            raise ValueError("haircuts need the counterfactual: Replayed.haircuts is not given")
        return compute(run.haircuts)

    return value


def _sum_usd(found: Haircuts) -> float:
    return float(found.haircut_usd.sum())


def _overshoot_usd(run: Replayed) -> Value:
    needed = needed_usd(run)
    return _of(lambda found: fairness.overshoot_usd(_sum_usd(found), needed))(run)


def _top_share(found: Haircuts, count: int) -> float | None:
    return inequality.top_share(found.haircut_usd, count)


def _correlation(pick: Callable[[Haircuts], Floats]) -> Callable[[Replayed], Value]:
    return _of(lambda found: spearman(found.haircut_usd, pick(found)))


METRICS = (
    Metric(
        "adl_waves",
        "waves",
        "Waves of auto-deleveraging: fills with no pause of more than 5 s between them.",
        _of(lambda found: found.waves),
        sign="never negative",
    ),
    Metric(
        "haircut_usd",
        "USD",
        f"Haircuts of winners, summed: {_AGAINST}.{_CAVEAT}",
        _of(_sum_usd),
        horizon=_WHEN,
        price_source="mark at that time",
    ),
    Metric(
        "haircut_accounts",
        "accounts",
        f"Deleveraged accounts with a haircut of $0.01 or more.{_CAVEAT}",
        _of(lambda found: int(np.count_nonzero(found.haircut_usd >= 0.01))),
        horizon=_WHEN,
        price_source="mark at that time",
    ),
    Metric(
        "overshoot_usd",
        "USD",
        "Haircuts less what auto-deleveraging prices moved from winners to losers "
        f"(haircut_usd - needed_usd).{_CAVEAT}",
        _overshoot_usd,
        sign="positive: winners lost more than losers were given; negative: less",
        horizon=_WHEN,
        price_source="mark at that time; price of the fill against the mark of the step",
    ),
    Metric(
        "max_haircut_frac",
        "fraction",
        f"Largest haircut over the account's equity without auto-deleveraging.{_CAVEAT}",
        _of(lambda found: fairness.max_haircut_frac(found.haircut_usd, found.equity_usd)),
        sign="0 to 1; larger: somebody lost more of what he had",
        horizon=_WHEN,
        price_source="mark at that time",
    ),
    Metric(
        "haircut_gini",
        "index",
        f"Gini index of haircuts among deleveraged accounts.{_CAVEAT}",
        _of(lambda found: inequality.gini(found.haircut_usd)),
        sign="0: all the same; near 1: one bears everything",
        horizon=_WHEN,
    ),
    Metric(
        "haircut_herfindahl",
        "index",
        f"Herfindahl index (sum of squared shares) of haircuts by account.{_CAVEAT}",
        _of(lambda found: inequality.herfindahl(found.haircut_usd)),
        sign="near 0: spread over many; 1: one bears everything",
        horizon=_WHEN,
    ),
    *(
        Metric(
            f"haircut_top_{count}_share_frac",
            "fraction",
            f"Share of haircuts that the {count} largest bear, by account.{_CAVEAT}",
            _of(partial(_top_share, count=count)),
            sign=_SHARE,
            horizon=_WHEN,
        )
        for count in (1, 10, 100)
    ),
    Metric(
        "haircut_spearman_profit",
        "correlation",
        "Rank correlation, over deleveraged accounts, of haircut and unrealised profit when the "
        f"step of the first fill began.{_CAVEAT}",
        _correlation(lambda found: found.profit_usd),
        sign=_CORRELATION,
        horizon=_WHEN,
    ),
    Metric(
        "haircut_spearman_leverage",
        "correlation",
        "Rank correlation, over deleveraged accounts, of haircut and leverage (gross notional "
        f"over equity) when the step of the first fill began.{_CAVEAT}",
        _correlation(lambda found: found.leverage),
        sign=_CORRELATION,
        horizon=_WHEN,
    ),
    Metric(
        "haircut_spearman_size",
        "correlation",
        "Rank correlation, over deleveraged accounts, of haircut and gross notional when the "
        f"step of the first fill began.{_CAVEAT}",
        _correlation(lambda found: found.size_usd),
        sign=_CORRELATION,
        horizon=_WHEN,
    ),
    Metric(
        "adl_low_leverage_share_frac",
        "fraction",
        "Share of auto-deleveraged notional from accounts whose leverage (gross notional over "
        "equity) was below 2 when the step of the fill began.",
        lambda run: low_leverage_share(run.outcome, run.tape, LOW_LEVERAGE),
        sign="0 to 1; larger: more was taken from the prudent",
    ),
)
