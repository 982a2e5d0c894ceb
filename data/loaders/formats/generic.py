"""Any table whose columns can be told by name or by `--map`: CSV, Parquet, Arrow, JSON lines.

Samples (a Dune export; a plain candle file; with `--map when=time,paid=price,n=size`, any):

    block_time,user,coin,px,sz                   2025-10-10 21:16:04.831 UTC,0xaa,ABC,10.0,2.0
    ts,market,open,high,low,close,volume         2025-10-10 21:16:00,ABCUSDT,10,10.5,9.1,9.4,120.5

Kaiko, Allium, QuickNode, Goldsky and Artemis tables come in this way.
"""

from collections.abc import Iterator, Mapping

import polars as pl

from crashsim.data.loaders.bar_files import bar_length_s
from crashsim.data.loaders.format import Batch, Format, Options
from crashsim.data.loaders.freqtrade_names import market_named
from crashsim.data.loaders.klines import ohlc
from crashsim.data.loaders.reading.any_table import table_rows
from crashsim.data.loaders.reading.blob import Blob
from crashsim.data.loaders.reading.rows import Rows
from crashsim.data.loaders.reading.sample import Sample
from crashsim.data.store.kinds import KINDS, PRICE_KINDS
from crashsim.scenarios.errors import InputError

ALIASES: Mapping[str, tuple[str, ...]] = {
    "time": ("time", "ts", "timestamp", "date", "datetime", "block_time", "open_time", "unix"),
    "market": ("market", "symbol", "coin", "instrument", "instrument_name", "pair", "ticker"),
    "open": ("open",),
    "high": ("high",),
    "low": ("low",),
    "close": ("close",),
    "volume": ("volume", "vol", "base_volume", "volume_base"),
    "volume_usd": ("volume_usd", "quote_volume", "volume_quote", "turnover"),
    "price": ("price", "px"),
    "size": ("size", "sz", "amount", "qty", "quantity"),
    "side": ("side", "taker_side"),
    "trade_id": ("trade_id", "tid", "id"),
    "order_id": ("order_id", "oid"),
    "account": ("account", "user", "address", "user_address", "wallet"),
    "direction": ("direction", "dir"),
    "closed_pnl": ("closed_pnl", "closedpnl", "realized_pnl"),
    "start_position": ("start_position", "startposition"),
    "fee": ("fee",),
    "crossed": ("crossed",),
    "liquidated_account": ("liquidated_account", "liquidation_user", "liquidateduser"),
    "block_number": ("block_number", "block"),
    "funding_rate": ("funding_rate", "fundingrate"),
    "mark": ("mark", "mark_price", "mark_px"),
    "index": ("index", "index_price", "oracle_px"),
}
_SIDES = {"sell": "sell", "buy": "buy", "a": "sell", "b": "buy", "ask": "sell", "bid": "buy"}
_SIDES |= {"s": "sell"}
_TEXTS = ("trade_id", "direction", "liquidated_account")
_WHOLES = ("order_id", "block_number")
_OHLC = ("open", "high", "low", "close")


def sniff(seen: Sample) -> bool:
    """A table with columns of bars, trades, fills, funding or marks."""
    if seen.layout == "jsonl":
        return _kind_of({name for name in ALIASES if _named_in(seen.text, name)}) is not None
    found = {role for role, names in ALIASES.items() if any(n in seen.names for n in names)}
    return _kind_of(found) is not None


def read(blob: Blob, options: Options) -> Iterator[Batch]:
    """Rows of the kind that `--kind` or the columns say."""
    for raw in table_rows(blob):
        rows = _renamed(raw, options)
        kind = options.kind or _kind_told(rows) or _kind_of(set(rows.frame.columns))
        if kind is None or kind not in KINDS:
            raise InputError(
                f"{blob.path}: its columns ({', '.join(raw.frame.columns)}) are of no known kind;"
                " name them with --map theirs=ours,... Ours are: " + ", ".join(ALIASES)
            )
        yield _batch(rows, kind, blob, options)


def _named_in(text: str, role: str) -> bool:
    line = text.lstrip().partition("\n")[0].lower()
    return any(f'"{name}"' in line for name in ALIASES[role])


def _kind_of(roles: set[str]) -> str | None:
    """The kind that a set of roles makes, the fullest first."""
    if "time" not in roles:
        return None
    for kind, needed in (
        ("last", set(_OHLC)),
        ("fills", {"account", "price", "size"}),
        ("trades", {"price", "size"}),
        ("contexts", {"mark"}),
        ("funding", {"funding_rate"}),
    ):
        if needed <= roles:
            return kind
    return None


def _kind_told(rows: Rows) -> str | None:
    """A column `kind` or `price_kind` with one value that names a kind of price."""
    column = rows.pick(("price_kind", "kind"))
    if column is None or not set(_OHLC) <= set(rows.frame.columns):
        return None
    values = rows.text(column, True).drop_nulls().str.to_lowercase().unique().to_list()
    told = {kind for kind in PRICE_KINDS for value in values if kind in value}
    if len(told) > 1 or len(values) > 1:
        raise InputError(f"{rows.path}: bars of several kinds ({', '.join(values)}); split them")
    return told.pop() if told else None


def _renamed(rows: Rows, options: Options) -> Rows:
    """Columns under our names; `--map` goes before the aliases."""
    theirs = {name.lower(): ours for name, ours in options.columns.items()}
    absent = [name for name in theirs if not rows.has(name)]
    unknown = [ours for ours in theirs.values() if ours not in ALIASES]
    if absent or unknown:
        raise InputError(
            f"--map: {', '.join(absent or unknown)} is not a column of "
            + (f"{rows.path} ({', '.join(rows.frame.columns)})" if absent else "ours: ")
            + ("" if absent else ", ".join(ALIASES))
        )
    taken = set(theirs.values())
    for role, names in ALIASES.items():
        name = rows.pick([n for n in names if n not in theirs])
        if role not in taken and name is not None:
            theirs[name] = role
    # A column that is not used may have the name another one gets.
    kept = rows.frame.select(
        *(pl.col(name).alias(ours) for name, ours in theirs.items()),
        *(pl.col(n) for n in ("kind", "price_kind") if rows.has(n) and n not in theirs),
    )
    return Rows(kept, rows.path, rows.first_row)


def _batch(rows: Rows, kind: str, blob: Blob, options: Options) -> Batch:
    market = rows.text("market") if rows.has("market") else None
    if market is None:
        market = rows.constant(market_named(blob, options), "market")
    lead = [rows.time("time", options), market]
    if kind in ("last", "mark", "index", "premium"):
        bars = pl.DataFrame(lead + ohlc(rows, signed=kind == "premium") + _volumes(rows, kind))
        return Batch(kind, bars, bar_length_s(bars, blob, options))
    if kind == "funding":
        return Batch(kind, pl.DataFrame([*lead, rows.number("funding_rate")]))
    if kind == "contexts":
        named = [n for n in ("mark", "index", "funding_rate") if rows.has(n)]
        return Batch(kind, pl.DataFrame(lead + [rows.number(n, True) for n in named]))
    if kind in ("trades", "fills", "liquidations"):
        return Batch(kind, pl.DataFrame(lead + _trade_columns(rows, kind)))
    raise InputError(f"{blob.path}: --kind {kind} needs a file of that format, not a plain table")


def _volumes(rows: Rows, kind: str) -> list[pl.Series]:
    if kind != "last":
        return []
    return [rows.not_negative(n, True) for n in ("volume", "volume_usd") if rows.has(n)]


def _trade_columns(rows: Rows, kind: str) -> list[pl.Series]:
    columns = [rows.positive("price"), rows.not_negative("size")]
    if rows.has("side"):
        columns.append(rows.choice("side", _SIDES))
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
