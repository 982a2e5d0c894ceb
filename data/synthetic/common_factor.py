"""The common factor of a reconstructed crash: how far all markets have fallen, by the second.

It falls from 0 at the start of the hour of the lows to 1 at the low, and rises from 0 at the low to
1 at the end of the recovery. It follows the median of the markets whose path is known best; its
pace is the clock of all noise and volume.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from crashsim.data.synthetic.anchors import MarketAnchors, common_times_ms
from crashsim.data.synthetic.stages import fallen_part, risen_part
from crashsim.data.synthetic.streams import stream
from crashsim.data.tape.grid import Floats, Ints
from crashsim.scenarios.models.generate import Anchors

_LOW_JITTER_S = 10.0  # the factor's low is known to about a minute
_ROOT_OF_MINUTE_S = 60**0.5  # noise of a minute is in proportion to the movement in it
_FEWEST_KNOWN_BEST = 5  # one market alone does not stand for all, if there are others


@dataclass(frozen=True)
class CommonFactor:
    """The factor on a grid of T seconds.

    time_ms: (T,). low_ms: of the low, end_ms: of the end of the recovery; both on the grid.
    knots_ms: (K,) times at which the factor is known, the low's among them.
    fallen: (T,) 0 at the start of the hour, 1 at the low. risen: (T,) 0 at the low, 1 at end_ms.
    noise: (T, 2) two random walks for a market whose log price falls by 1, 0 at the knots.
    pace: (T,) movement per second, in falls to the low; traded: (T,) the volume that goes with it,
    to a scale. deviation: (T,) standard deviation of noise per second, as a part of `factor_noise`;
    clock: (T,) the running sum of its square.
    """

    time_ms: Ints
    knots_ms: Ints
    low_ms: int
    end_ms: int
    fallen: Floats
    risen: Floats
    noise: Floats
    pace: Floats
    traded: Floats
    deviation: Floats
    clock: Floats


@dataclass(frozen=True)
class _Course:
    """What is known of the factor: times (K,), and there both of its parts."""

    time_ms: Ints
    fallen: Floats
    risen: Floats


def common_factor(
    anchors: Anchors, markets: Sequence[MarketAnchors], time_ms: Ints, seed: int
) -> CommonFactor:
    """The factor of these markets on a grid of whole seconds, time_ms (T,)."""
    end_ms = recovery_end_ms(markets)
    best = known_best(markets)
    course = _median_course(best, end_ms, anchors.fall_power)
    low_ms = _moved(_low_time_ms(anchors, markets), course, seed)
    before, after = course.time_ms < low_ms, course.time_ms > low_ms
    knots_ms = np.concatenate([course.time_ms[before], [low_ms], course.time_ms[after]])
    fallen = np.append(course.fallen[before], 1.0)
    risen = np.append(0.0, course.risen[after])
    falling = np.interp(time_ms, knots_ms[: fallen.size], fallen)
    rising = _rising(time_ms, knots_ms[fallen.size - 1 :], risen, anchors.recovery_s)
    pace = _pace(anchors, falling - _part_made_good(best, end_ms) * rising)
    deviation = _ROOT_OF_MINUTE_S * pace
    clock = np.cumsum(deviation**2)
    pinned = np.searchsorted(time_ms, knots_ms[knots_ms <= time_ms[-1]])
    return CommonFactor(
        time_ms=time_ms,
        knots_ms=knots_ms,
        low_ms=low_ms,
        end_ms=end_ms,
        fallen=falling,
        risen=rising,
        noise=_noise(anchors.factor_noise * deviation, clock, pinned, seed),
        pace=pace,
        traded=_traded(anchors, pace, falling),
        deviation=deviation,
        clock=clock,
    )


def bridge(walk: Floats, clock: Floats, knots: Ints) -> Floats:
    """A random walk (T,) pinned to 0 at the knots (indices): Brownian bridges on its own clock."""
    return np.asarray(walk - np.interp(clock, clock[knots], walk[knots]))


def recovery_end_ms(markets: Sequence[MarketAnchors]) -> int:
    """The first time after the hour of the lows at which every market has a price."""
    common = common_times_ms(markets)
    return int(common[common >= max(facts.end_of_hour_ms for facts in markets)][0])


def known_best(markets: Sequence[MarketAnchors]) -> list[MarketAnchors]:
    """The markets with the most prices in the hour of their low: five of them, if there are."""
    falling = [facts for facts in markets if facts.fall > 0] or list(markets)
    counts = [facts.prices_in_hour for facts in falling]
    enough = sorted(counts, reverse=True)[:_FEWEST_KNOWN_BEST][-1]
    return [facts for facts, count in zip(falling, counts, strict=True) if count >= enough]


def _low_time_ms(anchors: Anchors, markets: Sequence[MarketAnchors]) -> int:
    """The mean middle of the bars that hold the best known lows, to the second."""
    resolved = [facts for facts in markets if facts.is_resolved] or list(markets)
    finest = min(facts.low_bar_len_ms for facts in resolved)
    bars = [facts.low_bar_ms for facts in resolved if facts.low_bar_len_ms == finest]
    middle_ms = finest // 2
    if finest >= 3_600_000:
        middle_ms = 500 * (anchors.hourly_low_from_s + anchors.hourly_low_to_s)
    return (round(float(np.mean(bars))) + middle_ms) // 1000 * 1000


def _moved(low_ms: int, course: _Course, seed: int) -> int:
    """The low moved by seconds, but not to where the factor is known to be above it."""
    jitter_s = stream(seed, "tape.factor_low").normal(0.0, _LOW_JITTER_S)
    place = int(np.searchsorted(course.time_ms, low_ms))
    first_ms, last_ms = course.time_ms[place - 1] + 1000, course.time_ms[place] - 1000
    return int(np.clip(low_ms + round(jitter_s) * 1000, first_ms, last_ms))


def _median_course(best: Sequence[MarketAnchors], end_ms: int, power: float) -> _Course:
    """The medians at every time that at least half of these markets have a price of."""
    times, counts = np.unique(np.concatenate([f.time_ms for f in best]), return_counts=True)
    times = times[2 * counts >= len(best)]
    price = np.full((len(best), times.size), np.nan)
    for row, facts in zip(price, best, strict=True):
        known = np.isin(times, facts.time_ms)
        row[known] = facts.price_at(times[known])
    fallen = [fallen_part(p, f, power) for p, f in zip(price, best, strict=True)]
    risen = [risen_part(p, f, end_ms) for p, f in zip(price, best, strict=True)]
    return _Course(times, np.nanmedian(fallen, axis=0), np.nanmedian(risen, axis=0))


def _part_made_good(best: Sequence[MarketAnchors], end_ms: int) -> float:
    """The part of the fall, in log price, that was made good at the end of the recovery."""
    parts = [np.log(f.price_at(end_ms) / f.low_price) / f.fall for f in best if f.fall > 0]
    return float(np.median(parts)) if parts else 0.0


def _rising(time_ms: Ints, knots_ms: Ints, risen: Floats, recovery_s: float) -> Floats:
    """Straight lines between the knots, but the first rise is exponential: fast, then slow."""
    course = np.interp(time_ms, knots_ms, risen)
    rising = (time_ms >= knots_ms[0]) & (time_ms <= knots_ms[1])
    elapsed_s = (time_ms[rising] - knots_ms[0]) / 1000
    total_s = (knots_ms[1] - knots_ms[0]) / 1000
    course[rising] = risen[1] * np.expm1(-elapsed_s / recovery_s) / np.expm1(-total_s / recovery_s)
    return course


def _pace(anchors: Anchors, course: Floats) -> Floats:
    """Movement per second: that of the minutes around, and what an earlier movement left behind."""
    moved = np.abs(np.diff(course, prepend=course[0]))
    around = _smooth(moved, anchors.smoothing_s)
    # A sum with exponential weights as a running sum of values that grow; the span is a few hours.
    growth = np.exp(np.arange(moved.size) / anchors.aftershock_s)
    left = np.cumsum(moved * growth) / growth * -np.expm1(-1 / anchors.aftershock_s)
    share = anchors.aftershock_frac
    return np.asarray(anchors.quiet_rate + (1 - share) * around + share * left)


def _traded(anchors: Anchors, pace: Floats, fallen: Floats) -> Floats:
    """Volume per second, to a scale: what the book took of a movement thinned as prices fell."""
    deepest = np.maximum.accumulate(np.clip(fallen, 0.0, 1.0))
    return np.asarray(pace * np.exp(-anchors.thinning * deepest))


def _noise(deviation: Floats, clock: Floats, knots: Ints, seed: int) -> Floats:
    drawn = stream(seed, "tape.factor").standard_normal((deviation.size, 2))
    drawn *= deviation[:, None]
    walk = np.cumsum(drawn, axis=0)
    return np.stack([bridge(column, clock, knots) for column in walk.T], axis=1)


def _smooth(values: Floats, window: int) -> Floats:
    padded = np.pad(values, (window // 2, window - 1 - window // 2), mode="edge")
    return np.convolve(padded, np.full(window, 1.0 / window), mode="valid")
