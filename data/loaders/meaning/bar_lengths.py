"""The length of bars in files that give only the open time, and the bars that do not fit it."""

from dataclasses import dataclass, replace

import polars as pl

from crashsim.scenarios.errors import InputError


class NamedLengthError(InputError):
    """The name of a file says another length of bars than its rows."""


MAX_BAR_S = 31 * 86_400
MISFITS_FRAC = 0.1  # more bars off the grid than this, and the length is in doubt
_SHOWN_GAPS = 3
_REGULAR_GAPS = 6  # so many equal distances are no chance of a thin market
_REGULAR_RUN = 20  # nor so many one after another among others


@dataclass(frozen=True)
class BarGrid:
    """Bars of one length, each market's on a grid of that length.

    interval_s: the length. notes: what was left out.
    """

    bars: pl.DataFrame
    interval_s: int
    notes: tuple[str, ...] = ()


def bars_on_grid(
    bars: pl.DataFrame, path: str, interval_s: int | None = None, named_s: int | None = None
) -> BarGrid:
    """The bars that fit the length of most, without those that do not (unfinished, off the grid).

    bars: time, market and what else they have. The length is interval_s (`--interval`), else what
    the file's name says (named_s, which the rows must not contradict), else what most distances of
    two bars of a market show: a gap lengthens a distance and an unfinished bar shortens one, so it
    is never simply the smallest.
    Raises InputError where the length cannot be seen, or name and rows disagree.
    """
    gaps = _gaps_ms(bars)
    if interval_s:
        return _fitted(bars, interval_s * 1000)
    fitting = _likely_ms(bars, gaps)
    if named_s is not None:
        if gaps and not _fits(bars, named_s * 1000):
            raise NamedLengthError(
                f"{path}: its name says bars of {named_s} s, its rows are {_listed(gaps)} apart; "
                "say the length with --interval (seconds)"
            )
        _refuse_longer_name(path, named_s, fitting)
        named = _fitted(bars, named_s * 1000)
        if gaps and fitting and named_s * 1000 not in dict(gaps):
            note = f"no two bars are {named_s} s apart as the name says, but {_listed(gaps)}"
            return replace(named, notes=(*named.notes, note))
        return named
    if fitting is None:
        found = f"bars {_listed(gaps)} apart" if gaps else "no market has two bars"
        raise InputError(
            f"{path}: the length of its bars cannot be seen ({found}); say it with --interval 60, "
            "or in a column interval_s (seconds)"
        )
    _refuse_two_lengths(bars, path, fitting)
    return _fitted(bars, fitting)


def _refuse_longer_name(path: str, named_s: int, fitting_ms: int | None) -> None:
    if fitting_ms is not None and fitting_ms < named_s * 1000:
        raise NamedLengthError(
            f"{path}: its name says bars of {named_s} s, its rows are {fitting_ms / 1000:g} s"
            " apart; say the length with --interval (seconds)"
        )


def _apart(bars: pl.DataFrame) -> pl.DataFrame:
    """market, gap: the distances of neighbouring bars of a market, ms."""
    times = bars.select("market", at=pl.col("time").dt.epoch("ms")).unique().sort("market", "at")
    return times.select("market", gap=pl.col("at").diff().over("market")).drop_nulls()


def _gaps_ms(bars: pl.DataFrame) -> list[tuple[int, int]]:
    """(distance, how often), the most frequent first, of equally frequent ones the longest."""
    counted = _apart(bars).group_by("gap").len().sort(["len", "gap"], descending=True)
    return list(counted.iter_rows())


def _likely_ms(bars: pl.DataFrame, gaps: list[tuple[int, int]]) -> int | None:
    """The length that the distances show; None where they leave it open.

    One that all bars fit is it, if it is most distances or a good part of them. One that is most
    distances is it too, if only a few bars do not fit. Of rare distances the one that all bars fit
    is it, unless a bar at the end may be unfinished.
    """
    total = sum(count for _, count in gaps)
    lengths = [(ms, n) for ms, n in gaps if ms % 1000 == 0 and ms <= MAX_BAR_S * 1000]
    exact = [(ms, n) for ms, n in lengths if not _off_grid(bars, ms).any()]
    for ms, count in exact:
        if 2 * count > total or (count > 1 and 4 * count >= total):
            return ms
    for ms, count in lengths:
        if 2 * count > total and _fits(bars, ms):
            return ms
    rare = exact[0][0] if exact else None
    return None if rare is None or _ends_early(bars, rare) else rare


def _ends_early(bars: pl.DataFrame, length_ms: int) -> bool:
    """Whether a market's shortest distance is its last, as that of an unfinished bar is."""
    apart = (
        _apart(bars)
        .group_by("market", maintain_order=True)
        .agg(pl.col("gap").last().alias("last"), pl.col("gap").min().alias("least"), pl.len())
    )
    found = (
        (pl.col("len") > 1) & (pl.col("last") == pl.col("least")) & (pl.col("last") == length_ms)
    )
    return bool(apart.select(found.any()).item())


def _refuse_two_lengths(bars: pl.DataFrame, path: str, length_ms: int) -> None:
    """Refuse a market with a run of another distance, the same each time: not gaps, but other bars.

    The run is all of the market's distances, or a long one beside others.
    """
    runs = (
        _apart(bars)
        .with_columns(pl.struct("market", "gap").rle_id().alias("run"))
        .group_by("run")
        .agg(pl.col("market", "gap").first(), pl.len())
        .with_columns(pl.len().over("market").alias("runs"))
    )
    least = pl.when(pl.col("runs") == 1).then(_REGULAR_GAPS).otherwise(_REGULAR_RUN)
    others = runs.filter((pl.col("gap") != length_ms) & (pl.col("len") >= least)).sort("run")
    if others.is_empty():
        return
    market, gap = others.select("market", "gap").row(0)
    raise InputError(
        f"{path}: holds bars of two lengths ({market} every {gap / 1000:g} s, other rows every "
        f"{length_ms / 1000:g} s); state each row's length in a column interval_s (seconds), or "
        "split the file"
    )


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


def _listed(gaps: list[tuple[int, int]]) -> str:
    return ", ".join(f"{gap / 1000:g} s" for gap, _ in gaps[:_SHOWN_GAPS])
