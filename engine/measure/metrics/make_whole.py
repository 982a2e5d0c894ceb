"""What it would cost to refund the damaged, each kind of damage on its own."""

import polars as pl

from crashsim.engine.arrays import plain_sum
from crashsim.engine.measure.metric import Metric, Replayed, accounts_sum

_DEPOSITS_USD = accounts_sum("deposits_to_debt_usd")
_DEBTS_USD = accounts_sum("debt_end")


def _adl_costs_usd(run: Replayed) -> float:
    cost = pl.col("adl_cost_usd").clip(lower_bound=0.0).sum()
    return float(run.outcome.accounts.select(cost).item())


def _half_fees_usd(run: Replayed) -> float:
    return accounts_sum("fees_usd")(run) / 2


def _all_usd(run: Replayed) -> float:
    parts = (_adl_costs_usd, _DEPOSITS_USD, _DEBTS_USD, _half_fees_usd)
    return plain_sum(part(run) for part in parts)


METRICS = (
    Metric(
        "make_whole_usd",
        "USD",
        "What it would cost to refund auto-deleveraging costs, deposits that repaid debt, debts "
        "and half of the liquidation fees: the sum of the four that follow.",
        _all_usd,
        price_source="price of the fill against the mark of the step",
    ),
    Metric(
        "make_whole_adl_costs_usd",
        "USD",
        "Refund of what each deleveraged account lost against mark, net over its own fills.",
        _adl_costs_usd,
        price_source="price of the fill against the mark of the step",
    ),
    Metric(
        "make_whole_deposits_usd",
        "USD",
        "Refund of deposits that repaid debt.",
        _DEPOSITS_USD,
    ),
    Metric(
        "make_whole_debts_usd",
        "USD",
        "Forgiveness of the debts left after the last step.",
        _DEBTS_USD,
        horizon="end of the run",
    ),
    Metric(
        "make_whole_half_fees_usd",
        "USD",
        "Refund of half of the liquidation fees.",
        _half_fees_usd,
        price_source="price of the fill",
    ),
)
