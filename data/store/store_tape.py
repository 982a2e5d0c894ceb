"""The rows of a scenario whose prices come from the store: `[prices] source = "store:binance"`."""

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl

from crashsim.data.book.market_match import MarketIndex
from crashsim.data.checked.table import PLACE, Table
from crashsim.data.clock import utc_text
from crashsim.data.store.bars import bars_from_store
from crashsim.data.store.datasets import MANY_MARKETS
from crashsim.data.store.kinds import INTERVAL
from crashsim.data.store.store import Store, open_store
from crashsim.data.tape.price_file import PriceRows, Settlements, price_rows
from crashsim.scenarios.errors import InputError
from crashsim.scenarios.instruments.market_names import is_in_dollars, venue_of

_SHOWN = 5
_SECOND_MS = 1000


def store_rows(
    source: str,
    start_ms: int,
    end_ms: int,
    default_volume_usd: float | None,
    store: Store | None = None,
    *,
    other_volume: bool = False,
    names_of: str | None = None,
) -> PriceRows:
    """Checked bars of a source of the store that overlap [start_ms, end_ms], UTC ms.

    A market whose volume the store does not know gets default_volume_usd (per second, as in
    `[prices]`); with other_volume, a second file gives all volumes. names_of: the venue whose
    spelling the markets follow where the source does not say it. Raises InputError where the
    store has nothing, and where a volume is unknown and neither is given.
    """
    venue = venue_of(source.partition("/")[0]) or names_of
    name = f"store:{source}"
    found = bars_from_store(source, None, start_ms, end_ms, store)
    bars, left_out = _in_dollars(found, venue)
    notes = (*left_out, *_notes(bars, start_ms, end_ms), *_without_volume(bars))
    bars = bars.drop("is_recorded")
    unknown = bars.filter(pl.col("volume_usd").is_null())["market"].unique().sort()
    if other_volume or (
        len(unknown) == bars["market"].n_unique() and default_volume_usd is not None
    ):
        bars = bars.drop("volume_usd")
    elif len(unknown) and default_volume_usd is None:
        raise InputError(
            f"{name}: no volume for {_shown(unknown.to_list())}"
            ": bring in last-price candles or trades of the same source, or set"
            " prices.default_volume_usd (USD per second and market, 0 allowed)"
        )
    elif len(unknown) and default_volume_usd is not None:
        bars = _with_default(bars, default_volume_usd)
    rows = price_rows(_table(name, bars, notes), venue)
    stored = _funding(store or open_store(), source.partition("/")[0], start_ms, end_ms)
    funding = _under_names_of(stored, rows.markets, venue)
    settlements = _settlements(funding, rows.markets, name)
    unpriced = sorted(set(funding["market"]) - set(rows.markets))
    note = f"funding rates of markets without prices, not used: {_shown(unpriced)}"
    return replace(rows, settlements=settlements, notes=(*rows.notes, *([note] * bool(unpriced))))


def _funding(store: Store, source: str, start_ms: int, end_ms: int) -> pl.DataFrame:
    """market, time_ms, funding_rate of what was settled in [start_ms, end_ms], each once.

    Venues stamp a rate some ms after its second. A payment to an account, in `events`, carries the
    rate too; all that are booked in a minute are of one settlement, at its start.
    """
    late = _SECOND_MS // 2
    stamped = store.read(source, MANY_MARKETS, "funding", start_ms - late, end_ms + late)
    second = (pl.col("time").dt.epoch("ms") + late) // _SECOND_MS * _SECOND_MS
    events = store.scan(source, MANY_MARKETS, "events", start_ms, end_ms + 60 * _SECOND_MS)
    paid = events.filter(pl.col("type") == "funding", pl.col("funding_rate").is_not_null())
    rates = [
        rows.select("market", at.alias("time_ms"), "funding_rate").unique()
        for rows, at in (
            (stamped.lazy(), second),
            (paid, pl.col("time").dt.truncate("1m").dt.epoch("ms")),
        )
    ]
    inside = pl.col("time_ms").is_between(start_ms, end_ms)
    return pl.concat(rates).filter(inside).unique().sort("market", "time_ms").collect()


def _under_names_of(
    funding: pl.DataFrame, markets: tuple[str, ...], venue: str | None
) -> pl.DataFrame:
    """The rates under the names that the prices have for the same instruments, each once."""
    index = MarketIndex(dict.fromkeys(markets, venue))
    names = {name: _same(index, name, venue) for name in funding["market"].unique().sort()}
    renamed = funding.with_columns(pl.col("market").replace(names))
    return renamed.unique().sort("market", "time_ms")


def _same(index: MarketIndex, name: str, venue: str | None) -> str:
    """The market that is the same instrument, in the same units and money; else the name."""
    try:
        found = index.find(name, venue)
    except InputError:
        return name
    is_other = found.is_dollar_apart or found.is_spot_price or found.own_units != found.tape_units
    return name if is_other else found.market


def _settlements(funding: pl.DataFrame, markets: tuple[str, ...], name: str) -> Settlements:
    """The rates of these markets; InputError where two are given for one market and second."""
    known = funding.filter(pl.col("market").is_in(markets))
    twice = known.filter(pl.struct("market", "time_ms").is_duplicated())
    if twice.height:
        market, time_ms, _ = twice.row(0)
        raise InputError(
            f"{name}: two different funding rates of {market} at {utc_text(time_ms)}: expected"
            " one; `crashsim data ls` shows which files they come from, keep one of them"
        )
    return Settlements(
        market=np.searchsorted(markets, known["market"].to_list()).astype(np.int64),
        time_ms=known["time_ms"].to_numpy(),
        rate=known["funding_rate"].to_numpy(),
    )


def _in_dollars(bars: pl.DataFrame, venue: str | None) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """The markets that are priced in a dollar, unless none is, and what is left out."""
    markets = bars["market"].unique().sort()
    other = [market for market in markets if not is_in_dollars(market, venue)]
    if not other or len(other) == len(markets):
        return bars, ()
    note = f"left out, since their prices are in no dollar: {_shown(other)}"
    return bars.filter(~pl.col("market").is_in(other)), (note,)


def _with_default(bars: pl.DataFrame, per_second_usd: float) -> pl.DataFrame:
    default = pl.col(INTERVAL) * per_second_usd
    return bars.with_columns(pl.coalesce("volume_usd", default).alias("volume_usd"))


def _notes(bars: pl.DataFrame, start_ms: int, end_ms: int) -> tuple[str, ...]:
    """How often a market has a recorded mark or no trade, where marks are made by the second."""
    at = pl.col("time").dt.epoch("ms")
    made = bars.filter(pl.col("is_recorded").is_not_null(), at >= start_ms, at <= end_ms)
    if made.is_empty():
        return ()
    minute = pl.col("time").dt.truncate("1m")
    traded = made.group_by("market", minute, maintain_order=True).agg(pl.col("volume_usd").sum())
    quiet = traded.filter(pl.col("volume_usd") == 0).group_by("market", maintain_order=True).len()
    counts = made.group_by("market", maintain_order=True).agg(pl.col("is_recorded").sum())
    recorded = _shown([f"{market} {count} s" for market, count in counts.rows()])
    notes = [f"recorded marks in {recorded}; between them trades, shifted to meet them"]
    if quiet.height:
        without = _shown([f"{market} {count} min" for market, count in quiet.rows()])
        notes.append(f"minutes without a trade, volume 0: {without}")
    return tuple(notes)


def _without_volume(bars: pl.DataFrame) -> tuple[str, ...]:
    """A sentence on markets whose every volume is 0, as files of mark candles have it."""
    most = bars.group_by("market").agg(pl.col("volume_usd").max()).sort("market")
    silent = most.filter(pl.col("volume_usd") == 0)["market"].to_list()
    if not silent:
        return ()
    return (f"{_shown(silent)}: volume 0 throughout: nothing can be closed on the order book",)


def _shown(names: list[str]) -> str:
    more = f" and {len(names) - _SHOWN} more markets" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


def _table(name: str, bars: pl.DataFrame, notes: tuple[str, ...]) -> Table:
    """The bars as a table; its fingerprint is that of the bars, in the order of the table."""
    digest = hashlib.sha256(bars.write_csv().encode()).hexdigest()
    placed = bars.with_columns(pl.int_range(1, pl.len() + 1).alias(PLACE))
    # The name has no folder: what follows a slash would look like the file's name.
    return Table(Path(name.replace("/", " ")), "row", placed, digest, notes=notes)
