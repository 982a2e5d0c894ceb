"""Hyperliquid node fills: by block (2025-07-27 on), or one `[user, fill]` a line (before).

Sample (both legs of a trade are rows of their own; money and sizes are text):

    {"local_time":"2025-10-10T21:16:04.9","block_time":"2025-10-10T21:16:04.831874687",
     "block_number":1,"events":[["0xaa",{"coin":"ABC","px":"10.0","sz":"2.0","side":"B",
     "time":1760130964831,"startPosition":"-5.0","dir":"Auto-Deleveraging","closedPnl":"7.0",
     "crossed":true,"fee":"0.0","tid":42,"oid":7,"hash":"0x0","feeToken":"USDC",
     "liquidation":{"liquidatedUser":"0xbb","markPx":"10.1","method":"backstop"}}]]}

Rows keep their place (block, index in block): 11,279 fills of the night share one millisecond.
"""

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate, chain
from typing import Annotated, Literal

import msgspec
import numpy as np
import polars as pl

from crashsim.data.loaders.format import Batch, Format, Options
from crashsim.data.loaders.reading.blob import Blob
from crashsim.data.loaders.reading.jsonlines import epoch_times, finite, json_lines
from crashsim.data.loaders.reading.sample import Sample

BATCH_FILLS = 200_000
_STRETCH = 2_000  # fills that stay in the processor's cache until their columns are made
_PACKED = {"side": np.uint8, "crossed": np.bool_} | dict.fromkeys(
    ("price", "size", "start_position", "closed_pnl", "fee"), np.float64
)
_Int64 = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]


class Liquidation(msgspec.Struct, gc=False):
    """Rides both legs of a liquidation's trade."""

    liquidatedUser: str | None = None  # noqa: N815 (the file's own names)
    markPx: float | None = None  # noqa: N815
    method: str | None = None


class Fill(msgspec.Struct, gc=False):
    """One leg of a trade. Numbers are text in the file."""

    coin: str
    px: float
    sz: float
    side: Literal["A", "B"]
    time: _Int64
    startPosition: float  # noqa: N815
    dir: str
    closedPnl: float  # noqa: N815
    oid: _Int64
    crossed: bool
    fee: float
    tid: _Int64
    feeToken: str = "USDC"  # noqa: N815
    liquidation: Liquidation | None = None


class Leg(msgspec.Struct, array_like=True, forbid_unknown_fields=True, gc=False):
    """A pair `[user, fill]`."""

    user: str
    fill: Fill


class Block(msgspec.Struct, gc=False):
    """All fills of one block, in order."""

    block_number: _Int64
    events: list[Leg]


@dataclass(frozen=True)
class _Run:
    """Legs in a row: their block, where it is known, and the place of the first."""

    block_number: int | None
    first: int
    legs: list[Leg]


@dataclass(frozen=True)
class _Stretch:
    """Columns of some fills, as Series or packed, and their runs. hits: by place in the stretch."""

    fills: int
    runs: list[tuple[int | None, int, int]]  # block, first place in it, fills
    columns: dict[str, pl.Series]
    packed: dict[str, bytes]
    hits: dict[int, Liquidation]


def sniff(seen: Sample) -> bool:
    """Blocks whose events are pairs, or lines that are pairs, of a user and a fill."""
    if seen.layout != "jsonl":
        return False
    pairs = re.search(r'"events"\s*:\s*\[\s*\[', seen.text) is not None
    single = re.match(r'\s*\[\s*"0x[0-9a-zA-Z]*"\s*,\s*\{\s*"', seen.text) is not None
    return ('"block_number"' in seen.text and pairs) or single


def read(blob: Blob, options: Options) -> Iterator[Batch]:
    """All fills, spot and builder markets too (`@1`, `PURR/USDC`, `dex:COIN`), in block order."""
    stretches: list[_Stretch] = []
    for stretch in _stretches(blob):
        stretches.append(stretch)
        if sum(each.fills for each in stretches) >= BATCH_FILLS:
            yield _batch(stretches, blob)
            stretches = []
    if stretches:
        yield _batch(stretches, blob)


def _stretches(blob: Blob) -> Iterator[_Stretch]:
    runs: list[_Run] = []
    held = 0
    for run in _runs(blob):
        runs.append(run)
        held += len(run.legs)
        if held >= min(_STRETCH, BATCH_FILLS):
            yield _stretch(runs)
            runs, held = [], 0
    if held:
        yield _stretch(runs)


def _runs(blob: Blob) -> Iterator[_Run]:
    head = blob.head(4096).lstrip(b"\xef\xbb\xbf \r\n\t")
    if head.startswith(b"{"):
        for _, block in json_lines(blob, Block):
            yield _Run(block.block_number, 0, block.events)
    else:
        for number, leg in json_lines(blob, Leg):
            yield _Run(None, number, [leg])


def _stretch(runs: list[_Run]) -> _Stretch:
    """The columns of some fills, so that few of them are objects at a time.

    A comprehension that names its attribute takes half as long as `map(attrgetter(name), ...)`, and
    a Series of packed numbers a third of one of a list.
    """
    legs = list(chain.from_iterable(run.legs for run in runs))
    fills = [leg.fill for leg in legs]
    hits = [fill.liquidation for fill in fills]
    columns = {
        "at_ms": pl.Series([fill.time for fill in fills], dtype=pl.Int64),
        "account": pl.Series([leg.user for leg in legs], dtype=pl.String),
        "market": pl.Series([fill.coin for fill in fills], dtype=pl.String),
        "direction": pl.Series([fill.dir for fill in fills], dtype=pl.String),
        "fee_token": pl.Series([fill.feeToken for fill in fills], dtype=pl.String),
        "trade_id": pl.Series([fill.tid for fill in fills], dtype=pl.Int64),
        "order_id": pl.Series([fill.oid for fill in fills], dtype=pl.Int64),
    }
    packed = {
        "side": "".join([fill.side for fill in fills]).encode(),
        "crossed": bytes([fill.crossed for fill in fills]),
        "price": _doubles([fill.px for fill in fills]),
        "size": _doubles([fill.sz for fill in fills]),
        "start_position": _doubles([fill.startPosition for fill in fills]),
        "closed_pnl": _doubles([fill.closedPnl for fill in fills]),
        "fee": _doubles([fill.fee for fill in fills]),
    }
    sizes = [(run.block_number, run.first, len(run.legs)) for run in runs]
    found = {place: hit for place, hit in enumerate(hits) if hit}
    return _Stretch(len(fills), runs=sizes, columns=columns, packed=packed, hits=found)


def _doubles(values: list[float]) -> bytes:
    return struct.pack(f"{len(values)}d", *values)


def _batch(stretches: list[_Stretch], blob: Blob) -> Batch:
    columns = {
        name: pl.concat([each.columns[name] for each in stretches], rechunk=True)
        for name in stretches[0].columns
    }
    unpacked = {
        name: pl.Series(np.frombuffer(b"".join([each.packed[name] for each in stretches]), dtype))
        for name, dtype in _PACKED.items()
    }
    frame = pl.DataFrame(columns | unpacked).with_columns(
        *_places(stretches),
        epoch_times(columns["at_ms"], blob).alias("time"),
        pl.when(unpacked["side"] == ord("B"))
        .then(pl.lit("buy"))
        .otherwise(pl.lit("sell"))
        .alias("side"),
        *_liquidations(stretches),
    )
    return Batch("fills", finite(frame.drop("at_ms"), blob))


def _places(stretches: list[_Stretch]) -> tuple[pl.Series, pl.Series]:
    """Block and place in it of every fill."""
    blocks, begins, sizes = zip(*chain.from_iterable(each.runs for each in stretches), strict=True)
    run_of = np.repeat(np.arange(len(sizes)), sizes)
    shift = np.array(begins) - np.cumsum([0, *sizes[:-1]])
    return (
        pl.Series("block_number", blocks, pl.Int64).gather(run_of),
        pl.Series("block_index", np.arange(len(run_of)) + shift[run_of]),
    )


def _liquidations(stretches: list[_Stretch]) -> list[pl.Series]:
    """Columns of what few fills have."""
    hits = [hit for each in stretches for hit in each.hits.values()]
    fills = [each.fills for each in stretches]
    which = np.full(sum(fills), len(hits))  # the null at the end, but for a liquidation's fills
    places = [
        begin + place
        for begin, each in zip(accumulate(fills, initial=0), stretches, strict=False)
        for place in each.hits
    ]
    which[places] = np.arange(len(hits))
    users = [*[hit.liquidatedUser for hit in hits], None]
    marks = [*[hit.markPx for hit in hits], None]
    methods = [*[hit.method for hit in hits], None]
    return [
        pl.Series("liquidated_account", users, pl.String).gather(which),
        pl.Series("liquidation_mark", marks, pl.Float64).gather(which),
        pl.Series("liquidation_method", methods, pl.String).gather(which),
    ]


FORMAT = Format("hl-node-fills", "hyperliquid", sniff, read)
