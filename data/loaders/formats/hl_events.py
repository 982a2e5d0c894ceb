"""Hyperliquid misc events: hourly funding, and deposits, withdrawals and transfers.

Samples (`inner` has one key; the types of LedgerUpdate are an open set):

    {"block_time":"2025-10-10T21:00:00.1","block_number":1,"events":[{"time":
     "2025-10-10T21:00:00.100000001","hash":"0x0","inner":{"Funding":{"deltas":[{"user":"0xaa",
     "coin":"ABC","funding_amount":"0.01","szi":"-5.0","funding_rate":"0.0000125"}]}}}]}
    ... "inner":{"LedgerUpdate":{"users":["0xaa"],"delta":{"type":"withdraw","usdc":"10.0",
     "fee":"1.0","nonce":1}}}

A type without a rule in `hl_ledger` is kept with its record, its amount empty, and reported.
"""

import re
from collections import Counter
from collections.abc import Iterator

import msgspec
import polars as pl

from crashsim.data.loaders.format import Batch, Format, Options
from crashsim.data.loaders.hl_ledger import cash_changes
from crashsim.data.loaders.reading.blob import Blob
from crashsim.data.loaders.reading.jsonlines import finite, json_lines, text_times
from crashsim.data.loaders.reading.sample import Sample
from crashsim.scenarios.errors import InputError

BATCH_ROWS = 200_000
_QUIET = ("CDeposit", "CWithdrawal", "Delegation", "ValidatorRewards")  # staking: another pocket


class Event(msgspec.Struct):
    """One event of a block."""

    time: str
    inner: dict[str, msgspec.Raw]


class Block(msgspec.Struct):
    """All events of one block, in order."""

    block_number: int
    events: list[Event]


class FundingDelta(msgspec.Struct):
    """One account's funding in one coin; positive: received."""

    user: str
    coin: str
    funding_amount: float
    szi: float
    funding_rate: float


class Funding(msgspec.Struct):
    """All funding payments of an hour."""

    deltas: list[FundingDelta]


class LedgerUpdate(msgspec.Struct):
    """A movement of money."""

    users: list[str]
    delta: dict[str, object]


_FIELDS = ("at", "account", "type", "market", "amount_usd", "size", "funding_rate", "detail")
_SCHEMA = dict(zip(_FIELDS, [pl.String()] * 4 + [pl.Float64()] * 3 + [pl.String()], strict=True))
_Row = tuple[str, str, str, str | None, float | None, float | None, float | None, str | None]
_FUNDING = msgspec.json.Decoder(Funding, strict=False)
_LEDGER = msgspec.json.Decoder(LedgerUpdate, strict=False)


def sniff(seen: Sample) -> bool:
    """Blocks whose events are objects with `inner`."""
    if seen.layout != "jsonl" or '"block_number"' not in seen.text:
        return False
    return re.search(r'"events"\s*:\s*\[\s*\{[^{]*"inner"', seen.text) is not None


def read(blob: Blob, options: Options) -> Iterator[Batch]:
    """One row an account and event, in block order. Notes count the types without a rule."""
    places: list[tuple[int, int]] = []
    rows: list[_Row] = []
    unknown: Counter[str] = Counter()
    for line, block in json_lines(blob, Block):
        index = 0
        for event in block.events:
            for row in _event_rows(event, blob, line):
                unknown[row[2]] += row[4] is None
                places.append((block.block_number, index))
                rows.append(row)
                index += 1
        if len(rows) >= BATCH_ROWS:
            yield Batch("events", _frame(places, rows, blob))
            places, rows = [], []
    notes = tuple(
        f"{count} events of type {kind!r}: their effect on cash is unknown; kept, not applied"
        for kind, count in sorted(unknown.items())
        if count
    )
    if rows or notes:
        yield Batch("events", _frame(places, rows, blob), notes=notes)


def _event_rows(event: Event, blob: Blob, line: int) -> Iterator[_Row]:
    for kind, raw in event.inner.items():
        try:
            if kind == "Funding":
                yield from _funding_rows(event.time, _FUNDING.decode(raw))
            elif kind == "LedgerUpdate":
                yield from _ledger_rows(event.time, _LEDGER.decode(raw))
            else:
                amount = 0.0 if kind in _QUIET else None
                detail = bytes(raw).decode("utf-8", "replace")
                yield (event.time, "", kind, None, amount, None, None, detail)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise InputError(f"{blob.path}: line {line}: {kind}: {error}") from None


def _funding_rows(time: str, funding: Funding) -> Iterator[_Row]:
    for each in funding.deltas:
        amount, size, rate = each.funding_amount, each.szi, each.funding_rate
        yield (time, each.user, "funding", each.coin, amount, size, rate, None)


def _ledger_rows(time: str, update: LedgerUpdate) -> Iterator[_Row]:
    kind = str(update.delta.get("type", "without type"))
    detail = msgspec.json.encode(update.delta).decode()
    for change in cash_changes(kind, update.users, update.delta):
        yield (time, change.account, kind, None, change.amount_usd, None, None, detail)


def _frame(places: list[tuple[int, int]], rows: list[_Row], blob: Blob) -> pl.DataFrame:
    frame = pl.DataFrame(rows, schema=_SCHEMA, orient="row")
    frame = frame.with_columns(
        pl.Series("block_number", [place[0] for place in places], pl.Int64),
        pl.Series("block_index", [place[1] for place in places], pl.Int64),
        text_times(frame["at"].to_list(), blob).alias("time"),
    ).drop("at")
    return finite(frame, blob)


FORMAT = Format("hl-misc-events", "hyperliquid", sniff, read)
