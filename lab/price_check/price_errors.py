"""How far a path of the tape is from recorded bars: by bar, by market, by minute, and over all."""

import polars as pl

_ERRORS = ("close_log_error", "low_log_error", "high_log_error")
SIDES = ("tape", "line")  # the tape, and straight lines between the same anchors


def errors_by_bar(recorded: pl.DataFrame, tape: pl.DataFrame, line: pl.DataFrame) -> pl.DataFrame:
    """Recorded bars with those of tape and line beside them, and the errors of both.

    For each side: close_log_error, low_log_error, high_log_error = log(side / recorded);
    range_log = log(high / low); volume_log_error = log(side / recorded), null where either is 0.
    """
    joined = recorded.with_columns(range_log=_range(""))
    for side, bars in zip(SIDES, (tape, line), strict=True):
        joined = joined.hstack(bars.rename({name: f"{side}_{name}" for name in bars.columns}))
        joined = joined.with_columns(
            *(_log_ratio(side, name).alias(f"{side}_{name}_log_error") for name in _PRICES),
            _range(f"{side}_").alias(f"{side}_range_log"),
            _volume_error(side).alias(f"{side}_volume_log_error"),
        )
    return joined


def by_market(bars: pl.DataFrame) -> pl.DataFrame:
    """One row a market: bars, and of each side means of absolute errors, and how low it fell."""
    return bars.group_by("market", maintain_order=True).agg(
        pl.len().alias("bars"),
        *(each for side in SIDES for each in (*_means(side), *_of_the_fall(side))),
    )


def by_minute(bars: pl.DataFrame) -> pl.DataFrame:
    """One row a time of a bar: markets, and the same means over them, each side."""
    return (
        bars.group_by("time_ms")
        .agg(pl.len().alias("markets"), *(each for side in SIDES for each in _means(side)))
        .sort("time_ms")
    )


def over_all(markets: pl.DataFrame) -> dict[str, float | None]:
    """Means over the markets of `by_market`; of errors with a sign, of their sizes."""
    values = markets.drop("market", "bars")
    return values.select(pl.all().abs().mean()).row(0, named=True)


_PRICES = ("close", "low", "high")


def _log_ratio(side: str, name: str) -> pl.Expr:
    return (pl.col(f"{side}_{name}") / pl.col(name)).log()


def _range(prefix: str) -> pl.Expr:
    return (pl.col(f"{prefix}high") / pl.col(f"{prefix}low")).log()


def _volume_error(side: str) -> pl.Expr:
    traded = (pl.col("volume_usd") > 0) & (pl.col(f"{side}_volume_usd") > 0)
    return pl.when(traded).then(_log_ratio(side, "volume_usd"))


def _means(side: str) -> list[pl.Expr]:
    sizes = [f"{side}_{name}_log_error" for name in (*_PRICES, "volume")]
    ranges = (pl.col(f"{side}_range_log"), pl.col("range_log"))
    return [
        *(pl.col(name).abs().mean() for name in sizes),
        pl.col(sizes[-1]).abs().mean().exp().alias(f"{side}_volume_factor"),
        (ranges[0] - ranges[1]).abs().mean().alias(f"{side}_range_error_log"),
        (ranges[0].mean() / ranges[1].mean()).alias(f"{side}_range_ratio"),
    ]


def _of_the_fall(side: str) -> list[pl.Expr]:
    """When the low came, in seconds after the recorded bar that holds it; how deep the fall was."""
    at, recorded_at = (
        pl.col("time_ms").get(pl.col(f"{each}low").arg_min()) for each in (f"{side}_", "")
    )
    return [
        ((at - recorded_at) / 1000).alias(f"{side}_low_time_error_s"),
        (_drawdown(f"{side}_") - _drawdown("")).alias(f"{side}_drawdown_log_error"),
    ]


def _drawdown(prefix: str) -> pl.Expr:
    """The deepest fall from a high to a low of the same or a later bar, in log price."""
    return (pl.col(f"{prefix}high").cum_max() / pl.col(f"{prefix}low")).log().max()
