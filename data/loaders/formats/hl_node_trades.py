"""Hyperliquid node trades (2025-03-22 to 06-21): a trade a line with both its sides.

Sample (side_info: the buyer, then the seller):

    {"coin":"ABC","side":"A","time":"2025-05-01T21:16:04.831","px":"10.0","sz":"2.0","hash":"0x0",
     "trade_dir_override":"Na","side_info":[{"user":"0xaa","start_pos":"0.0","oid":1,"twap_id":null,
     "cloid":null},{"user":"0xbb","start_pos":"2.0","oid":2,"twap_id":null,"cloid":null}]}
"""

from collections.abc import Iterator

import msgspec
import polars as pl

from crashsim.data.loaders.format import Batch, Format, Options
from crashsim.data.loaders.reading.blob import Blob
from crashsim.data.loaders.reading.jsonlines import finite, json_lines, text_times
from crashsim.data.loaders.reading.sample import Sample

BATCH_TRADES = 100_000


class SideInfo(msgspec.Struct):
    """One side of a trade."""

    user: str
    start_pos: float
    oid: int


class Trade(msgspec.Struct):
    """A trade with its two sides."""

    coin: str
    side: str
    time: str
    px: float
    sz: float
    side_info: tuple[SideInfo, SideInfo]


def sniff(seen: Sample) -> bool:
    """Lines with side_info."""
    return seen.layout == "jsonl" and '"side_info"' in seen.text[:4096]


def read(blob: Blob, options: Options) -> Iterator[Batch]:
    """Two fills a trade, buyer first; the side that crossed is the trade's side."""
    pending: list[tuple[int, Trade]] = []
    for placed in json_lines(blob, Trade):
        pending.append(placed)
        if len(pending) >= BATCH_TRADES:
            yield Batch("fills", _frame(pending, blob))
            pending = []
    if pending:
        yield Batch("fills", _frame(pending, blob))


def _frame(placed: list[tuple[int, Trade]], blob: Blob) -> pl.DataFrame:
    legs = [
        (number, trade, leg, info)
        for number, trade in placed
        for leg, info in enumerate(trade.side_info)
    ]
    columns = {
        "block_index": [2 * number + leg for number, _, leg, _ in legs],
        "time": text_times([trade.time for _, trade, _, _ in legs], blob),
        "account": [info.user for _, _, _, info in legs],
        "market": [trade.coin for _, trade, _, _ in legs],
        "side": [("buy", "sell")[leg] for _, _, leg, _ in legs],
        "price": [trade.px for _, trade, _, _ in legs],
        "size": [trade.sz for _, trade, _, _ in legs],
        "start_position": [info.start_pos for _, _, _, info in legs],
        "crossed": [trade.side == "BA"[leg] for _, trade, leg, _ in legs],
        "order_id": [info.oid for _, _, _, info in legs],
    }
    return finite(pl.DataFrame(columns), blob)


FORMAT = Format("hl-node-trades", "hyperliquid", sniff, read)
