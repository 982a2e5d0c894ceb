"""Several runs over time, under their names."""

from collections.abc import Mapping

import polars as pl

from crashsim.engine.readings import Tables
from crashsim.engine.readings.minutes import by_minute


def over_time(runs: Mapping[str, Tables]) -> pl.DataFrame:
    """run, time, adl_total_usd (so far), debt_usd, fund_usd: each run's bins of `by_minute`."""
    frames = [
        by_minute(tables).select(
            pl.lit(name).alias("run"),
            "time",
            pl.col("adl_usd").cum_sum().alias("adl_total_usd"),
            "debt_usd",
            pl.col("fund_usd").forward_fill(),
        )
        for name, tables in runs.items()
    ]
    return pl.concat(frames)


def on_shared_times(data: pl.DataFrame, column: str) -> dict[str, list[float]]:
    """A column of `over_time` by run, each at the times of all runs together.

    A value holds until the next one; before the first it is 0. Runs without any are left out.
    """
    times = data.select(pl.col("time").unique().sort())
    found = {}
    for (run,), own in data.partition_by("run", as_dict=True, maintain_order=True).items():
        values = times.join(own, on="time", how="left", maintain_order="left")[column]
        if values.null_count() < values.len():
            found[str(run)] = values.forward_fill().fill_null(0.0).to_list()
    return found
