"""Binance aggregated trades (USD-M, COIN-M with `USD_` in the name, spot).

Sample (USD-M with header; spot without one, in microseconds, with an eighth column):

    7,10.0,2.0,11,13,1760130964831,true

Insurance-fund and ADL trades are not in them. Bars made of them differ from Binance's klines in
about 8 % of minutes; bars made of its `trades` files match.
"""

import re
from collections.abc import Iterator

import polars as pl

from crashsim.data.loaders.format import Batch, Format, Options
from crashsim.data.loaders.reading.blob import Blob
from crashsim.data.loaders.reading.delimited import csv_rows
from crashsim.data.loaders.reading.names import market_of
from crashsim.data.loaders.reading.sample import Sample

COLUMNS = ("trade_id", "price", "size", "first_trade_id", "last_trade_id", "time", "buyer_maker")
_FLAGS = ("true", "false")


def sniff(seen: Sample) -> bool:
    """Its header, or seven or eight columns with the time sixth and a flag seventh."""
    if seen.names[:1] == ("agg_trade_id",):
        return True
    row = seen.rows[0] if seen.layout == "csv" and not seen.names and seen.rows else ()
    return (
        len(row) in (7, 8)
        and row[5].isdecimal()
        and len(row[5]) in (13, 16)
        and row[6].strip().lower() in _FLAGS
    )


def read(blob: Blob, options: Options) -> Iterator[Batch]:
    """Trades of one market; COIN-M contracts become base units at the trade's price."""
    market = market_of(blob, options)
    contract_usd = _contract_usd(market)
    note = "aggTrades: insurance-fund and ADL trades are not in the source"
    for rows in csv_rows(blob, COLUMNS, skip=("first_trade_id", "last_trade_id")):
        price, size = rows.positive("price"), rows.not_negative("size")
        if contract_usd:
            size = size * contract_usd / price
        maker = rows.flag("buyer_maker")
        frame = pl.DataFrame(
            [
                rows.time("time", options),
                rows.constant(market, "market"),
                price,
                size.alias("size"),
                rows.text("trade_id"),
            ]
        ).with_columns(side=pl.when(maker).then(pl.lit("sell")).otherwise(pl.lit("buy")))
        yield Batch("trades", frame, notes=(note,))


def _contract_usd(market: str) -> float | None:
    if not re.search(r"USD_(PERP|\d{6})$", market):
        return None
    return 100.0 if market.startswith("BTC") else 10.0


FORMAT = Format("binance-um-aggTrades", "binance", sniff, read)
