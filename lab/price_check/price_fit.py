"""Parameters of a reconstruction that recorded figures choose: how they are fitted, and to what.

`fall_power` to the prices of the markets known best, `factor_noise` to the ranges of recorded bars,
`thinning` to their volumes. A fit leaves out whatever it is asked to.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from crashsim.data.synthetic.anchors import MarketAnchors
from crashsim.data.synthetic.common_factor import known_best
from crashsim.data.synthetic.stages import fallen_log_price, fallen_part
from crashsim.data.tape.grid import Floats
from crashsim.scenarios.models.generate import Anchors

_POWERS = np.arange(0.25, 4.01, 0.05)
_FEWEST = 3  # markets that a common path can be told from
NOISE_STEP = 1.25  # factor
THINNING_STEP = 0.5  # added
_NOISE_BAR_MS = 60_000


@dataclass(frozen=True)
class Slopes:
    """Of one market, for a least-squares step of one parameter: sums over its bars.

    error_slope: of error times its slope in the parameter; slope_slope: of the slope squared.
    """

    error_slope: float
    slope_slope: float


AllSlopes = Mapping[str, Mapping[str, Slopes]]  # by parameter and market


def fitted_fall_power(markets: Sequence[MarketAnchors]) -> float | None:
    """The power of price in which the falls of the markets known best are most alike.

    It has the least mean absolute error in log price of all their prices between the start of the
    hour and their low, against the median of their falls. None for fewer than three such markets.
    """
    best = [facts for facts in known_best(markets) if facts.fall > 0]
    if len(best) < _FEWEST:
        return None
    times = [
        each.time_ms[(each.time_ms > each.hour_ms) & (each.time_ms < each.low_bar_ms)]
        for each in best
    ]
    common = np.unique(np.concatenate(times))
    price = np.full((len(best), common.size), np.nan)
    for row, facts, own in zip(price, best, times, strict=True):
        row[np.isin(common, own)] = facts.price_at(own)
    errors = [_unlikeness(best, price, float(power)) for power in _POWERS]
    return round(float(_POWERS[int(np.argmin(errors))]), 2)


def _unlikeness(best: Sequence[MarketAnchors], price: Floats, power: float) -> float:
    parts = np.array(
        [fallen_part(row, facts, power) for row, facts in zip(price, best, strict=True)]
    )
    middle = np.nanmedian(parts, axis=0)
    miss = [
        np.log(row) - fallen_log_price(middle, facts, power)
        for row, facts in zip(price, best, strict=True)
    ]
    return float(np.nanmean(np.abs(miss)))


def stepped(anchors: Anchors) -> Anchors:
    """The settings a step further, from which slopes are taken."""
    return anchors.model_copy(
        update={
            "factor_noise": anchors.factor_noise * NOISE_STEP,
            "thinning": anchors.thinning + THINNING_STEP,
        }
    )


def slopes(bars: pl.DataFrame, further: pl.DataFrame) -> dict[str, dict[str, Slopes]]:
    """By parameter and market, from errors by bar at the settings and at `stepped` ones.

    The error of noise is that of all ranges of a market together, of thinning that of each volume.
    Bars longer than a minute tell nothing of noise: their ranges are made by the common path.
    """
    noise_step = float(np.log(NOISE_STEP))
    volume = pl.col("tape_volume_log_error").alias("error")
    return {
        "factor_noise": _of_markets(_range_errors(bars), _range_errors(further), noise_step),
        "thinning": _of_markets(
            bars.select("market", volume), further.select("market", volume), THINNING_STEP
        ),
    }


def _range_errors(bars: pl.DataFrame) -> pl.DataFrame:
    ratio = pl.col("tape_range_log").sum() / pl.col("range_log").sum()
    short = bars.filter(pl.col("length_ms") <= _NOISE_BAR_MS)
    ordered = short.sort("market", "time_ms")
    return ordered.group_by("market", maintain_order=True).agg(error=ratio.log())


def _of_markets(errors: pl.DataFrame, further: pl.DataFrame, step: float) -> dict[str, Slopes]:
    both = errors.hstack(further.select(next="error"))
    known = both.filter(pl.col("error").is_finite() & pl.col("next").is_finite())
    slope = (pl.col("next") - pl.col("error")) / step
    sums = (
        known.sort("market", maintain_order=True)
        .group_by("market", maintain_order=True)
        .agg(
            (pl.col("error") * slope).sum().alias("error_slope"),
            (slope**2).sum().alias("slope_slope"),
        )
    )
    return {market: Slopes(a, b) for market, a, b in sums.iter_rows()}


def fitted(
    anchors: Anchors,
    markets: Sequence[MarketAnchors],
    found: AllSlopes,
    left_out: str | None = None,
) -> Anchors:
    """The settings a least-squares step on, without the market that is left out.

    markets: anchors, those of the market left out cut to the hour. What no other market's bars tell
    stays as it is.
    """
    power = fitted_fall_power(markets)
    noise, thinning = (_step(found[name], left_out) for name in ("factor_noise", "thinning"))
    return anchors.model_copy(
        update={
            "fall_power": anchors.fall_power if power is None else power,
            "factor_noise": anchors.factor_noise * float(np.exp(np.clip(noise, -1.0, 1.0))),
            "thinning": max(0.0, anchors.thinning + thinning),
        }
    )


def _step(of_markets: Mapping[str, Slopes], left_out: str | None) -> float:
    kept = [each for market, each in of_markets.items() if market != left_out]
    steepness = sum(each.slope_slope for each in kept)
    return -sum(each.error_slope for each in kept) / steepness if steepness else 0.0
