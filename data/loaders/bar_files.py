"""The length of bars in files that give only the open time."""

import polars as pl

from crashsim.data.loaders.format import Options
from crashsim.data.loaders.reading.blob import Blob
from crashsim.scenarios.errors import InputError

MAX_BAR_S = 31 * 86_400


def bar_length_s(frame: pl.DataFrame, blob: Blob, options: Options) -> int:
    """`--interval`, else the smallest distance of two bars of one market, in seconds.

    A gap lengthens distances but cannot shorten them, so the smallest is the length unless every
    bar's neighbour is missing. Raises InputError where no market has two bars.
    """
    if options.interval_s:
        return options.interval_s
    times = frame.select("market", at=pl.col("time").dt.epoch("ms")).unique().sort("market", "at")
    steps = times.select(pl.col("at").diff().over("market")).to_series().drop_nulls()
    shortest = steps.min()
    if not isinstance(shortest, int) or shortest % 1000 or shortest > MAX_BAR_S * 1000:
        found = "no market has two bars" if shortest is None else f"bars {shortest!r} ms apart"
        raise InputError(
            f"{blob.path}: the length of its bars cannot be seen ({found}); say it with"
            " --interval 60 (seconds)"
        )
    return shortest // 1000
