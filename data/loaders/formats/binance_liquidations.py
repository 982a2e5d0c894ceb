"""Binance COIN-M liquidation snapshots (2023-06-25 to 2024-10-14; USD-M was discontinued).

Sample (sizes are contracts; in many files every row stands twice):

    1728866962145,SELL,LIMIT,IOC,7,10.0,10.1,FILLED,7,7
"""

from collections.abc import Iterator

import polars as pl

from crashsim.data.loaders.format import Batch, Format, Options
from crashsim.data.loaders.reading.blob import Blob
from crashsim.data.loaders.reading.delimited import csv_rows
from crashsim.data.loaders.reading.names import market_of
from crashsim.data.loaders.reading.rows import Rows
from crashsim.data.loaders.reading.sample import Sample

_SIDES = {"sell": "sell", "buy": "buy"}


def sniff(seen: Sample) -> bool:
    """Its header."""
    return seen.names[:4] == ("time", "side", "order_type", "time_in_force")


def read(blob: Blob, options: Options) -> Iterator[Batch]:
    """Liquidation orders, sizes in base units at the average price. A day's file fits in memory."""
    market = market_of(blob, options)
    contract_usd = 100.0 if market.startswith("BTC") else 10.0
    frames = [_orders(rows, options, market, contract_usd) for rows in csv_rows(blob)]
    if not frames:
        return
    frame, notes = _once(pl.concat(frames))
    yield Batch("liquidations", frame, notes=notes)


def _orders(rows: Rows, options: Options, market: str, contract_usd: float) -> pl.DataFrame:
    price = rows.positive("price")
    average = rows.not_negative("average_price")
    paid = pl.Series("paid", [a or p for a, p in zip(average, price, strict=True)], pl.Float64)
    return pl.DataFrame(
        [
            rows.time("time", options, "ms"),
            rows.constant(market, "market"),
            rows.choice("side", _SIDES),
            price,
            average,
            (rows.not_negative("original_quantity") * contract_usd / price).alias("size"),
            (rows.not_negative("accumulated_fill_quantity") * contract_usd / paid).alias(
                "filled_size"
            ),
        ]
    )


def _once(frame: pl.DataFrame) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """Where every row stands an even number of times the file was written twice: keep half."""
    counted = frame.with_columns(
        copy=pl.int_range(pl.len()).over(frame.columns), copies=pl.len().over(frame.columns)
    )
    if not (counted["copies"] % 2 == 0).all():
        return frame, ()
    kept = counted.filter(pl.col("copy") < pl.col("copies") // 2).drop("copy", "copies")
    note = f"every row stood twice, as in many of these files: {kept.height} of {frame.height} kept"
    return kept, (note,)


FORMAT = Format("binance-cm-liquidationSnapshot", "binance-cm", sniff, read)
