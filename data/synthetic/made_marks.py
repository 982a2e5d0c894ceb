"""Mark prices made from a reconstructed path of last prices, and the hourly marks they go through.

A mark follows an index and falls less deep than the last price. Its distance from last, in log
price, is known at whole hours and straight between them; to this is added a part of the depth of
the fall, as much as takes the mark to its recorded low at the low of last. Where no mark is
recorded, the mark falls in proportion to last as it does in the median of the markets that have
one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from crashsim.data.synthetic.anchors import MarketAnchors
from crashsim.data.synthetic.sourced_csv import read_sourced, refuse_rows
from crashsim.data.tape.grid import Floats, Ints
from crashsim.scenarios.errors import InputError

_HOUR_MS = 3_600_000
_PRICES = tuple(f"{kind}_{part}" for kind in ("mark", "last") for part in ("open", "low", "close"))


@dataclass(frozen=True)
class MarketMarks:
    """What is known of one market's mark beside its last price.

    time_ms: (H,) whole hours, ascending; basis: (H,) log of mark over last there. low_price: the
    mark's lowest price of the hour that starts at the key, UTC milliseconds.
    """

    time_ms: Ints
    basis: Floats
    low_price: Mapping[int, float]


_UNKNOWN = MarketMarks(np.empty(0, np.int64), np.empty(0), {})


@dataclass(frozen=True)
class Marks:
    """The recorded marks, by market. fall_ratio: the median of `fall_ratios`."""

    by_market: Mapping[str, MarketMarks]
    fall_ratio: float

    def knows_low(self, facts: MarketAnchors) -> bool:
        """Whether the mark's low of the hour of this market's low is recorded."""
        return facts.hour_ms in self.by_market.get(facts.market, _UNKNOWN).low_price


def read_marks(path: Path) -> Marks:
    """The recorded hours of marks beside last prices.

    A CSV of time (start of an hour), market, and open, low and close of mark and last. Raises
    InputError naming file, market and value.
    """
    frame = read_sourced(path, ("time", "market", *_PRICES), ("time",), _PRICES)
    for name in _PRICES:
        refuse_rows(path, frame, pl.col(name) <= 0, name, "a price above 0")
    off = pl.col("time") % _HOUR_MS != 0
    refuse_rows(path, frame, off, "time", "the start of an hour")
    twice = pl.struct("market", "time").is_duplicated()
    refuse_rows(path, frame, twice, "time", "one row a market and hour")
    ratios = fall_ratios(frame)
    if not ratios.size:
        raise InputError(f"{path}: no hour in which mark and last fell, expected at least one")
    parts = frame.sort("market", "time").partition_by("market", maintain_order=True)
    return Marks({part["market"][0]: _market(part) for part in parts}, float(np.median(ratios)))


def fall_ratios(frame: pl.DataFrame) -> Floats:
    """By market, the log fall of mark over that of last in the hour in which last fell most.

    A fall is from an hour's open to its low.
    """
    log_falls = [
        (pl.col(f"{kind}_open") / pl.col(f"{kind}_low")).log() for kind in ("mark", "last")
    ]
    falls = frame.select("market", log_falls[0].alias("mark"), log_falls[1].alias("last"))
    deepest = falls.sort("market", "last").group_by("market", maintain_order=True).last()
    return (
        deepest.filter(pl.col("last") > 0).select(pl.col("mark") / pl.col("last")).to_numpy()[:, 0]
    )


def mark_path(last: Floats, time_ms: Ints, facts: MarketAnchors, marks: Marks) -> Floats:
    """The mark (T,) on the seconds time_ms (T,) of one market's path of last prices (T,).

    It meets the recorded basis at whole hours and the low of the mark at the low of last, and is
    nowhere in that hour below it.
    """
    own = marks.by_market.get(facts.market, _UNKNOWN)
    low_price = own.low_price.get(
        facts.hour_ms, float(facts.hour_price * np.exp(-marks.fall_ratio * facts.fall))
    )
    hour = (time_ms >= facts.hour_ms) & (time_ms < facts.end_of_hour_ms)
    at = int(np.argmax(hour)) + int(np.argmin(last[hour]))
    depth = np.maximum(np.log(facts.hour_price / last), 0.0)
    line, depth_line = _between_hours(own, time_ms, depth)
    extra = depth - depth_line
    if extra[at] > 0:
        line += (np.log(low_price / last[at]) - line[at]) / extra[at] * extra
    mark = last * np.exp(line)
    mark[hour] = np.maximum(mark[hour], low_price)
    mark[at] = low_price
    return np.asarray(mark)


def _market(rows: pl.DataFrame) -> MarketMarks:
    start = rows["time"].to_numpy()
    opens = np.log((rows["mark_open"] / rows["last_open"]).to_numpy())
    closes = np.log((rows["mark_close"] / rows["last_close"]).to_numpy())
    ends = start + _HOUR_MS
    is_gap = ~np.isin(ends, start)
    time_ms = np.concatenate([start, ends[is_gap]])
    order = np.argsort(time_ms)
    basis = np.concatenate([opens, closes[is_gap]])
    lows = dict(zip(start.tolist(), rows["mark_low"].to_list(), strict=True))
    return MarketMarks(time_ms[order], basis[order], lows)


def _between_hours(own: MarketMarks, time_ms: Ints, depth: Floats) -> tuple[Floats, Floats]:
    """(T,) the basis and (T,) the depth of the fall on straight lines between known hours."""
    known = (own.time_ms >= time_ms[0]) & (own.time_ms <= time_ms[-1])
    if not known.any():
        return np.zeros(time_ms.size), np.zeros(time_ms.size)
    hours_ms = own.time_ms[known]
    depths = depth[np.searchsorted(time_ms, hours_ms)]
    return np.interp(time_ms, hours_ms, own.basis[known]), np.interp(time_ms, hours_ms, depths)
