"""Tardis trades and liquidations: one header for both.

Sample (microseconds; split into days by local_timestamp; amounts in the venue's own unit):

    hyperliquid,ABC,1760130964831000,1760130964900000,42,sell,10.0,2.0

Which of the two a file is, its name or folder says (`trades`, `liquidations`), or `--kind`. A
liquidation's side `sell` closes a long.
"""

from collections.abc import Iterator

import polars as pl

from crashsim.data.loaders.format import Batch, Format, Options
from crashsim.data.loaders.reading.blob import Blob
from crashsim.data.loaders.reading.delimited import csv_rows
from crashsim.data.loaders.reading.rows import Rows
from crashsim.data.loaders.reading.sample import Sample
from crashsim.scenarios.errors import InputError

_HEADER = ("exchange", "symbol", "timestamp", "local_timestamp", "id", "side", "price", "amount")
_SIDES = {"sell": "sell", "buy": "buy", "unknown": "unknown"}
_UNIT_NOTE = "sizes are in the venue's own unit (contracts on some); Tardis does not convert them"


def sniff(seen: Sample) -> bool:
    """Its header."""
    return seen.names == _HEADER


def read(blob: Blob, options: Options) -> Iterator[Batch]:
    """Trades or liquidations, by venue."""
    kind = _kind(blob, options)
    for rows in csv_rows(blob):
        id_column = "trade_id" if kind == "trades" else "order_id"
        frame = pl.DataFrame(
            [
                *exchange_rows(rows, options),
                rows.choice("side", _SIDES),
                rows.positive("price"),
                rows.not_negative("amount").alias("size"),
                rows.text("id", True).alias(id_column),
            ]
        )
        yield from by_exchange(frame, kind, (_UNIT_NOTE,))


def by_exchange(frame: pl.DataFrame, kind: str, notes: tuple[str, ...] = ()) -> Iterator[Batch]:
    """A batch a venue, named `tardis-<venue>` in the store."""
    for venue in frame["exchange"].unique().sort():
        part = frame.filter(pl.col("exchange") == venue).drop("exchange")
        yield Batch(kind, part, notes=notes, source=f"tardis-{venue}")


def exchange_rows(rows: Rows, options: Options) -> list[pl.Series]:
    """The columns that every Tardis file begins with."""
    return [
        rows.text("exchange"),
        rows.time("timestamp", options, "us").alias("time"),
        rows.text("symbol").alias("market"),
    ]


def _kind(blob: Blob, options: Options) -> str:
    if options.kind:
        return options.kind
    named = [kind for kind in ("trades", "liquidations") if kind in blob.path.lower()]
    if len(named) != 1:
        raise InputError(
            f"{blob.path}: trades and liquidations of Tardis have the same columns; say which with"
            " --kind trades or --kind liquidations"
        )
    return named[0]


FORMAT = Format("tardis-trades", "tardis", sniff, read)
