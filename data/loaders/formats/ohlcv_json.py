"""Candles or trades as an array of arrays: ccxt's own output and freqtrade's json(gz).

Samples (milliseconds; candles have six values, trades seven):

    [[1760130960000,10.0,10.5,9.1,9.4,120.5]]
    [[1760130964831,"42",null,"sell",10.0,2.0,20.0]]
"""

import re
from collections.abc import Iterator

import polars as pl

from crashsim.data.loaders.format import Batch, Format, Options
from crashsim.data.loaders.freqtrade_names import (
    interval_named,
    kind_named,
    market_named,
)
from crashsim.data.loaders.klines import ohlc
from crashsim.data.loaders.meaning.bar_lengths import bars_on_grid
from crashsim.data.loaders.reading.blob import Blob
from crashsim.data.loaders.reading.jsonlines import json_value
from crashsim.data.loaders.reading.rows import Rows
from crashsim.data.loaders.reading.sample import Sample
from crashsim.scenarios.errors import InputError

_BAR = ("time", "open", "high", "low", "close", "volume")
_TRADE = ("time", "trade_id", "type", "side", "price", "size", "cost")
_SIDES = {"sell": "sell", "buy": "buy"}


def sniff(seen: Sample) -> bool:
    """An array whose first element is an array that begins with a number."""
    return seen.layout == "json" and re.match(r"\s*\[\s*\[\s*\d", seen.text) is not None


def read(blob: Blob, options: Options) -> Iterator[Batch]:
    """Bars or trades of one market."""
    records = json_value(blob, list[list[float | str | None]])
    names = _TRADE if records and len(records[0]) == len(_TRADE) else _BAR
    for number, record in enumerate(records, 1):
        if len(record) != len(names):
            raise InputError(
                f"{blob.path}: row {number}: {len(record)} values, expected {len(names)}"
            )
    columns = {name: [_plain(record[i]) for record in records] for i, name in enumerate(names)}
    rows = Rows(pl.DataFrame(columns, schema=dict.fromkeys(names, pl.String())), blob.path, 1)
    lead = pl.DataFrame(
        [rows.time("time", options), rows.constant(market_named(blob, options), "market")]
    )
    yield _trades(rows, lead) if names is _TRADE else _bars(rows, lead, blob, options)


def _plain(value: float | str | None) -> str | None:
    """Text of a value; whole numbers without a fraction, so that times stay exact."""
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    return value


def _trades(rows: Rows, lead: pl.DataFrame) -> Batch:
    trades = lead.with_columns(
        rows.positive("price"),
        rows.not_negative("size"),
        rows.choice("side", _SIDES),
        rows.text("trade_id", True),
    )
    return Batch("trades", trades)


def _bars(rows: Rows, lead: pl.DataFrame, blob: Blob, options: Options) -> Batch:
    kind = kind_named(blob, options)
    if kind == "funding":
        return Batch("funding", lead.with_columns(rows.number("open").alias("funding_rate")))
    if kind not in ("last", "mark", "index"):
        raise InputError(f"{blob.path}: holds candles; --kind {kind} is none of these")
    bars = lead.with_columns(ohlc(rows))
    if kind == "last":
        bars = bars.with_columns(rows.not_negative("volume"))
    found = bars_on_grid(bars, blob.path, options.interval_s, interval_named(blob))
    return Batch(kind, found.bars, found.interval_s, found.notes)


FORMAT = Format("ohlcv-json", "ccxt", sniff, read)
