"""Several runs of the same tape and book side by side: their metrics, and who changes sides."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from crashsim.engine.arrays import rows_by
from crashsim.engine.measure.metrics import COMPARISON_METRICS, Value
from crashsim.engine.record.account_table import NET_END_USD


@dataclass(frozen=True)
class Measured:
    """One run of a comparison: its name, accounts table, and values of COMPARISON_METRICS."""

    name: str
    accounts: pl.DataFrame
    values: Mapping[str, Value]


_METRIC_SCHEMA = pl.Schema(
    {
        "metric": pl.String(),
        "unit": pl.String(),
        "key": pl.String(),
        "run": pl.String(),
        "value": pl.Float64(),
        "text": pl.String(),
        "delta": pl.Float64(),
    }
)


def metric_table(runs: Sequence[Measured]) -> pl.DataFrame:
    """metric, unit, key, run, value, text, delta: one row a number, runs in their order.

    key: the market or absorber of a metric that has one value for each, else empty. text: of a
    metric that is a time. delta: value less that of the first run; null where either has none.
    """
    rows = [
        (name, metric.unit, key, run.name, value, text)
        for name, metric in COMPARISON_METRICS.items()
        for run in runs
        for key, value, text in numbers_of(run.values[name])
    ]
    first = {(row[0], row[2]): row[4] for row in rows if row[3] == runs[0].name}
    with_delta = [(*row, deltas(row[4], first.get((row[0], row[2])))) for row in rows]
    return pl.DataFrame(with_delta, schema=_METRIC_SCHEMA, orient="row")


def numbers_of(value: Value) -> list[tuple[str, float | None, str | None]]:
    """(key, value, text) of each number of a metric, as in `metric_table`."""
    items = value.items() if isinstance(value, Mapping) else [("", value)]
    return [
        (key, None, one)
        if isinstance(one, str)
        else (key, None if one is None else float(one), None)
        for key, one in items
    ]


def deltas(value: Value, first: Value) -> Value:
    """What a metric's value is beyond that of the first run; None where that means nothing."""
    if isinstance(value, Mapping) and isinstance(first, Mapping):
        return {key: value[key] - first[key] for key in value if key in first}
    if isinstance(value, int | float) and isinstance(first, int | float):
        return value - first
    return None


@dataclass(frozen=True)
class _Side:
    """A side an account can be on: a flag of the accounts table, and the dollars with it."""

    name: str
    flag: str
    usd: str


_SIDES = (
    _Side("deleveraged", "was_deleveraged", "adl_notional_usd"),
    _Side("in_debt", "was_in_debt", "debt_peak_usd"),
)


def changes_table(runs: Sequence[Measured]) -> pl.DataFrame:
    """run, side, only_under, account, usd, end_first_usd, end_run_usd, difference_usd.

    One row for each account that was deleveraged, or in debt, under the first run or under `run`
    but not under both; only_under names the one. usd: its notional closed, or its debt at the
    peak. end_*_usd: equity less debt after the last step. Largest dollars first within a run.
    """
    first = runs[0]
    parts = [_changes(first, run, side) for run in runs[1:] for side in _SIDES]
    return pl.concat(parts) if parts else _changes(first, first, _SIDES[0])


def _changes(first: Measured, run: Measured, side: _Side) -> pl.DataFrame:
    left, right = (
        each.accounts.select("account", on=side.flag, usd=side.usd, end_usd=NET_END_USD)
        for each in (first, run)
    )
    both = left.join(right, on="account", suffix="_run", validate="1:1")
    under_first = pl.col("on") & ~pl.col("on_run")
    changed = both.filter(pl.col("on") != pl.col("on_run")).select(
        run=pl.lit(run.name),
        side=pl.lit(side.name),
        only_under=pl.when(under_first).then(pl.lit(first.name)).otherwise(pl.lit(run.name)),
        account="account",
        usd=pl.when(under_first).then("usd").otherwise("usd_run"),
        end_first_usd="end_usd",
        end_run_usd="end_usd_run",
        difference_usd=pl.col("end_usd_run") - pl.col("end_usd"),
    )
    return changed.sort(["usd", "account"], descending=[True, False])


def most_changed(changes: pl.DataFrame, left_out: str) -> pl.DataFrame:
    """`changes_table` without one run, one row an account, the largest difference first."""
    largest = [pl.col("difference_usd").abs(), "account", "run"]
    order = changes.filter(pl.col("run") != left_out).sort(largest, descending=[True, False, False])
    return order.unique("account", keep="first", maintain_order=True)


def change_totals(changes: pl.DataFrame) -> pl.DataFrame:
    """run, side, only_under, accounts, usd: the rows of `changes_table` counted and summed."""
    return rows_by(changes, "run", "side", "only_under").agg(
        accounts=pl.len(), usd=pl.col("usd").sum()
    )
