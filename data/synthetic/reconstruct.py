"""A seeded tape through published price anchors.

Each market goes with the common factor through its own fall and recovery of that hour; what is left
at its anchors is spread between them as the factor moves, and its own noise is pinned to 0 there.
The price above the low is then the length of a plane vector (this level, a second noise): the known
way to hold a random walk above its minimum, and exact at every anchor. Nothing here is recorded but
the anchors and the volume of the window. Marks are made from this path of last prices.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from crashsim.data.clock import utc_text
from crashsim.data.schema import RECONSTRUCTED_MARK, MarketOrigin, Tape
from crashsim.data.synthetic.anchors import (
    MarketAnchors,
    WindowVolume,
    common_times_ms,
    read_anchors,
    read_window_volume,
)
from crashsim.data.synthetic.common_factor import CommonFactor, bridge, common_factor
from crashsim.data.synthetic.made_marks import Marks, mark_path, read_marks
from crashsim.data.synthetic.stages import fallen_log_price, risen_log_price
from crashsim.data.synthetic.streams import stream
from crashsim.data.tape.grid import Floats, Ints
from crashsim.scenarios.errors import InputError
from crashsim.scenarios.models.generate import Anchors

_HOUR_MS = 3_600_000
_SECOND_MS = 1_000
_WARP_MS = 30_000  # a market's own low moves only what lies this near: the rest is by the clock


@dataclass(frozen=True)
class Published:
    """What is published of a night: by market its anchors, its window volume, and maybe marks."""

    markets: tuple[MarketAnchors, ...]
    volumes: Mapping[str, WindowVolume]
    marks: Marks | None


def read_published(anchors: Anchors) -> Published:
    """The files of `[prices.anchors]`. Raises InputError where they are wrong."""
    markets = read_anchors(anchors.path)
    volumes = read_window_volume(anchors.volume_path)
    unknown = [facts.market for facts in markets if facts.market not in volumes]
    if unknown:
        raise InputError(f"{anchors.volume_path}: no volume for {', '.join(unknown)}")
    marks = None if anchors.mark_path is None else read_marks(anchors.mark_path)
    return Published(markets, volumes, marks)


def reconstruct_tape(
    anchors: Anchors, time_ms: Ints, seed: int, volume_scale: float, price_kind: str = "last"
) -> Tape:
    """A tape on the grid time_ms (T,), which must lie between the first and the last anchor.

    price_kind: what the anchors are where anchors.mark_path is None; else they are last prices, and
    the tape holds both them and the marks made from them.

    The path is drawn on whole seconds and read off at the grid's times (the last second at or
    before each), so it is the same on every grid. Volume is the published volume of the window
    times volume_scale; per second it goes with the factor's pace, thinned as the fall proceeds, and
    with the size of the market's own noise; before the window the same rate per pace is assumed.
    Funding rates are not known, and 0. Raises InputError where the files are wrong or the grid
    leaves them.
    """
    tape = tape_through(read_published(anchors), anchors, time_ms, seed, price_kind)
    return replace(tape, volume_usd=tape.volume_usd * volume_scale)


def tape_through(
    published: Published, anchors: Anchors, time_ms: Ints, seed: int, price_kind: str = "last"
) -> Tape:
    """The tape of `reconstruct_tape` through what is published, with the volume whole."""
    markets = published.markets
    seconds_ms = _seconds(anchors, markets, time_ms)
    factor = common_factor(anchors, markets, seconds_ms, seed)
    noise = stream(seed, "tape.own").standard_normal((seconds_ms.size, len(markets))).T
    lows_ms = _low_times_ms(anchors, markets, factor, seed)
    at = (time_ms - seconds_ms[0]) // _SECOND_MS
    paths = [
        _path(anchors, facts, int(low_ms), factor, own)
        for facts, low_ms, own in zip(markets, lows_ms, noise, strict=True)
    ]
    traded = [
        _volume(anchors, factor, own, published.volumes[facts.market])
        for facts, own in zip(markets, noise, strict=True)
    ]
    tape = Tape(
        time_ms=time_ms,
        markets=tuple(facts.market for facts in markets),
        mark=_read_off(paths, at),
        volume_usd=np.stack([_between(volume, at) for volume in traded], axis=1),
        funding_rate=np.zeros((time_ms.size, len(markets))),
        origins=_origins(markets, price_kind, anchors.path.name),
    )
    if published.marks is None or anchors.mark_path is None:
        return tape
    made = [
        mark_path(path, seconds_ms, facts, published.marks)
        for path, facts in zip(paths, markets, strict=True)
    ]
    source = f"{anchors.path.name} and {anchors.mark_path.name}"
    origins = _origins(markets, RECONSTRUCTED_MARK, source)
    return replace(tape, mark=_read_off(made, at), last=tape.mark, origins=origins)


def _read_off(paths: Sequence[Floats], at: Ints) -> Floats:
    return np.stack([path[at] for path in paths], axis=1)


def _origins(
    markets: Sequence[MarketAnchors], price_kind: str, source: str
) -> dict[str, MarketOrigin]:
    origin = MarketOrigin(price_kind, "reconstructed", source)
    return {facts.market: origin for facts in markets}


def _seconds(anchors: Anchors, markets: Sequence[MarketAnchors], time_ms: Ints) -> Ints:
    """Whole seconds from the first common anchor to one past the grid and the lows."""
    common = common_times_ms(markets)
    last_needed = max(int(time_ms[-1]), *(facts.hour_ms + _HOUR_MS for facts in markets))
    after = common[common >= last_needed]
    if not after.size or time_ms[0] < common[0]:
        raise InputError(
            f"{anchors.path}: the anchors cover {_span(common)}, "
            f"found a window from {_span(time_ms)}"
        )
    return np.arange(common[0], after[0] + _SECOND_MS, _SECOND_MS, dtype=np.int64)


def _span(time_ms: Ints) -> str:
    return f"{utc_text(int(time_ms[0]))} to {utc_text(int(time_ms[-1]))}"


def _low_times_ms(
    anchors: Anchors, markets: Sequence[MarketAnchors], factor: CommonFactor, seed: int
) -> Ints:
    """When each market reaches its low: around the factor's, within the bar that holds it."""
    spread_s = stream(seed, "tape.low_times").normal(0.0, anchors.low_spread_s, len(markets))
    wished_ms = factor.low_ms + np.round(spread_s).astype(np.int64) * _SECOND_MS
    bar_ms = np.array([facts.low_bar_ms for facts in markets])
    length_ms = np.array([facts.low_bar_len_ms for facts in markets])
    hourly = length_ms == _HOUR_MS
    first_ms = bar_ms + np.where(hourly, anchors.hourly_low_from_s, 1) * _SECOND_MS
    last_ms = np.where(hourly, bar_ms + anchors.hourly_low_to_s * 1000, bar_ms + length_ms - 1000)
    return np.clip(wished_ms, first_ms, last_ms)


@dataclass(frozen=True)
class _Knots:
    """Where one market's price is known: indices into the seconds, and the log price there."""

    at: Ints
    log_price: Floats
    price: Floats


def _knots(facts: MarketAnchors, low_ms: int, seconds_ms: Ints) -> _Knots:
    known = facts.time_ms <= seconds_ms[-1]
    known &= facts.time_ms != low_ms  # an anchor in the second of the low is the low
    times = np.append(facts.time_ms[known], low_ms)
    price = np.append(facts.price[known], facts.low_price)
    order = np.argsort(times)
    at = (times[order] - seconds_ms[0]) // _SECOND_MS
    return _Knots(at, np.log(price[order]), price[order])


def _path(
    anchors: Anchors, facts: MarketAnchors, low_ms: int, factor: CommonFactor, drawn: Floats
) -> Floats:
    """The price of one market at every second, (T,). drawn: (T,) standard normal."""
    knots = _knots(facts, low_ms, factor.time_ms)
    warp = _warp(factor, low_ms)
    own = np.cumsum(drawn * factor.deviation) * anchors.own_noise
    common, second = (warp.of(walk) for walk in factor.noise.T)
    # Volatility grows with the root of a market's fall: measured on recorded bars of that night.
    wide = np.sqrt(facts.fall)
    level = _level(facts, low_ms, factor, warp, anchors.fall_power) + wide * (common + own)
    left = knots.log_price - level[knots.at]
    level += np.interp(factor.clock, factor.clock[knots.at], left)
    second = wide * bridge(second, factor.clock, knots.at)
    log_low = np.log(facts.low_price)
    price: Floats = np.exp(log_low + np.hypot(level - log_low, second))
    np.maximum(price, facts.low_price, out=price)  # exp and log lose the last digit
    price[knots.at] = knots.price
    return price


@dataclass(frozen=True)
class _Warp:
    """The factor's time at the seconds of a market whose low is not at the factor's.

    Only the seconds of `span` differ: there the factor's time is `time_s`, in steps of its grid.
    """

    span: slice
    time_s: Floats

    def of(self, values: Floats) -> Floats:
        """Values (T,) of the factor at the market's seconds."""
        warped = values.copy()
        warped[self.span] = np.interp(self.time_s, np.arange(values.size), values)
        return warped


def _level(
    facts: MarketAnchors, low_ms: int, factor: CommonFactor, warp: _Warp, power: float
) -> Floats:
    """The log price of a market that has gone as far as the factor."""
    low = int(np.searchsorted(factor.time_ms, low_ms))
    fallen, risen = warp.of(factor.fallen)[:low], warp.of(factor.risen)[low:]
    parts = fallen_log_price(fallen, facts, power), risen_log_price(risen, facts, factor.end_ms)
    return np.concatenate(parts)


def _warp(factor: CommonFactor, low_ms: int) -> _Warp:
    first, last = sorted((low_ms, factor.low_ms))
    knots_ms = factor.knots_ms
    place = int(np.searchsorted(knots_ms, first - _WARP_MS, side="right")) - 1
    before = knots_ms[max(place, 0)]
    after = knots_ms[min(int(np.searchsorted(knots_ms, last + _WARP_MS)), knots_ms.size - 1)]
    own, common = (
        (np.array([before, low, after]) - factor.time_ms[0]) / _SECOND_MS
        for low in (low_ms, factor.low_ms)
    )
    span = slice(int(own[0]), int(min(own[2], factor.time_ms.size - 1)) + 1)
    return _Warp(span, np.interp(np.arange(span.start, span.stop), own, common))


def _volume(
    anchors: Anchors, factor: CommonFactor, own_noise: Floats, window: WindowVolume
) -> Floats:
    """USD traded up to and including every second since the first, (T,)."""
    within = (factor.time_ms > window.start_ms) & (factor.time_ms <= window.end_ms)
    if window.start_ms < factor.time_ms[0] or window.end_ms > factor.time_ms[-1]:
        raise InputError(
            f"{anchors.volume_path}: a window to {utc_text(window.end_ms)} leaves the anchors of "
            f"{anchors.path.name}"
        )
    pace = factor.traded * (1.0 + np.abs(own_noise))
    return np.asarray(np.cumsum(pace) * (window.volume_usd / pace[within].sum()))


def _between(running: Floats, at: Ints) -> Floats:
    """What was added between the grid's times; nothing at the first."""
    return np.diff(running[at], prepend=running[at[0]])
