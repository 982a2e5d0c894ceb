"""HyperReplay's tables of deleveraging: `adl_fills` and `adl_detailed`.

Samples (milliseconds, or a Pandas time; booleans True/False):

    block_time,user,coin,direction,price,size,side,start_position,closed_pnl,fee,notional
    1760130964831,0xaa,ABC,Auto-Deleveraging,10.0,2.0,B,-5.0,7.0,0.0,20.0

    user,coin,time,adl_price,adl_size,adl_notional,closed_pnl,position_size,entry_price,...
    0xaa,ABC,2025-10-10 21:16:04.831,10.0,2.0,20.0,7.0,-5.0,11.0,...

What they call realtime equity was computed from the state at the end of the window, and
start_position of adl_fills holds the position after the fill: both are taken as they are, the
second not at all.
"""

from collections.abc import Iterator

import polars as pl

from crashsim.data.loaders.format import Batch, Format, Options
from crashsim.data.loaders.reading.blob import Blob
from crashsim.data.loaders.reading.delimited import csv_rows
from crashsim.data.loaders.reading.rows import Rows
from crashsim.data.loaders.reading.sample import Sample

_FILLS = {"block_time", "user", "coin", "direction", "start_position", "notional"}
_DETAILED = {"user", "coin", "adl_price", "adl_size", "closed_pnl"}
_SIDES = {"b": "buy", "a": "sell", "buy": "buy", "sell": "sell"}


def sniff(seen: Sample) -> bool:
    """Either header."""
    names = set(seen.names)
    return names >= _FILLS or names >= _DETAILED


def read(blob: Blob, options: Options) -> Iterator[Batch]:
    """`adl` rows of the detailed table, `fills` of the other."""
    for rows in csv_rows(blob):
        if rows.has("adl_price"):
            note = "account values of this table are its authors', from end-of-window state"
            yield Batch("adl", _detailed(rows, options), notes=(note,))
        else:
            note = "start_position of this table is the size after the fill; it is left out"
            yield Batch("fills", _fills(rows, options), notes=(note,))


def _fills(rows: Rows, options: Options) -> pl.DataFrame:
    return pl.DataFrame(
        [
            rows.time("block_time", options).alias("time"),
            rows.text("user").alias("account"),
            rows.text("coin").alias("market"),
            rows.choice("side", _SIDES),
            rows.positive("price"),
            rows.not_negative("size"),
            rows.text("direction"),
            rows.number("closed_pnl"),
            rows.number("fee", True),
        ]
    )


def _detailed(rows: Rows, options: Options) -> pl.DataFrame:
    columns = [
        rows.time("time", options),
        rows.text("user").alias("account"),
        rows.text("coin").alias("market"),
        rows.positive("adl_price").alias("price"),
        rows.not_negative("adl_size").alias("size"),
        rows.number("adl_notional", True).alias("notional"),
        rows.number("closed_pnl", True),
        rows.number("position_size", True),
        rows.number("entry_price", True),
    ]
    own = {"account_value_realtime": "account_value", "leverage_realtime": "leverage"}
    columns += [rows.number(name, True).alias(ours) for name, ours in own.items() if rows.has(name)]
    if rows.has("is_negative_equity"):
        columns.append(rows.flag("is_negative_equity", True))
    if rows.has("liquidated_user"):
        columns.append(rows.text("liquidated_user", True).alias("liquidated_account"))
    return pl.DataFrame(columns)


FORMAT = Format("hyperreplay-csv", "hyperliquid", sniff, read)
