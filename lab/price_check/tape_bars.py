"""Recorded bars, matched to the markets of a tape, and the same bars of a path of the tape."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from crashsim.data.book.market_match import MarketIndex, Match, MismatchError, Use
from crashsim.data.tape.foreign_prices import any_price_rows
from crashsim.data.tape.grid import Floats, Ints
from crashsim.data.tape.price_file import OHLC, PriceRows
from crashsim.scenarios.errors import InputError

_STILL_FRAC = 0.25  # of the bars: a market that stood still for so long says nothing of others


@dataclass(frozen=True)
class RecordedBars:
    """Bars of markets of a tape, and what was left out.

    bars: market, time_ms (open, UTC), length_ms, open, high, low, close (USD per unit of the tape's
    base) and volume_usd (null where a file has none), by market, then time.
    """

    bars: pl.DataFrame
    notes: tuple[str, ...]

    @property
    def markets(self) -> list[str]:
        """The markets with bars, ascending."""
        return sorted(self.bars["market"].unique())


def read_recorded(paths: Sequence[Path], markets: Sequence[str]) -> RecordedBars:
    """The bars of these files for these markets, of each market the shortest bars.

    Raises InputError for a file without bars, and where no file has any market of the tape.
    """
    index = MarketIndex(dict.fromkeys(markets))
    frames, notes = [], []
    for path in paths:
        rows = any_price_rows(path)
        if not rows.is_bars:
            raise InputError(f"{path}: holds marks, expected bars: open, high, low and close")
        found = {market: _match(index, market, rows.venue) for market in rows.markets}
        absent = [market for market, match in found.items() if match is None]
        if absent:
            notes.append(f"{path.name}: {len(absent)} not in the scenario: {_some(absent)}")
        notes += [f"{path.name}: {note}" for note in rows.notes]
        frames.append(_frame(rows, found))
    bars = pl.concat(frames)
    if bars.is_empty():
        names = ", ".join(path.name for path in paths)
        raise InputError(f"{names}: no market of the scenario, expected bars of one, as BTCUSDT")
    return _shortest(bars, notes)


def within(recorded: RecordedBars, first_ms: int, end_ms: int) -> RecordedBars:
    """The bars that touch [first_ms, end_ms), without the markets that stood still there."""
    last_ms = pl.col("time_ms") + pl.col("length_ms")
    inside = recorded.bars.filter((last_ms > first_ms) & (pl.col("time_ms") < end_ms))
    stood = (pl.col("high") == pl.col("low")).mean().alias("stood")
    by_market = inside.sort("market", "time_ms").group_by("market", maintain_order=True).agg(stood)
    still = by_market.filter(pl.col("stood") >= _STILL_FRAC)["market"]
    notes = [f"{market} stood still in a quarter of its bars or more: not used" for market in still]
    kept = inside.filter(~pl.col("market").is_in(still.to_list()))
    return RecordedBars(kept, (*recorded.notes, *notes, *_gaps(kept)))


def _gaps(bars: pl.DataFrame) -> list[str]:
    """A sentence for each market that lacks bars between its first and its last."""
    at = pl.col("time_ms")
    whole = (at.max() - at.min()) // pl.col("length_ms").first() + 1
    lacking = bars.group_by("market", maintain_order=True).agg(lack=whole - pl.len())
    return [
        f"{market}: {lack} bars are missing between its first and its last, so what is said of it, "
        "its low too, is of the others"
        for market, lack in lacking.filter(pl.col("lack") > 0).iter_rows()
    ]


def bars_of_path(
    price: Floats, volume_usd: Floats, time_ms: Ints, bars: pl.DataFrame
) -> pl.DataFrame:
    """close, low, high and volume_usd of a path (T,) on the steps time_ms (T,) of the same bars.

    A bar has the prices of its steps open <= t < open + length, and the volume of (open, end].
    """
    start = bars["time_ms"].to_numpy()
    end = start + bars["length_ms"].to_numpy()
    first, after = np.searchsorted(time_ms, start), np.searchsorted(time_ms, end)
    traded = np.append(0.0, np.cumsum(volume_usd))
    volume_at = [traded[np.searchsorted(time_ms, edge, side="right")] for edge in (start, end)]
    edges = np.column_stack([first, after]).ravel()
    padded = np.append(price, price[-1])  # the end of the last bar may be the end of the path
    return pl.DataFrame(
        {
            "close": price[after - 1],
            "low": np.minimum.reduceat(padded, edges)[::2],
            "high": np.maximum.reduceat(padded, edges)[::2],
            "volume_usd": volume_at[1] - volume_at[0],
        }
    )


def _match(index: MarketIndex, market: str, venue: str | None) -> Match | None:
    try:
        return index.find(market, venue, Use.PRICE)
    except MismatchError:
        return None


def _frame(rows: PriceRows, found: dict[str, Match | None]) -> pl.DataFrame:
    names = [None if (match := found[each]) is None else match.market for each in rows.markets]
    units = [1.0 if m is None else m.tape_units / m.own_units for m in found.values()]
    unit = np.array(units)[rows.market]
    none = pl.repeat(None, rows.market.size, dtype=pl.Float64, eager=True)
    frame = pl.DataFrame(
        {
            "market": pl.Series(names, dtype=pl.String).gather(rows.market),
            "time_ms": rows.time_ms,
            "length_ms": rows.spacing_ms[rows.market],
            **{name: rows.prices[name] * unit for name in OHLC},
            "volume_usd": none if rows.volume_usd is None else rows.volume_usd,
        }
    )
    return frame.drop_nulls("market")


def _shortest(bars: pl.DataFrame, notes: Sequence[str]) -> RecordedBars:
    shortest = pl.col("length_ms") == pl.col("length_ms").min().over("market")
    longer = bars.filter(~shortest)["market"].unique().sort().to_list()
    told = [f"of {_some(longer)} the shortest bars are used"] if longer else []
    kept = bars.filter(shortest).sort("market", "time_ms")
    twice = kept.filter(pl.struct("market", "time_ms").is_duplicated())
    if twice.height:
        market = twice["market"][0]
        raise InputError(f"{market} has two bars at one time, expected it in one file of a length")
    return RecordedBars(kept, (*notes, *told))


def _some(names: Sequence[str], most: int = 5) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
