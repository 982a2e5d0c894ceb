"""What is recorded of a venue: a snapshot, and the fills and events after it."""

from dataclasses import dataclass

import polars as pl

from crashsim.data.clock import utc_words
from crashsim.data.store.kinds import KINDS
from crashsim.scenarios.errors import InputError


@dataclass(frozen=True)
class Record:
    """The record of one venue's main perpetuals market. Frames have the columns of their kind.

    accounts, positions: the snapshot, both of one moment. fills, events: what came after it, in the
    order of blocks; rows before the snapshot are left out. set_apart: how many fills and positions
    were of spot, of builder markets, or of other pockets.
    """

    snapshot_ms: int
    accounts: pl.DataFrame
    positions: pl.DataFrame
    fills: pl.DataFrame
    events: pl.DataFrame
    set_apart: int


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
    return rows.sort(key, maintain_order=True)


def make_record(
    accounts: pl.DataFrame, positions: pl.DataFrame, fills: pl.DataFrame, events: pl.DataFrame
) -> Record:
    """Put a record together. Raises InputError for a snapshot incomplete or of two moments."""
    moment = snapshot_moment(accounts, positions)
    main_accounts = accounts.filter(pl.col("dex").fill_null("").is_in(("", "main", "hyperliquid")))
    main_positions = positions.filter(is_main_market(pl.col("market")))
    later_fills = fills.filter(pl.col("time").dt.epoch("ms") > moment)
    main_fills = later_fills.filter(is_main_market(pl.col("market")))
    later_events = events.filter(pl.col("time").dt.epoch("ms") > moment)
    main_events = later_events.filter(is_main_market(pl.col("market").fill_null("")))
    pairs = (
        (positions, main_positions),
        (later_fills, main_fills),
        (accounts, main_accounts),
        (later_events, main_events),
    )
    return Record(
        snapshot_ms=moment,
        accounts=main_accounts,
        positions=main_positions.filter(pl.col("size") != 0),
        fills=in_order(_once(main_fills)),
        events=in_order(main_events),
        set_apart=sum(whole.height - main.height for whole, main in pairs),
    )


def empty(kind: str) -> pl.DataFrame:
    """No rows of a kind."""
    return pl.DataFrame(schema=dict(KINDS[kind].columns))


def _once(fills: pl.DataFrame) -> pl.DataFrame:
    """A row that two files share comes once."""
    unnamed = pl.col("trade_id").is_null() | (pl.col("trade_id") == 0)
    return fills.filter(unnamed | pl.struct(pl.all()).is_first_distinct())
