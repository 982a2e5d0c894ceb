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
