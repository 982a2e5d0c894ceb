"""The length of bars in files that give only the open time, and the bars that do not fit it."""

from dataclasses import dataclass

import polars as pl

from crashsim.data.loaders.format import Options
from crashsim.data.loaders.reading.blob import Blob
from crashsim.scenarios.errors import InputError

MAX_BAR_S = 31 * 86_400
MISFITS_FRAC = 0.1  # more bars off the grid than this, and the length is in doubt
_SHOWN_GAPS = 3


@dataclass(frozen=True)
class BarGrid:
    """Bars of one length, each market's on a grid of that length.

    interval_s: the length. notes: what was left out.
    """

    bars: pl.DataFrame
    interval_s: int
    notes: tuple[str, ...] = ()


def bars_on_grid(
    bars: pl.DataFrame, blob: Blob, options: Options, stated_s: int | None = None
) -> BarGrid:
    """The bars that fit the length of most, without those that do not (unfinished, off the grid).

    The length is `--interval`, else what the file's name states (stated_s, which the rows must not
    contradict), else the most frequent distance of two bars of a market on which all others but a
    few fit. A gap lengthens distances; an unfinished bar shortens one: never the smallest.
    Raises InputError where the length cannot be seen, or name and rows disagree.
    """
    gaps = _gaps_ms(bars)
    if options.interval_s:
        return _fitted(bars, options.interval_s * 1000)
    fitting = next((each for each in gaps if _is_length(each) and _fits(bars, each)), None)
    if stated_s is not None:
        if gaps and not _fits(bars, stated_s * 1000):
            raise InputError(
                f"{blob.path}: its name says bars of {stated_s} s, its rows are {_listed(gaps)} "
                "apart; say the length with --interval (seconds)"
            )
        _refuse_longer_name(blob, stated_s, fitting)
        return _fitted(bars, stated_s * 1000)
    if fitting is None:
        found = f"bars {_listed(gaps)} apart" if gaps else "no market has two bars"
        raise InputError(
            f"{blob.path}: the length of its bars cannot be seen ({found}); say it with"
            " --interval 60 (seconds)"
        )
    return _fitted(bars, fitting)


def _refuse_longer_name(blob: Blob, stated_s: int, fitting_ms: int | None) -> None:
    if fitting_ms is not None and fitting_ms < stated_s * 1000:
        raise InputError(
            f"{blob.path}: its name says bars of {stated_s} s, its rows are {fitting_ms / 1000:g} s"
            " apart; say the length with --interval (seconds)"
        )


def _gaps_ms(bars: pl.DataFrame) -> list[int]:
    """Distances of neighbouring bars of a market, the most frequent first, then the longest."""
    times = bars.select("market", at=pl.col("time").dt.epoch("ms")).unique().sort("market", "at")
    gaps = times.select(gap=pl.col("at").diff().over("market")).drop_nulls()
    counted = gaps.group_by("gap").len().sort(["len", "gap"], descending=True)
    return counted["gap"].to_list()


def _is_length(gap_ms: int) -> bool:
    return gap_ms % 1000 == 0 and gap_ms <= MAX_BAR_S * 1000


def _off_grid(bars: pl.DataFrame, length_ms: int) -> pl.Series:
    """Which bars do not lie on the grid on which most bars of their market lie."""
    phase = pl.col("time").dt.epoch("ms") % length_ms
    usual = phase.mode().sort().first().over("market")
    return bars.select(phase != usual).to_series()


def _fits(bars: pl.DataFrame, length_ms: int) -> bool:
    off = int(_off_grid(bars, length_ms).sum())
    return off <= max(1, MISFITS_FRAC * bars.height)


def _fitted(bars: pl.DataFrame, length_ms: int) -> BarGrid:
    off = _off_grid(bars, length_ms)
    if not off.any():
        return BarGrid(bars, length_ms // 1000)
    first = bars.filter(off)["time"][0]
    note = (
        f"{int(off.sum())} bars off the grid of {length_ms // 1000} s were left out, the first at "
        f"{first:%Y-%m-%d %H:%M:%S} UTC (an unfinished candle?)"
    )
    return BarGrid(bars.filter(~off), length_ms // 1000, (note,))


def _listed(gaps: list[int]) -> str:
    return ", ".join(f"{gap / 1000:g} s" for gap in gaps[:_SHOWN_GAPS])
