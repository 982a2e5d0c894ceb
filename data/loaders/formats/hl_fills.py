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
from collections.abc import Iterator

import msgspec
import polars as pl

from crashsim.data.loaders.format import Batch, Format, Options
from crashsim.data.loaders.reading.blob import Blob
from crashsim.data.loaders.reading.jsonlines import epoch_times, finite, json_lines
from crashsim.data.loaders.reading.sample import Sample
from crashsim.data.store.kinds import KINDS

BATCH_FILLS = 200_000


class Liquidation(msgspec.Struct, gc=False):
    """Rides both legs of a liquidation's trade."""

    liquidatedUser: str  # noqa: N815 (the file's own names)
    markPx: float  # noqa: N815
    method: str


class Fill(msgspec.Struct, gc=False):
    """One leg of a trade. Numbers are text in the file."""

    coin: str
    px: float
    sz: float
    side: str
    time: int
    startPosition: float  # noqa: N815
    dir: str
    closedPnl: float  # noqa: N815
    oid: int
    crossed: bool
    fee: float
    tid: int
    feeToken: str = "USDC"  # noqa: N815
    liquidation: Liquidation | None = None


class Block(msgspec.Struct):
    """All fills of one block, in order."""

    block_number: int
    events: list[tuple[str, Fill]]


_Placed = tuple[int | None, int, str, Fill]


def sniff(seen: Sample) -> bool:
    """Blocks whose events are pairs, or lines that are pairs, of a user and a fill."""
    if seen.layout != "jsonl":
        return False
    blocks = '"block_number"' in seen.text and '"local_time"' in seen.text
    pairs = re.search(r'"events"\s*:\s*\[\s*\[', seen.text) is not None
    single = re.match(r'\s*\[\s*"0x[0-9a-zA-Z]*"\s*,\s*\{\s*"', seen.text) is not None
    return (blocks and pairs) or single


def read(blob: Blob, options: Options) -> Iterator[Batch]:
    """All fills, spot and builder markets too (`@1`, `PURR/USDC`, `dex:COIN`), in block order."""
    pending: list[_Placed] = []
    for placed in _fills(blob):
        pending.append(placed)
        if len(pending) >= BATCH_FILLS:
            yield Batch("fills", _frame(pending, blob))
            pending = []
    if pending:
        yield Batch("fills", _frame(pending, blob))


def _fills(blob: Blob) -> Iterator[_Placed]:
    head = blob.head(4096).lstrip(b"\xef\xbb\xbf \r\n\t")
    if head.startswith(b"{"):
        for _, block in json_lines(blob, Block):
            for index, (user, fill) in enumerate(block.events):
                yield block.block_number, index, user, fill
    else:
        for number, (user, fill) in json_lines(blob, tuple[str, Fill]):
            yield None, number, user, fill


def _frame(placed: list[_Placed], blob: Blob) -> pl.DataFrame:
    fills = [each[3] for each in placed]
    hits = [fill.liquidation for fill in fills]
    columns = {
        "block_number": [each[0] for each in placed],
        "block_index": [each[1] for each in placed],
        "time": epoch_times([fill.time for fill in fills], blob),
        "account": [each[2] for each in placed],
        "market": [fill.coin for fill in fills],
        "side": [{"B": "buy", "A": "sell"}.get(fill.side, fill.side) for fill in fills],
        "price": [fill.px for fill in fills],
        "size": [fill.sz for fill in fills],
        "start_position": [fill.startPosition for fill in fills],
        "direction": [fill.dir for fill in fills],
        "closed_pnl": [fill.closedPnl for fill in fills],
        "fee": [fill.fee for fill in fills],
        "fee_token": [fill.feeToken for fill in fills],
        "crossed": [fill.crossed for fill in fills],
        "trade_id": [fill.tid for fill in fills],
        "order_id": [fill.oid for fill in fills],
        "liquidated_account": [hit and hit.liquidatedUser for hit in hits],
        "liquidation_mark": [hit and hit.markPx for hit in hits],
        "liquidation_method": [hit and hit.method for hit in hits],
    }
    return finite(pl.DataFrame(columns, schema_overrides=KINDS["fills"].columns), blob)


FORMAT = Format("hl-node-fills", "hyperliquid", sniff, read)
