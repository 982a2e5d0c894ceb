"""Freqtrade candles and funding (Feather or Parquet), and its trades (CSV too).

Samples (`futures/BTC_USDT_USDT-1m-futures.feather`, `-mark`, `-index`, `-funding_rate`; older
funding files keep the rate in `open`):

    date=2025-10-10T21:16:00Z open=10.0 high=10.5 low=9.1 close=9.4 volume=120.5
    date=2025-10-10T16:00:00Z funding_rate=0.0001
    timestamp=1760130960000 id=42 type= side=sell price=10.0 amount=2.0 cost=20.0

Trades in text have the columns of ccxt, and stand with its candles in the store.
"""

from collections.abc import Iterator

import polars as pl

from crashsim.data.loaders.format import Batch, Format, Options
from crashsim.data.loaders.freqtrade_names import interval_named, kind_named, market_named
from crashsim.data.loaders.klines import ohlc
from crashsim.data.loaders.meaning.bar_lengths import bars_on_grid
from crashsim.data.loaders.reading.any_table import table_rows
from crashsim.data.loaders.reading.blob import Blob
from crashsim.data.loaders.reading.columnar import columnar_frames
from crashsim.data.loaders.reading.rows import Rows
from crashsim.data.loaders.reading.sample import Sample, sample

_TRADES = ("timestamp", "id", "type", "side", "price", "amount", "cost")
_SHAPES = (
    ("date", "open", "high", "low", "close", "volume"),
    ("date", "funding_rate"),
)


def sniff(seen: Sample) -> bool:
    """A columnar file with exactly one of the sets of columns, or the trades as CSV."""
    is_columnar = seen.layout in ("parquet", "arrow")
    return seen.names == _TRADES or (is_columnar and seen.names in _SHAPES)


def read(blob: Blob, options: Options) -> Iterator[Batch]:
    """Rows of one market, named as ccxt names it."""
    market = market_named(blob, options)
    first_row = 1
    seen = sample(blob)
    if seen.names == _TRADES:
        source = "ccxt" if seen.layout == "csv" else None
        for rows in table_rows(blob):
            yield Batch("trades", _trades(rows, market, options), source=source)
        return
    for frame in columnar_frames(blob, seen.layout):
        rows = Rows(frame, blob.path, first_row, blob.asked)
        lead = [rows.time("date", options).alias("time"), rows.constant(market, "market")]
        yield _batch(rows, pl.DataFrame(lead), blob, options)
        first_row += frame.height


def _trades(rows: Rows, market: str, options: Options) -> pl.DataFrame:
    return pl.DataFrame(
        [
            rows.time("timestamp", options).alias("time"),
            rows.constant(market, "market"),
            rows.positive("price"),
            rows.not_negative("amount").alias("size"),
            rows.choice("side", {"sell": "sell", "buy": "buy"}),
            rows.text("id", True).alias("trade_id"),
        ]
    )


def _batch(rows: Rows, lead: pl.DataFrame, blob: Blob, options: Options) -> Batch:
    if rows.has("funding_rate"):
        return Batch("funding", lead.with_columns(rows.rate("funding_rate")))
    kind = kind_named(blob, options)
    if kind == "funding":
        return Batch("funding", lead.with_columns(rows.number("open").alias("funding_rate")))
    bars = lead.with_columns(ohlc(rows))
    if kind == "last":
        bars = bars.with_columns(rows.not_negative("volume"))
    found = bars_on_grid(bars, blob.path, options.interval_s, interval_named(blob))
    return Batch(kind, found.bars, found.interval_s, found.notes)


FORMAT = Format("freqtrade", "freqtrade", sniff, read)
