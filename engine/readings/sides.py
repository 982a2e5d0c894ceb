"""Several runs of the same book: who changes sides."""

from collections.abc import Mapping

import polars as pl

from crashsim.engine.readings import Tables
from crashsim.engine.record.account_table import NET_END_USD

# What can become of an account, the worst first; an account counts under the first that holds.
OUTCOMES = ("ended in debt", "deleveraged", "liquidated", "untouched")

_OUTCOME = (
    pl.when("ended_in_debt")
    .then(pl.lit("ended in debt"))
    .when("was_deleveraged")
    .then(pl.lit("deleveraged"))
    .when("was_liquidated")
    .then(pl.lit("liquidated"))
    .otherwise(pl.lit("untouched"))
    .cast(pl.Enum(OUTCOMES))
)


def outcomes(runs: Mapping[str, Tables]) -> pl.DataFrame:
    """account, and a column a run with what became of it (OUTCOMES; null: not in that book)."""
    frames = [
        tables["accounts"].select("account", _OUTCOME.alias(name)) for name, tables in runs.items()
    ]
    joined = frames[0]
    for frame in frames[1:]:
        joined = joined.join(frame, on="account", how="full", coalesce=True)
    return joined.sort("account")


def crossings(runs: Mapping[str, Tables], base: str, other: str) -> pl.DataFrame:
    """from, to, accounts: how many had the one outcome under `base`, the other under `other`.

    Accounts that are in both books, all pairs of OUTCOMES that occur, in the order of OUTCOMES.
    """
    both = outcomes({base: runs[base], other: runs[other]}).drop_nulls()
    return (
        both.group_by(pl.col(base).alias("from"), pl.col(other).alias("to"))
        .agg(accounts=pl.len().cast(pl.Int64))
        .sort("from", "to")
    )


def changers(runs: Mapping[str, Tables]) -> pl.DataFrame:
    """The rows of `outcomes` in which the runs differ, with each run's change of equity.

    Per run also `<run> net_usd`: equity less debt at the end, less what it was at the start and
    less net deposits. The accounts for which runs differ most in it come first.
    """
    names = list(runs)
    found = outcomes(runs)
    for name, tables in runs.items():
        found = found.join(_net(tables, f"{name} net_usd"), on="account", how="left")
    different = pl.any_horizontal(pl.col(name).ne_missing(pl.col(names[0])) for name in names[1:])
    nets = [f"{name} net_usd" for name in names]
    spread = pl.max_horizontal(nets) - pl.min_horizontal(nets)
    return found.filter(different).sort([spread, pl.col("account")], descending=[True, False])


def _net(tables: Tables, name: str) -> pl.DataFrame:
    paid_in = pl.col("deposits_usd") - pl.col("withdrawals_usd")
    gained = NET_END_USD - pl.col("equity_start") - paid_in
    return tables["accounts"].select("account", gained.alias(name))
