"""Hydromancer Reservoir snapshots of positions and account values (`{block}_{ms}.parquet`).

Samples (one row a position; one row an account and pocket, dex empty for the main market):

    user=0xaa market=ABC size=-5.0 notional=50.0 entry_price=11.0 liquidation_price=29.0
    leverage_type=cross leverage=5 funding_pnl=0.0 account_value=100.0 account_mode=standard

    user=0xaa dex= collateral_token=USDC account_value=100.0 total_long_notional=0.0
    total_short_notional=50.0 account_mode=standard
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime

import polars as pl

from crashsim.data.loaders.format import Batch, Format, Options
from crashsim.data.loaders.reading.blob import Blob
from crashsim.data.loaders.reading.columnar import columnar_frames
from crashsim.data.loaders.reading.names import snapshot_ms
from crashsim.data.loaders.reading.rows import Rows
from crashsim.data.loaders.reading.sample import Sample
from crashsim.data.schema import TIME

_MODES = {"cross": "cross", "isolated": "isolated"}
_POSITIONS = {"user", "market", "size", "entry_price", "leverage_type"}
_ACCOUNTS = {"user", "account_value", "total_long_notional", "total_short_notional"}


def sniff(seen: Sample) -> bool:
    """Parquet with either set of columns."""
    names = set(seen.names)
    return seen.layout == "parquet" and (names >= _POSITIONS or names >= _ACCOUNTS)


def read(blob: Blob, options: Options) -> Iterator[Batch]:
    """Positions or account values at the moment in the file's name."""
    at = datetime.fromtimestamp(_moment_ms(blob) / 1000, UTC)
    first_row = 1
    for frame in columnar_frames(blob, "parquet"):
        rows = Rows(frame, blob.path, first_row, blob.asked)
        kind = "positions" if rows.has("leverage_type") else "accounts"
        table = _positions(rows) if kind == "positions" else _accounts(rows)
        yield Batch(kind, table.with_columns(pl.lit(at).cast(TIME).alias("time")))
        first_row += frame.height


def _moment_ms(blob: Blob) -> int:
    """`{block}_{ms}.parquet`: the number after the block."""
    found = re.match(r"^\d+_(\d{13})\b", blob.name)
    return int(found[1]) if found else snapshot_ms(blob)


def _positions(rows: Rows) -> pl.DataFrame:
    numbers = ("leverage", "liquidation_price", "funding_pnl", "account_value")
    columns = [
        rows.text("user").alias("account"),
        rows.text("market").str.strip_prefix("hyperliquid:"),
        rows.number("size"),
        rows.number("notional").abs(),
        rows.positive("entry_price"),
        (rows.choice("leverage_type", _MODES) == "cross").alias("is_cross"),
    ]
    columns += [rows.number(name, True) for name in numbers if rows.has(name)]
    return pl.DataFrame(columns + _mode(rows))


def _accounts(rows: Rows) -> pl.DataFrame:
    columns = [
        rows.text("user").alias("account"),
        rows.number("account_value"),
        rows.number("total_long_notional", True).alias("long_notional"),
        rows.number("total_short_notional", True).alias("short_notional"),
    ]
    columns += [rows.text("dex", True)] if rows.has("dex") else []
    return pl.DataFrame(columns + _mode(rows))


def _mode(rows: Rows) -> list[pl.Series]:
    return [rows.text("account_mode", True)] if rows.has("account_mode") else []


FORMAT = Format("reservoir-snapshots", "hyperliquid", sniff, read)
