"""Any table whose columns can be told by name or by `--map`: CSV, Parquet, Arrow, JSON lines.

Samples (a Dune export; a plain candle file; with `--map when=time,paid=price,n=size`, any):

    block_time,user,coin,px,sz                   2025-10-10 21:16:04.831 UTC,0xaa,ABC,10.0,2.0
    ts,market,open,high,low,close,volume         2025-10-10 21:16:00,ABCUSDT,10,10.5,9.1,9.4,120.5

Kaiko, Allium, QuickNode, Goldsky and Artemis tables come in this way.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import polars as pl

from crashsim.data.loaders.format import Batch, Columns, Format, Options
from crashsim.data.loaders.freqtrade_names import interval_named, market_named, source_named
from crashsim.data.loaders.klines import ohlc
from crashsim.data.loaders.meaning.bar_lengths import bars_on_grid
from crashsim.data.loaders.meaning.column_names import ALIASES, OHLC, plain, roles
from crashsim.data.loaders.meaning.evidence import contradiction, named_otherwise
from crashsim.data.loaders.meaning.row_shape import (
    CANDLE,
    decimal_points,
    named_candles,
    one_time,
    without_headers,
)
from crashsim.data.loaders.meaning.units import (
    by_notional,
    finished,
    is_row_number,
    one_unit,
    refuse_bare_volume,
)
from crashsim.data.loaders.okx import base_size
from crashsim.data.loaders.reading.any_table import table_rows
from crashsim.data.loaders.reading.blob import Blob
from crashsim.data.loaders.reading.rows import Rows
from crashsim.data.loaders.reading.sample import Sample, first_keys
from crashsim.data.loaders.reading.times import looks_like_time
from crashsim.data.store.kinds import KINDS, PRICE_KINDS
from crashsim.scenarios.errors import InputError

_SIDES = {"sell": "sell", "buy": "buy", "a": "sell", "b": "buy", "ask": "sell", "bid": "buy"}
_SIDES |= {"s": "sell"}
_TEXTS = ("trade_id", "direction", "liquidated_account")
_WHOLES = ("order_id", "block_number")


def sniff(seen: Sample) -> bool:
    """A table with columns of bars, trades, fills, funding or marks."""
    if seen.has_records:
        return _kind_of(set(roles(first_keys(seen.text), {}).values())) is not None
    if seen.layout == "csv" and not seen.names:
        return _is_bare_candle(seen)
    found = set(roles(seen.names, {}).values())
    return _kind_of(found) is not None or _kind_of(found | _time_of(seen.names)) is not None


def read(blob: Blob, options: Options) -> Iterator[Batch]:
    """Rows of the kind that `--kind` or the columns say."""
    for raw in table_rows(blob):
        yield _in_coins(batch_of(raw, blob, options), raw, options)


def batch_of(raw: Rows, blob: Blob, options: Options) -> Batch:
    """Rows with column names in lower case as a batch."""
    whole, notes = finished(named_candles(one_time(without_headers(raw))))
    used = _used(whole, options)
    rows = _renamed(decimal_points(whole, used, options), used)
    kind = options.kind or _kind_told(rows) or _kind_of(set(used.values()))
    if kind is None or kind not in KINDS:
        raise InputError(
            f"{blob.path}: its columns ({', '.join(raw.frame.columns)}) are of no known kind;"
            " name them with --map theirs=ours,... Ours are: " + ", ".join(ALIASES)
        )
    if not options.kind and kind == "contexts" and _is_settled(used):
        kind = "funding"  # a settled rate, with the mark at which it was
    if not options.kind:
        _refuse_contradiction(whole, kind, set(used), blob.name)
    batch = _batch(rows, kind, blob, options)
    return replace(
        batch,
        notes=(*batch.notes, *notes),
        columns=_told(whole, used, batch),
        source=source_named(blob),
    )


def _in_coins(batch: Batch, rows: Rows, options: Options) -> Batch:
    """The batch with sizes in coins, where a market is a swap by OKX's name: contracts there."""
    if batch.kind != "trades" or "size" in options.columns.values():
        return batch
    market, size, price = batch.rows["market"], batch.rows["size"], batch.rows["price"]
    if not market.str.ends_with("-SWAP").any():
        return batch
    coins = base_size(rows, market, size, price, options)
    return replace(batch, rows=batch.rows.with_columns(coins.alias("size")))


def _is_bare_candle(seen: Sample) -> bool:
    """Five or six columns without a header, a time and then numbers."""
    widths = (len(CANDLE) - 1, len(CANDLE))
    return seen.width in widths and bool(seen.rows) and looks_like_time(seen.rows[0][0])


def _time_of(names: Sequence[str]) -> set[str]:
    """`time` where the first column has no name: the index that pandas writes."""
    return {"time"} if names and not names[0] else set()


def _used(rows: Rows, options: Options) -> dict[str, str]:
    """theirs -> ours of the columns that are read."""
    chosen = {name.lower(): ours for name, ours in options.columns.items()}
    if absent := [name for name in chosen if not rows.has(name)]:
        raise InputError(
            f"--map: {', '.join(absent)} is not a column of {rows.path} "
            f"({', '.join(rows.frame.columns)})"
        )
    used = roles(rows.frame.columns, chosen)
    first = rows.frame.columns[0]
    if "time" not in used.values() and first.startswith("column_"):
        used[first] = "time"
    used = by_notional(rows.frame.columns, used, set(chosen))
    refuse_bare_volume(rows, used)
    return {
        name: ours
        for name, ours in used.items()
        if ours != "index" or name in chosen or not is_row_number(rows, name)
    }


def _is_settled(used: Mapping[str, str]) -> bool:
    return any(plain(n).startswith("funding") for n, ours in used.items() if ours == "time")


def _renamed(rows: Rows, used: Mapping[str, str]) -> Rows:
    # A column that is not used may have the name another one gets.
    kept = rows.frame.select(
        *(pl.col(name).alias(ours) for name, ours in used.items()),
        *(pl.col(n) for n in ("kind", "price_kind") if rows.has(n) and n not in used),
    )
    return Rows(kept, rows.path, rows.first_row)


def _refuse_contradiction(rows: Rows, kind: str, used: set[str], name: str) -> None:
    def says_something(name: str) -> bool:
        return name in used or bool(rows.text(name, True).is_not_null().any())

    why = contradiction(kind, rows.frame.columns, says_something) or named_otherwise(kind, name)
    if why is not None:
        raise InputError(f"{rows.path}: {why}")


def _told(rows: Rows, used: Mapping[str, str], batch: Batch) -> Columns:
    made = {*batch.rows.columns, *(("is_buyer_maker",) if "side" not in used.values() else ())}
    given = {name: ours for name, ours in used.items() if ours in made}
    return Columns(given, tuple(name for name in rows.frame.columns if name not in given))


def _kind_of(found: set[str]) -> str | None:
    """The kind that a set of roles makes, the fullest first."""
    if "time" not in found:
        return None
    for kind, needed in (
        ("last", set(OHLC)),
        ("fills", {"account", "price", "size"}),
        ("fills", {"closed_pnl", "start_position", "price", "size"}),
        ("trades", {"price", "size"}),
        ("contexts", {"mark"}),
        ("funding", {"funding_rate"}),
    ):
        if needed <= found:
            return kind
    return None


def _kind_told(rows: Rows) -> str | None:
    """A column `kind` or `price_kind` with one value that names a kind of price."""
    column = rows.pick(("price_kind", "kind"))
    if column is None or not set(OHLC) <= set(rows.frame.columns):
        return None
    values = rows.text(column, True).drop_nulls().str.to_lowercase().unique().to_list()
    told = {kind for kind in PRICE_KINDS for value in values if kind in value}
    if len(told) > 1 or len(values) > 1:
        raise InputError(f"{rows.path}: bars of several kinds ({', '.join(values)}); split them")
    return told.pop() if told else None


def _batch(rows: Rows, kind: str, blob: Blob, options: Options) -> Batch:
    market = rows.text("market") if rows.has("market") else None
    if market is None:
        market = rows.constant(market_named(blob, options), "market")
    lead = [rows.time("time", options), market]
    if kind in ("last", "mark", "index"):
        bars = pl.DataFrame(lead + ohlc(rows) + _volumes(rows, kind))
        bars = one_unit(bars, blob.path, set(options.columns.values()))
        found = bars_on_grid(bars, blob.path, options.interval_s, interval_named(blob))
        return Batch(kind, found.bars, found.interval_s, found.notes)
    if kind == "funding":
        return Batch(kind, pl.DataFrame([*lead, rows.rate("funding_rate")]))
    if kind == "contexts":
        prices = [rows.positive(n, True) for n in ("mark", "index") if rows.has(n)]
        rates = [rows.number("funding_rate", True)] if rows.has("funding_rate") else []
        return Batch(kind, pl.DataFrame(lead + prices + rates))
    if kind in ("trades", "fills", "liquidations"):
        own = rows.constant(blob.name.partition(".")[0], "account")
        if kind != "fills" or rows.has("account"):
            return Batch(kind, pl.DataFrame(lead + _trade_columns(rows, kind)))
        note = f"no column names the account: its fills are those of {own[0]!r}, the file's name"
        told = Rows(rows.frame.with_columns(own), rows.path, rows.first_row)
        return Batch(kind, pl.DataFrame(lead + _trade_columns(told, kind)), notes=(note,))
    raise InputError(f"{blob.path}: --kind {kind} needs a file of that format, not a plain table")


def _volumes(rows: Rows, kind: str) -> list[pl.Series]:
    if kind != "last":
        return []
    return [rows.not_negative(n, True) for n in ("volume", "volume_usd") if rows.has(n)]


def _trade_columns(rows: Rows, kind: str) -> list[pl.Series]:
    columns = [rows.positive("price"), rows.not_negative("size")]
    if rows.has("side"):
        columns.append(rows.choice("side", _SIDES))
    elif rows.has("is_buyer_maker"):
        sold = rows.flag("is_buyer_maker")
        columns.append(sold.replace_strict({True: "sell", False: "buy"}).alias("side"))
    if kind != "fills":
        return columns + ([rows.text("trade_id", True)] if rows.has("trade_id") else [])
    columns.append(rows.text("account"))
    if rows.has("trade_id"):
        columns.append(rows.integer("trade_id", True))
    columns += [rows.text(n, True) for n in _TEXTS[1:] if rows.has(n)]
    columns += [rows.integer(n, True) for n in _WHOLES if rows.has(n)]
    columns += [rows.flag("crossed", True)] if rows.has("crossed") else []
    numbers = ("closed_pnl", "start_position", "fee")
    return columns + [rows.number(n, True) for n in numbers if rows.has(n)]


FORMAT = Format("generic", "import", sniff, read)
