"""Prices out of any file that `data import` reads: candles, trades, marks, in any known format."""

import tempfile
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from crashsim.data.checked.table import PLACE, Table
from crashsim.data.loaders.format import Options
from crashsim.data.loaders.importer import import_file
from crashsim.data.store.bars import bars_from_store
from crashsim.data.store.datasets import file_sha256
from crashsim.data.store.store import Store
from crashsim.data.tape.price_file import PriceRows, is_contract_file, price_rows, read_price_rows
from crashsim.scenarios.errors import InputError

_SOURCE = "file"
_LONG_AGO = datetime(2009, 1, 1, tzinfo=UTC)  # when it was got is of no use here


def any_price_rows(path: Path, venue: str | None = None, *, volume_only: bool = False) -> PriceRows:
    """Checked rows of a price file: of the contract's columns, else of a format that is known.

    venue: whose spelling the names of its markets follow.
    Raises InputError for a file that holds no prices, naming what it holds.
    """
    if is_contract_file(path):
        return read_price_rows(path, venue, volume_only=volume_only)
    with tempfile.TemporaryDirectory(prefix="crashsim-") as folder:
        store = Store(Path(folder))
        imported = import_file(store, path, Options(), _LONG_AGO, _SOURCE)
        extents = [extent for each in imported for extent in each.extents]
        first = min(extent.first_ms for extent in extents)
        last = max(extent.last_ms for extent in extents)
        try:
            bars = bars_from_store(_SOURCE, None, first, last, store)
        except InputError:
            kinds = ", ".join(sorted({extent.dataset.kind for extent in extents}))
            raise InputError(
                f"{path}: holds {kinds}, expected prices: candles, trades or marks"
            ) from None
    if bars["volume_usd"].null_count():
        bars = bars.drop("volume_usd")
    placed = bars.drop("is_recorded").with_columns(pl.int_range(1, pl.len() + 1).alias(PLACE))
    table = Table(path, "row", placed, file_sha256(path))
    notes = dict.fromkeys(note for each in imported for note in each.notes)
    return price_rows(table, venue, volume_only=volume_only, notes=tuple(notes))
