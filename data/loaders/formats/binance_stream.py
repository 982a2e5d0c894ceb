"""Binance's raw trade stream as a recorder keeps it: trades, and in X who traded.

Samples (a message a line; in the envelope of a combined stream; behind a time of the recorder):

    {"e":"trade","E":1760130964840,"T":1760130964831,"s":"ABCUSDT","t":42,"p":"10.0","q":"2.0",
     "X":"MARKET","m":true}
    1760130964840000000 {"stream":"abcusdt@trade","data":{"e":"trade",...,"X":"INSURANCE_FUND"}}

MARKET trades are the market's own. INSURANCE_FUND trades are positions that the fund took over or
closed, and ADL those that were closed against winners: neither is in Binance's files of trades.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
import polars as pl

from crashsim.data.loaders.format import Batch, Format, Options
from crashsim.data.loaders.reading.blob import Blob
from crashsim.data.loaders.reading.jsonlines import epoch_times, finite, json_lines
from crashsim.data.loaders.reading.sample import RECORDED_AT, Sample
from crashsim.scenarios.errors import InputError

BATCH_TRADES = 100_000
_TRADE = re.compile(r'"e"\s*:\s*"trade"')
_OF_COIN = re.compile(r"USD_(PERP|\d{6})$")
# X -> the kind of its rows; a stream of spot has no X.
_KINDS = {"": "trades", "MARKET": "trades", "INSURANCE_FUND": "liquidations", "ADL": "adl"}
_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "trades": ("time", "market", "price", "size", "side", "trade_id"),
    "liquidations": ("time", "market", "price", "size", "side"),
    "adl": ("time", "market", "price", "size", "notional"),
}
_SIDE = "the side of a trade with the insurance fund is the taker's: the stream has no other"


class Trade(msgspec.Struct):
    """A message; of other events only e is looked at. M is in those of spot."""

    e: str = ""
    E: int = 0
    T: int = 0
    s: str = ""
    t: int = 0
    p: float = 0.0
    q: float = 0.0
    X: str = ""
    m: bool = False
    M: bool | None = None


class Message(Trade):
    """A message, or the envelope of one."""

    data: Trade | list[msgspec.Raw] | None = None


_LINE: Any = Message | list[msgspec.Raw]  # a stream of all markets sends lists


def sniff(seen: Sample) -> bool:
    """Lines of JSON with an event of trades."""
    return seen.layout == "jsonl" and _TRADE.search(seen.text) is not None


def read(blob: Blob, options: Options) -> Iterator[Batch]:
    """Trades, liquidations and deleveraging by X; what else was recorded is counted."""
    pending: dict[str, list[Trade]] = {kind: [] for kind in _COLUMNS}
    left_out: Counter[str] = Counter()
    for number, message in json_lines(blob, _LINE, RECORDED_AT):
        trade = message.data or message if isinstance(message, Message) else message
        if not isinstance(trade, Trade) or trade.e != "trade":
            left_out["messages that are no trades"] += 1
        elif (kind := _KINDS.get(trade.X)) is None:
            left_out[f"trades whose X is {trade.X}"] += 1
        else:
            _check(trade, blob, number)
            pending[kind].append(trade)
            if len(pending[kind]) >= BATCH_TRADES:
                yield _batch(kind, pending[kind], blob)
                pending[kind] = []
    notes = tuple(f"{count:,} {what} were left out" for what, count in left_out.items())
    for kind, trades in pending.items():
        yield _batch(kind, trades, blob, notes)


def _check(trade: Trade, blob: Blob, number: int) -> None:
    if _OF_COIN.search(trade.s):
        raise InputError(
            f"{blob.path}: line {number}: {trade.s} is paid in its coin and q counts contracts,"
            " expected a market of USD-M futures or of spot"
        )
    if not (trade.p > 0 and trade.q > 0 and trade.s):
        raise InputError(
            f"{blob.path}: line {number}: s is {trade.s!r}, p {trade.p:g} and q {trade.q:g},"
            " expected a market, and a price and a size above 0"
        )


def _batch(kind: str, trades: list[Trade], blob: Blob, notes: tuple[str, ...] = ()) -> Batch:
    columns = {
        "time": epoch_times([each.T or each.E for each in trades], blob),
        "market": pl.Series([each.s for each in trades], dtype=pl.String),
        "price": pl.Series([each.p for each in trades], dtype=pl.Float64),
        "size": pl.Series([each.q for each in trades], dtype=pl.Float64),
        "side": pl.Series(["sell" if each.m else "buy" for each in trades], dtype=pl.String),
        "trade_id": pl.Series([str(each.t) for each in trades], dtype=pl.String),
        "notional": pl.Series([each.p * each.q for each in trades], dtype=pl.Float64),
    }
    frame = finite(pl.DataFrame(columns).select(_COLUMNS[kind]), blob)
    is_spot = any(each.M is not None and not each.X for each in trades)
    if kind == "liquidations" and trades:
        notes = (_SIDE, *notes)
    return Batch(kind, frame, notes=notes, source="binance-spot" if is_spot else None)


FORMAT = Format("binance-trade-stream", "binance", sniff, read)
