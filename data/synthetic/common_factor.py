"""The common factor of a reconstructed crash: how far all markets have fallen, by the second.

It is 0 at the start of the hour of the lows and -1 at the low. It follows the median of the markets
whose path is known best; its pace is the clock of all noise and volume.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from crashsim.data.synthetic.anchors import MarketAnchors, common_times_ms
from crashsim.data.synthetic.streams import stream
from crashsim.data.tape.grid import Floats, Ints
from crashsim.scenarios.models.generate import Anchors

_LOW_JITTER_S = 10.0  # the factor's low is known to about a minute


@dataclass(frozen=True)
class CommonFactor:
    """The factor on a grid of T seconds.

    time_ms: (T,). knots_ms: (K,) times at which level is known, the low's among them.
    level: (T,) 0 at the start of the hour, -1 at the low. noise: (T, 2) two random walks for a
    market whose log price falls by 1, 0 at the knots. rate: (T,) movement per second; clock: (T,)
    its running sum.
    """

    time_ms: Ints
    knots_ms: Ints
    low_ms: int
    level: Floats
    noise: Floats
    rate: Floats
    clock: Floats


def common_factor(
    anchors: Anchors, markets: Sequence[MarketAnchors], time_ms: Ints, seed: int
) -> CommonFactor:
    """The factor of these markets on a grid of whole seconds, time_ms (T,)."""
    resolved = [facts for facts in markets if facts.is_resolved] or list(markets)
    low_ms = _low_time_ms(anchors, resolved, seed)
    known_ms, known = _median_shape(resolved)
    before = known_ms < low_ms
    knots_ms = np.concatenate([known_ms[before], [low_ms], known_ms[~before]])
    values = np.concatenate([known[before], [-1.0], known[~before]])
    shape = _shape(time_ms, knots_ms, values, low_ms, anchors.recovery_s)
    rate = anchors.quiet_rate + _smooth(
        np.abs(np.diff(shape, prepend=shape[0])), anchors.smoothing_s
    )
    clock = np.cumsum(rate)
    knots = np.searchsorted(time_ms, knots_ms[knots_ms <= time_ms[-1]])
    noise = stream(seed, "tape.factor").standard_normal((time_ms.size, 2))
    noise *= np.sqrt(anchors.factor_variance * rate)[:, None]
    walk = np.cumsum(noise, axis=0)
    return CommonFactor(
        time_ms=time_ms,
        knots_ms=knots_ms,
        low_ms=low_ms,
        level=shape,
        noise=np.stack([bridge(column, clock, knots) for column in walk.T], axis=1),
        rate=rate,
        clock=clock,
    )


def bridge(walk: Floats, clock: Floats, knots: Ints) -> Floats:
    """A random walk (T,) pinned to 0 at the knots (indices): Brownian bridges on its own clock."""
    return np.asarray(walk - np.interp(clock, clock[knots], walk[knots]))


def _low_time_ms(anchors: Anchors, resolved: Sequence[MarketAnchors], seed: int) -> int:
    """The mean of the bars that hold the best known lows, moved by seconds."""
    finest = min(facts.low_bar_len_ms for facts in resolved)
    bars = [facts.low_bar_ms for facts in resolved if facts.low_bar_len_ms == finest]
    offset_ms = 0
    if finest >= 3_600_000:
        offset_ms = 500 * (anchors.hourly_low_from_s + anchors.hourly_low_to_s)
    jitter_s = stream(seed, "tape.factor_low").normal(0.0, _LOW_JITTER_S)
    return (round(float(np.mean(bars))) + offset_ms) // 1000 * 1000 + round(jitter_s) * 1000


def _median_shape(resolved: Sequence[MarketAnchors]) -> tuple[Ints, Floats]:
    """The times that all of these markets have, and the median of their falls, as a part of it."""
    times = common_times_ms(resolved)
    shapes = [
        np.log(facts.price[np.searchsorted(facts.time_ms, times)] / facts.hour_price) / facts.fall
        for facts in resolved
        if facts.fall > 0
    ]
    return times, np.median(np.array(shapes), axis=0)


def _shape(time_ms: Ints, knots_ms: Ints, values: Floats, low_ms: int, recovery_s: float) -> Floats:
    """Straight lines between the knots, but the first recovery is exponential: fast, then slow."""
    shape = np.interp(time_ms, knots_ms, values)
    low = int(np.searchsorted(knots_ms, low_ms))
    end_ms, end = knots_ms[low + 1], values[low + 1]
    rising = (time_ms >= low_ms) & (time_ms <= end_ms)
    elapsed_s = (time_ms[rising] - low_ms) / 1000
    total_s = (end_ms - low_ms) / 1000
    risen = np.expm1(-elapsed_s / recovery_s) / np.expm1(-total_s / recovery_s)
    shape[rising] = -1.0 + (end + 1.0) * risen
    return shape


def _smooth(values: Floats, window: int) -> Floats:
    padded = np.pad(values, (window // 2, window - 1 - window // 2), mode="edge")
    return np.convolve(padded, np.full(window, 1.0 / window), mode="valid")
