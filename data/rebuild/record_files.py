"""A venue's record out of files, and a book into a folder."""

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import polars as pl

from crashsim.data.loaders.format import Options
from crashsim.data.loaders.importer import read_file
from crashsim.data.loaders.reading.containers import input_files
from crashsim.data.rebuild.record import Record, empty, make_record, snapshot_moment
from crashsim.data.rebuild.venue_book import VenueBook
from crashsim.data.store.datasets import file_sha256
from crashsim.scenarios.errors import InputError
from crashsim.scenarios.files.beside import beside

_FILL_COLUMNS: tuple[str, ...] = (
    "block_number",
    "block_index",
    "time",
    "account",
    "market",
    "side",
    "price",
)
_FILL_COLUMNS += ("size", "start_position", "fee", "fee_token", "trade_id")


def read_record(
    snapshot: Sequence[str],
    fills: Sequence[str],
    events: Sequence[str],
    until_ms: int,
    at_file: Callable[[Path], None] = lambda _: None,
) -> Record:
    """Read a record: paths are files, folders or globs of any format of the registry.

    Of fills only what lies between the snapshot and until_ms is kept in memory. Raises InputError
    where a file is of another kind than its option says.
    """
    accounts = list(_frames(snapshot, ("accounts", "positions", "balances"), "--snapshot", at_file))
    held = _joined(accounts, "positions")
    owned = _joined(accounts, "accounts")
    moment = snapshot_moment(owned, held)
    inside = pl.col("time").dt.epoch("ms").is_between(moment, until_ms)
    kept = [
        frame.filter(inside).select(_FILL_COLUMNS)
        for _, frame in _frames(fills, ("fills",), "--fills", at_file)
    ]
    moved = pl.concat(kept) if kept else empty("fills").select(_FILL_COLUMNS)
    ledger = _joined(list(_frames(events, ("events",), "--events", at_file)), "events")
    return make_record(owned, held, moved, ledger)


def write_book(book: VenueBook, out: Path, record: Record, at_ms: int, inputs: list[Path]) -> None:
    """Write accounts, positions, flows (Parquet) and book.json; a new folder, all or nothing.

    Raises InputError where the folder is there already and not empty.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise InputError(f"--out {out}: is there already and not empty; name a new folder")
    out.parent.mkdir(parents=True, exist_ok=True)
    with beside(out) as folder:
        folder.mkdir()
        book.accounts.write_parquet(folder / "accounts.parquet")
        book.positions.write_parquet(folder / "positions.parquet")
        book.flows.write_parquet(folder / "flows.parquet")
        known = {
            "at_ms": at_ms,
            "snapshot_ms": record.snapshot_ms,
            "accounts": book.accounts.height,
            "positions": book.positions.height,
            "flows": book.flows.height,
            "notes": list(book.notes),
            "inputs": [{"file": path.name, "sha256": file_sha256(path)} for path in inputs],
        }
        (folder / "book.json").write_text(json.dumps(known, indent=1) + "\n", encoding="utf-8")


def record_inputs(paths: Sequence[str]) -> list[Path]:
    """All files that a list of paths names."""
    return [file for path in paths for file in input_files(path)]


def _frames(
    paths: Sequence[str], kinds: tuple[str, ...], option: str, at_file: Callable[[Path], None]
) -> Iterator[tuple[str, pl.DataFrame]]:
    for path in record_inputs(paths):
        at_file(path)
        for blob, known, batch in read_file(path, Options()):
            if batch.kind not in kinds:
                raise InputError(
                    f"{option} {blob.path}: holds {batch.kind} ({known.id}), expected"
                    f" {' or '.join(kinds[:2])}"
                )
            yield batch.kind, batch.rows


def _joined(frames: list[tuple[str, pl.DataFrame]], kind: str) -> pl.DataFrame:
    own = [frame for found, frame in frames if found == kind]
    return pl.concat(own) if own else empty(kind)
