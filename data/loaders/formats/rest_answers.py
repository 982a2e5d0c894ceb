"""Saved answers of venues' interfaces: candles and funding in the envelope they came in.

Samples (Binance has no envelope; OKX; Bybit, which names its market; Deribit, a list a column):

    [[1760130960000,"10.0","10.5","9.1","9.4","120.5",1760131019999,"1180.2",42,"60.1","590","0"]]
    {"code":"0","data":[["1760130960000","10.0","10.5","9.1","9.4","1205","120.5","1180.2","1"]]}
    {"retCode":0,"result":{"symbol":"ABCUSDT","list":[["1760130960000","10","10.5","9.1","9.4"...
    {"result":{"ticks":[1760130960000],"open":[10.0],"high":[10.5],"low":[9.1],"close":[9.4]...

An answer whose rows are objects with names is read as any table is.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import polars as pl

from crashsim.data.loaders.format import Batch, Format, Options
from crashsim.data.loaders.formats.generic import batch_of
from crashsim.data.loaders.reading.any_table import text_frame
from crashsim.data.loaders.reading.blob import Blob
from crashsim.data.loaders.reading.jsonlines import json_value
from crashsim.data.loaders.reading.rows import Rows
from crashsim.data.loaders.reading.sample import Sample
from crashsim.scenarios.errors import InputError

_BAR = ("time", "open", "high", "low", "close")
# Order of a candle's values by their number: OKX has nine, Binance twelve.
_ORDERS: Mapping[int, tuple[str, ...]] = {
    6: (*_BAR, "volume"),
    7: (*_BAR, "base_volume", "quote_volume"),
    8: (*_BAR, "base_volume", "quote_volume", "volume_in_usdt"),
    9: (*_BAR, "contracts", "vol_ccy", "vol_ccy_quote", "confirm"),
    12: (*_BAR, "volume", "close_time", "quote_volume", "count", "taker_base", "taker_quote", "no"),
}
# Of a coin-margined contract Bybit's volume counts dollars and its turnover coins.
_INVERSE = (*_BAR, "contracts", "turnover_in_coin")
_PATHS: tuple[tuple[str, ...], ...] = (
    ("result", "list"),
    ("data", "candles"),
    ("result",),
    ("results",),
    ("data",),
    ("candles",),
    ("historicalFunding",),
)
_ENVELOPE = re.compile(
    r'\s*\{\s*"(retCode|ret_code|code|result|results|candles|data|jsonrpc|success|historicalFunding)"'
)


def sniff(seen: Sample) -> bool:
    """An envelope of a venue, or an array of arrays of twelve."""
    if seen.layout == "jsonl":
        return _ENVELOPE.match(seen.text) is not None and "[" in seen.text
    first = re.match(r"\s*\[\s*\[([^\]]*)\]", seen.text) if seen.layout == "json" else None
    return first is not None and first[1].count(",") == len(_ORDERS[12]) - 1


def read(blob: Blob, options: Options) -> Iterator[Batch]:
    """Rows of one answer."""
    answer = json_value(blob, Any)
    rows = _rows_of(answer, blob)
    if not len(rows):
        raise InputError(f"{blob.path}: an answer of a venue without rows of candles or funding")
    market = options.market or _market_of(answer)
    frame = rows if isinstance(rows, pl.DataFrame) else _frame(rows, blob, _is_inverse(answer))
    named = replace(options, market=market) if market else options
    yield batch_of(Rows(frame, blob.path, 1), blob, named)


def _rows_of(answer: Any, blob: Blob) -> Sequence[Any] | pl.DataFrame:
    if isinstance(answer, list):
        return answer
    ticks = answer.get("result") if isinstance(answer, dict) else None
    if isinstance(ticks, dict) and isinstance(ticks.get("ticks"), list):
        return _of_lists(ticks, blob)
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
    return text_frame(
        [dict(zip(lists, row, strict=True)) for row in zip(*lists.values(), strict=True)], blob
    )


def _frame(rows: Sequence[Any], blob: Blob, is_inverse: bool) -> pl.DataFrame:
    if all(isinstance(row, dict) for row in rows):
        return text_frame(list(rows), blob)
    width = len(rows[0]) if isinstance(rows[0], list) else 0
    names = _INVERSE if is_inverse and width == len(_INVERSE) else _ORDERS.get(width)
    for number, row in enumerate(rows, 1):
        if names is None or not isinstance(row, list) or len(row) != width:
            found = len(row) if isinstance(row, list) else "no"
            raise InputError(
                f"{blob.path}: row {number}: {found} values, expected those of a candle "
                f"({', '.join(map(str, _ORDERS))})"
            )
    assert names is not None
    return text_frame([dict(zip(names, row, strict=True)) for row in rows], blob)


def _market_of(answer: Any) -> str | None:
    result = answer.get("result") if isinstance(answer, dict) else None
    symbol = result.get("symbol") if isinstance(result, dict) else None
    return symbol if isinstance(symbol, str) and symbol else None


def _is_inverse(answer: Any) -> bool:
    result = answer.get("result") if isinstance(answer, dict) else None
    return isinstance(result, dict) and result.get("category") == "inverse"


FORMAT = Format("rest-answer", "import", sniff, read)
