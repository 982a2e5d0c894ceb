"""Hydromancer Reservoir fills (Parquet, 27-28 columns).

Sample (`all` already contains `adl/` and `liquidations/`: import one of them, never several):

    coin=ABC dex= trade_id=42 order_id=7 address=0xaa side=B price=10.0 size=2.0
    timestamp=2025-10-10T21:16:04.831Z direction=Auto-Deleveraging realized_pnl=7.0
    start_position=-5.0 fee=0.0 crossed=true liquidation_mark_px=10.1
    liquidation_method=backstop is_liquidation=true
"""

from collections.abc import Iterator

import polars as pl

from crashsim.data.loaders.format import Batch, Format, Options
from crashsim.data.loaders.reading.blob import Blob
from crashsim.data.loaders.reading.columnar import columnar_frames
from crashsim.data.loaders.reading.rows import Rows
from crashsim.data.loaders.reading.sample import Sample

_SIDES = {"b": "buy", "a": "sell", "buy": "buy", "sell": "sell", "bid": "buy", "ask": "sell"}
_MAYBE_NUMBERS = {
    "realized_pnl": "closed_pnl",
    "start_position": "start_position",
    "fee": "fee",
    "liquidation_mark_px": "liquidation_mark",
}
_MAYBE_TEXT = {
    "direction": "direction",
    "fee_token": "fee_token",
    "liquidated_user": "liquidated_account",
    "liquidation_user": "liquidated_account",
    "liquidation_method": "liquidation_method",
}
_MAYBE_WHOLE = {"trade_id": "trade_id", "order_id": "order_id", "block_number": "block_number"}


def sniff(seen: Sample) -> bool:
    """Parquet with its columns."""
    needed = {"coin", "address", "trade_id", "realized_pnl", "start_position"}
    return seen.layout == "parquet" and needed <= set(seen.names)


def read(blob: Blob, options: Options) -> Iterator[Batch]:
    """Fills in the order of the file, which stands for the order in a millisecond."""
    first_row = 1
    for frame in columnar_frames(blob, "parquet"):
        rows = Rows(frame, blob.path, first_row, blob.asked)
        columns = [
            pl.int_range(first_row, first_row + frame.height, eager=True).alias("block_index"),
            rows.time("timestamp", options).alias("time"),
            rows.text("address").alias("account"),
            rows.text("coin").alias("market"),
            rows.choice("side", _SIDES),
            rows.positive("price"),
            rows.not_negative("size"),
        ]
        columns += [rows.flag("crossed", True)] if rows.has("crossed") else []
        yield Batch("fills", pl.DataFrame(columns + _optional(rows)))
        first_row += frame.height


def _optional(rows: Rows) -> list[pl.Series]:
    columns = [rows.number(n, True).alias(o) for n, o in _MAYBE_NUMBERS.items() if rows.has(n)]
    columns += [rows.integer(n, True).alias(o) for n, o in _MAYBE_WHOLE.items() if rows.has(n)]
    taken: set[str] = set()
    for name, ours in _MAYBE_TEXT.items():
        if rows.has(name) and ours not in taken:
            taken.add(ours)
            columns.append(rows.text(name, True).alias(ours))
    return columns


FORMAT = Format("reservoir-fills", "hyperliquid", sniff, read)
