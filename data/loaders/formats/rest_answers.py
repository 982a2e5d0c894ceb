"""Saved answers of venues' interfaces: candles and funding in the envelope they came in.

Samples (Binance has no envelope; OKX; Bybit, which names its market; Deribit, a list a column):

    [[1760130960000,"10.0","10.5","9.1","9.4","120.5",1760131019999,"1180.2",42,"60.1","590","0"]]
    {"code":"0","data":[["1760130960000","10.0","10.5","9.1","9.4","1205","120.5","1180.2","1"]]}
    {"retCode":0,"result":{"symbol":"ABCUSDT","list":[["1760130960000","10","10.5","9.1","9.4"...
    {"result":{"ticks":[1760130960000],"open":[10.0],"high":[10.5],"low":[9.1],"close":[9.4]...

An answer whose rows are objects with names is read as any table is; those whose names are letters
in two cases (Hyperliquid's candles, Binance's trades) get their words first.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import polars as pl

from crashsim.data.loaders.format import Batch, Format, Options
from crashsim.data.loaders.formats.generic import batch_of
from crashsim.data.loaders.okx import base_size
from crashsim.data.loaders.reading.any_table import text_frame
from crashsim.data.loaders.reading.blob import Blob
from crashsim.data.loaders.reading.jsonlines import json_value
from crashsim.data.loaders.reading.rows import Rows
from crashsim.data.loaders.reading.sample import Sample, first_keys
from crashsim.scenarios.errors import InputError

_BAR = ("time", "open", "high", "low", "close")
# Order of a candle's values by their number: OKX has nine, Binance twelve.
_ORDERS: Mapping[int, tuple[str, ...]] = {
    5: _BAR,
    6: (*_BAR, "volume"),
    7: (*_BAR, "base_volume", "quote_volume"),
    8: (*_BAR, "base_volume", "quote_volume", "volume_in_usdt"),
    9: (*_BAR, "contracts", "vol_ccy", "vol_ccy_quote", "confirm"),
    12: (*_BAR, "volume", "close_time", "quote_volume", "count", "taker_base", "taker_quote", "no"),
}
# Of a coin-margined contract Bybit's volume counts dollars and its turnover coins.
_INVERSE = (*_BAR, "quote_volume", "base_volume")
_OKX_MARKS = (*_BAR, "confirm")
_KRAKEN = (*_BAR, "vwap", "base_volume", "count")
_LETTERS: tuple[Mapping[str, str], ...] = (
    {"t": "time", "T": "end", "s": "market", "i": "length", "n": "count"}
    | {"o": "open", "h": "high", "l": "low", "c": "close", "v": "volume"},
    {"a": "trade_id", "p": "price", "q": "size", "T": "time", "m": "is_buyer_maker"}
    | {"f": "first_id", "l": "last_id"},
)
_FUNDING = {"rate": "funding_rate", "effectiveAt": "time"}
_PATHS: tuple[tuple[str, ...], ...] = (
    ("result", "list"),
    ("data", "candles"),
    ("result",),
    ("results",),
    ("data",),
    ("candles",),
    ("trades",),
    ("historicalFunding",),
)
_ENVELOPE = re.compile(
    r'\s*\{\s*"(retCode|ret_code|code|result|results|candles|data|error|jsonrpc|trades|success|historicalFunding)"'
)


def sniff(seen: Sample) -> bool:
    """An envelope of a venue, an array of arrays of twelve, or of objects named by letters."""
    if seen.layout == "jsonl":
        return _ENVELOPE.match(seen.text) is not None and "[" in seen.text
    if seen.layout == "json" and seen.has_records:
        keys = set(first_keys(seen.text))
        return any({name.lower() for name in names} <= keys for names in _LETTERS)
    first = re.match(r"\s*\[\s*\[([^\]]*)\]", seen.text) if seen.layout == "json" else None
    return first is not None and first[1].count(",") == len(_ORDERS[12]) - 1


def read(blob: Blob, options: Options) -> Iterator[Batch]:
    """Rows of one answer."""
    answer = json_value(blob, Any)
    rows = _rows_of(answer, blob)
    if not len(rows):
        raise InputError(f"{blob.path}: an answer of a venue without rows of candles or funding")
    market = options.market or _market_of(answer)
    frame = rows if isinstance(rows, pl.DataFrame) else _frame(rows, blob, answer)
    named = replace(options, market=market) if market else options
    table = Rows(frame, blob.path, 1)
    _refuse_unknown_kind(table, options)
    batch = batch_of(_in_coins(table, _is_inverse(answer), options), blob, named)
    _refuse_another_order(batch, blob)
    yield batch


def _rows_of(answer: Any, blob: Blob) -> Sequence[Any] | pl.DataFrame:
    if isinstance(answer, list):
        return answer
    result = answer.get("result") if isinstance(answer, dict) else None
    if isinstance(result, dict) and isinstance(result.get("ticks"), list):
        return _of_lists(result, blob)
    if isinstance(result, dict) and "last" in result:
        return next((rows for rows in result.values() if isinstance(rows, list)), [])
    for path in _PATHS:
        found = answer
        for key in path:
            found = found.get(key) if isinstance(found, dict) else None
        if isinstance(found, list) and found:
            return found
    return []


def _of_lists(ticks: Mapping[str, Any], blob: Blob) -> pl.DataFrame:
    """Deribit's candles: `volume` in coins, `cost` in dollars of a linear contract."""
    names = {"ticks": "time", "cost": "quote_volume"}
    lists = {names.get(key, key): each for key, each in ticks.items() if isinstance(each, list)}
    if len({len(each) for each in lists.values()}) != 1:
        raise InputError(f"{blob.path}: lists of different lengths, expected one value a candle")
    return text_frame(
        [dict(zip(lists, row, strict=True)) for row in zip(*lists.values(), strict=True)], blob
    )


def _frame(rows: Sequence[Any], blob: Blob, answer: Any) -> pl.DataFrame:
    if all(isinstance(row, dict) for row in rows):
        words = _words(rows[0], answer)
        return text_frame([{words.get(k, k): v for k, v in row.items()} for row in rows], blob)
    width = len(rows[0]) if isinstance(rows[0], list) else 0
    names = _order(width, answer)
    for number, row in enumerate(rows, 1):
        if names is None or not isinstance(row, list) or len(row) != width:
            found = len(row) if isinstance(row, list) else "no"
            raise InputError(
                f"{blob.path}: row {number}: {found} values, expected those of a candle "
                f"({', '.join(map(str, _ORDERS))})"
            )
    assert names is not None
    return text_frame([dict(zip(names, row, strict=True)) for row in rows], blob)


def _words(row: Mapping[str, Any], answer: Any) -> Mapping[str, str]:
    if isinstance(answer, dict):
        return _FUNDING if "historicalFunding" in answer else {}
    return next((names for names in _LETTERS if set(names) <= set(row)), {})


def _order(width: int, answer: Any) -> tuple[str, ...] | None:
    if width == len(_INVERSE) and _is_inverse(answer):
        return _INVERSE
    if width == len(_OKX_MARKS) and isinstance(answer, dict) and "code" in answer:
        return _OKX_MARKS
    is_kraken = isinstance(answer, dict) and "error" in answer
    return _KRAKEN if is_kraken and width == len(_KRAKEN) else _ORDERS.get(width)


def _refuse_unknown_kind(rows: Rows, options: Options) -> None:
    """Candles without a volume are of mark or index prices, whose answers look the same."""
    names = set(rows.frame.columns)
    if options.kind is None and names in (set(_BAR), set(_OKX_MARKS)):
        raise InputError(
            f"{rows.path}: candles without volume are of mark or index prices, and the answer does "
            "not say which; say it with --kind mark or --kind index"
        )


def _refuse_another_order(batch: Batch, blob: Blob) -> None:
    """Refuse candles of which most are none: a venue may write the close before the high."""
    if batch.interval_s is None:
        return
    top, bottom = pl.max_horizontal("open", "close"), pl.min_horizontal("open", "close")
    crooked = batch.rows.select((pl.col("high") < top) | (pl.col("low") > bottom)).to_series()
    if 2 * int(crooked.sum()) > len(crooked):
        raise InputError(
            f"{blob.path}: {int(crooked.sum())} of {len(crooked)} candles have a high or low that "
            "is none: their values stand in another order than time, open, high, low, close; "
            "write them as CSV with a header"
        )


def _in_coins(rows: Rows, is_inverse: bool, options: Options) -> Rows:
    """Sizes of trades in coins: OKX counts contracts, Bybit dollars of an inverse contract."""
    if rows.has("instid") and rows.has("sz") and rows.has("px"):
        size, price = rows.not_negative("sz"), rows.positive("px")
        coins = base_size(rows, rows.text("instid"), size, price, options).alias("sz")
    elif is_inverse and rows.has("size") and rows.has("price"):
        coins = (rows.not_negative("size") / rows.positive("price")).alias("size")
    else:
        return rows
    return Rows(rows.frame.with_columns(coins), rows.path, rows.first_row)


def _market_of(answer: Any) -> str | None:
    result = answer.get("result") if isinstance(answer, dict) else None
    if not isinstance(result, dict):
        return None
    pair = next((key for key, rows in result.items() if isinstance(rows, list)), None)
    symbol = pair if "last" in result else result.get("symbol")
    return symbol if isinstance(symbol, str) and symbol else None


def _is_inverse(answer: Any) -> bool:
    result = answer.get("result") if isinstance(answer, dict) else None
    return isinstance(result, dict) and result.get("category") == "inverse"


FORMAT = Format("rest-answer", "import", sniff, read)
