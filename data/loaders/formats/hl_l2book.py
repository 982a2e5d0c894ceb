"""Hyperliquid order books: 20 levels a side about every five seconds, a snapshot a line.

Sample:

    {"time":"2025-10-10T21:16:04.9","ver_num":1,"raw":{"channel":"l2Book","data":{"coin":"ABC",
     "time":1760130964831,"levels":[[{"px":"9.9","sz":"5.0","n":2}],
     [{"px":"10.1","sz":"4.0","n":1}]]}}}
"""

from collections.abc import Iterator

import msgspec
import polars as pl

from crashsim.data.loaders.format import Batch, Format, Options
from crashsim.data.loaders.reading.blob import Blob
from crashsim.data.loaders.reading.jsonlines import epoch_times, finite, json_lines
from crashsim.data.loaders.reading.sample import Sample

BATCH_LEVELS = 200_000


class Level(msgspec.Struct):
    """One price level."""

    px: float
    sz: float
    n: int


class Data(msgspec.Struct):
    """A coin's book: bids, asks."""

    coin: str
    time: int
    levels: tuple[list[Level], list[Level]]


class Raw(msgspec.Struct):
    """The feed's message."""

    data: Data


class Snapshot(msgspec.Struct):
    """A recorded message."""

    raw: Raw


_Row = tuple[int, str, str, int, float, float, int]


def sniff(seen: Sample) -> bool:
    """Lines of the l2Book channel."""
    return seen.layout == "jsonl" and '"levels"' in seen.text and '"raw"' in seen.text[:4096]


def read(blob: Blob, options: Options) -> Iterator[Batch]:
    """Levels from 1 at the best price, bids before asks."""
    pending: list[_Row] = []
    for _, snapshot in json_lines(blob, Snapshot):
        data = snapshot.raw.data
        for side, levels in zip(("bid", "ask"), data.levels, strict=True):
            pending += [
                (data.time, data.coin, side, place, each.px, each.sz, each.n)
                for place, each in enumerate(levels, 1)
            ]
        if len(pending) >= BATCH_LEVELS:
            yield Batch("quotes", _frame(pending, blob))
            pending = []
    if pending:
        yield Batch("quotes", _frame(pending, blob))


def _frame(rows: list[_Row], blob: Blob) -> pl.DataFrame:
    names = ("at", "market", "side", "level", "price", "size", "orders")
    frame = pl.DataFrame(rows, schema=names, orient="row")
    times = epoch_times(frame["at"].to_list(), blob).alias("time")
    return finite(frame.drop("at").with_columns(times), blob)


FORMAT = Format("hl-l2book", "hyperliquid", sniff, read)
