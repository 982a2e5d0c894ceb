"""Recorded liquidations and auto-deleveraging beside those of a run."""

from dataclasses import dataclass
from datetime import datetime

import polars as pl

from crashsim.data.book.market_match import MarketIndex, MismatchError, Use
from crashsim.data.checked.recorded_closings import with_totals
from crashsim.engine.arrays import rows_by
from crashsim.engine.readings.minutes import forced_closings
from crashsim.lab.folders.run_folder import RunFolder
from crashsim.lab.folders.run_names import find_run
from crashsim.scenarios.errors import InputError
from crashsim.scenarios.instruments.market_names import venue_of

_KEYS = ("kind", "market", "time")
_TABLES = ("liquidations", "adl_fills")
_NUMBERS = ("recorded", "recorded_usd", "replayed", "replayed_usd")


@dataclass(frozen=True)
class Closings:
    """Counts and USD by kind, market and time (minute; null: all of them together).

    Of a record alone by source too; beside a run, of both sides. notes: what was left out.
    """

    rows: pl.DataFrame
    notes: tuple[str, ...] = ()


def closings_of(recorded: pl.DataFrame, against: str | None) -> Closings:
    """Recorded closings (CLOSING_COLUMNS) with totals, beside those of the run of this name.

    Raises InputError.
    """
    if against is None:
        return Closings(with_totals(recorded, ("source", "kind")))
    return beside_run(recorded, find_run(against))


def beside_run(recorded: pl.DataFrame, run: RunFolder) -> Closings:
    """Recorded closings (CLOSING_COLUMNS of one source) beside those of a run, in its window.

    A market of the record has the run's name for it where the run replays it. Raises InputError for
    several sources, since a run is of one venue.
    """
    sources = recorded["source"].unique().sort().to_list()
    if len(sources) > 1:
        raise InputError(
            f"--against: liquidations or ADL of {', '.join(sources)}, expected those of one venue;"
            " name it with --source, or check its files alone"
        )
    window = run.manifest.window
    start, end = (datetime.fromisoformat(text) for text in (window.start, window.end))
    inside = recorded.filter(pl.col("time").is_between(pl.lit(start).dt.truncate("1m"), end))
    names = _names(inside["market"].unique().to_list(), sources[0] if sources else "", run)
    theirs = inside.select(
        "kind",
        pl.col("market").replace(names),
        "time",
        recorded="count",
        recorded_usd="notional_usd",
    )
    replayed = forced_closings({name: run.table(name) for name in _TABLES})
    ours = replayed.rename({"count": "replayed", "notional_usd": "replayed_usd"})
    summed = [rows_by(side, *_KEYS).agg(pl.exclude(_KEYS).sum()) for side in (theirs, ours)]
    both = summed[0].join(summed[1], on=_KEYS, how="full", coalesce=True)
    filled = both.select(*_KEYS, pl.col(_NUMBERS).fill_null(0)).sort(_KEYS)
    left_out = int(recorded["count"].sum()) - int(inside["count"].sum())
    note = f"{left_out:,} of the record lie outside the run's window and are left out"
    return Closings(with_totals(filled, ("kind",)), (note,) if left_out else ())


def _names(markets: list[str], source: str, run: RunFolder) -> dict[str, str]:
    """Names of the record -> the run's, where the run has the instrument or a price of it."""
    origins = run.manifest.provenance.markets
    index = MarketIndex({name: origin.venue for name, origin in origins.items()})
    names = {}
    for market in markets:
        try:
            names[market] = index.find(market, venue_of(source), Use.PRICE).market
        except MismatchError:
            continue  # it keeps its own name, beside which the run has nothing
    return names
