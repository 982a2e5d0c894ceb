"""What is recorded of a venue: a snapshot, and the fills and events after it."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from crashsim.data.clock import utc_words
from crashsim.data.store.kinds import KINDS
from crashsim.scenarios.errors import InputError


@dataclass(frozen=True)
class Record:
    """The record of one venue's main perpetuals market. Frames have the columns of their kind.

    accounts, positions: the snapshot, both of one moment. fills, events: what came after it, in the
    order of blocks; rows before the snapshot are left out. set_apart: how many fills and positions
    were of spot, of builder markets, or of other pockets. notes: what was found and not read.
    """

    snapshot_ms: int
    accounts: pl.DataFrame
    positions: pl.DataFrame
    fills: pl.DataFrame
    events: pl.DataFrame
    set_apart: int
    notes: tuple[str, ...] = ()


def is_main_market(name: pl.Expr) -> pl.Expr:
    """Not spot (`@1`, `PURR/USDC`) and not a builder's market (`dex:COIN`)."""
    return ~(name.str.starts_with("@") | name.str.contains("/") | name.str.contains(":"))


def snapshot_moment(accounts: pl.DataFrame, positions: pl.DataFrame) -> int:
    """UTC ms of a snapshot. Raises InputError where it is of no or of several moments."""
    if accounts.is_empty() or positions.is_empty():
        absent = "accounts" if accounts.is_empty() else "positions"
        raise InputError(
            f"--snapshot: no {absent}: a book needs both files of a snapshot, account values and"
            " positions"
        )
    moments = set(accounts["time"].dt.epoch("ms")) | set(positions["time"].dt.epoch("ms"))
    if len(moments) != 1:
        shown = ", ".join(utc_words(ms) for ms in sorted(moments)[:3])
        raise InputError(
            f"--snapshot: account values and positions of {len(moments)} moments ({shown}); give"
            " the two files of one snapshot"
        )
    return int(moments.pop())


def in_order(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows by block and place in it; where blocks are unknown, by time and place in the file.

    Time alone does not order them: on the night of 10 October 2025, 11,279 fills share one
    millisecond.
    """
    key = ["time"] if rows["block_number"].null_count() else ["block_number", "block_index"]
    # Polars' own sort of six million rows takes a gigabyte.
    order = np.lexsort([rows[name].to_physical().to_numpy() for name in reversed(key)])
    return rows if (np.diff(order) == 1).all() else rows[order]


def make_record(
    accounts: pl.DataFrame, positions: pl.DataFrame, fills: pl.DataFrame, events: pl.DataFrame
) -> Record:
    """Put a record together. Raises InputError for a snapshot incomplete or of two moments."""
    moment = snapshot_moment(accounts, positions)
    later = pl.col("time").dt.epoch("ms") > moment
    market = pl.col("market").fill_null("")
    traded = fills["market"].unique().cast(pl.String)
    main = traded.to_frame().filter(is_main_market(pl.col("market")))["market"]
    main = main.cast(fills["market"].dtype)
    ours = {
        "accounts": pl.col("dex").fill_null("").is_in(("", "main", "hyperliquid")),
        "positions": is_main_market(market),
        "fills": later & pl.col("market").is_in(main.implode()),
        "events": later & is_main_market(market),
    }
    apart = (
        accounts.select((~ours["accounts"]).sum()).item()
        + positions.select((~ours["positions"]).sum()).item()
        + fills.select((later & ~ours["fills"]).sum()).item()
        + events.select((later & ~ours["events"]).sum()).item()
    )
    fills = _once(fills.filter(ours["fills"]))
    return Record(
        snapshot_ms=moment,
        accounts=accounts.filter(ours["accounts"]),
        positions=positions.filter(ours["positions"], pl.col("size") != 0),
        fills=in_order(fills),
        events=in_order(events.filter(ours["events"])),
        set_apart=int(apart),
    )


def empty(kind: str) -> pl.DataFrame:
    """No rows of a kind."""
    return pl.DataFrame(schema=dict(KINDS[kind].columns))


def _once(fills: pl.DataFrame) -> pl.DataFrame:
    """A leg that two files share comes once. A trade has one buyer and one seller."""
    side = (fills["side"] == "buy").to_numpy()
    legs = fills["trade_id"].fill_null(0).to_numpy() * 2 + side
    ordered = np.sort(legs)
    often = np.unique(ordered[1:][ordered[1:] == ordered[:-1]])
    often = often[often > 1]  # a trade id of 0 is none
    if not len(often):
        return fills  # to compare millions of rows takes a gigabyte
    leg = pl.struct("account", "trade_id", "side", "start_position")
    return fills.filter(~pl.Series(np.isin(legs, often)) | leg.is_first_distinct())
