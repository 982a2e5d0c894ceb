"""Files of any known format into the store, in bounded memory, all or nothing per file."""

import hashlib
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Self

import polars as pl

from crashsim.data.fetch.receipt import fetched_from
from crashsim.data.loaders.extent import Extent, extent_of
from crashsim.data.loaders.format import Batch, Columns, Format, Options
from crashsim.data.loaders.meaning.units import in_dollars
from crashsim.data.loaders.reading.blob import Blob
from crashsim.data.loaders.reading.containers import blobs_of
from crashsim.data.loaders.reading.packed.parts import parts_of
from crashsim.data.loaders.registry import detect
from crashsim.data.store.datasets import (
    MANY_MARKETS,
    Dataset,
    Origin,
    Window,
    file_sha256,
    time_range_ms,
)
from crashsim.data.store.kinds import conform
from crashsim.data.store.store import Store
from crashsim.scenarios.errors import InputError

_BY_ACCOUNT = ("fills", "events", "accounts", "positions", "adl")


@dataclass(frozen=True)
class Progress:
    """How far an import is. Bytes are those of the file on disk; rows are those read so far."""

    path: str
    done_bytes: int
    total_bytes: int
    rows: int


@dataclass(frozen=True)
class Imported:
    """What one file, or one member of an archive, gave."""

    path: str
    format_id: str
    source: str
    rows: dict[str, int]
    markets: tuple[str, ...]
    first_ms: int | None
    last_ms: int | None
    notes: tuple[str, ...]
    extents: tuple[Extent, ...] = ()
    columns: Columns = field(default_factory=Columns)


@dataclass
class _Tally:
    """What is known of a blob while it is read."""

    format: Format
    source: str
    rows: Counter[str] = field(default_factory=Counter)
    markets: set[str] = field(default_factory=set)
    notes: dict[str, None] = field(default_factory=dict)
    extents: dict[Dataset, Extent] = field(default_factory=dict)
    columns: Columns = field(default_factory=Columns)
    first_ms: int | None = None
    last_ms: int | None = None

    def add(self, batch: Batch, source: str | None) -> Dataset:
        """Count a batch; where its rows go in the store."""
        self.source = source or batch.source or self.source
        self.rows[batch.kind] += batch.rows.height
        self.columns = batch.columns
        self.notes |= dict.fromkeys(batch.notes)
        dataset = dataset_of(batch, self.source)
        extent = extent_of(dataset, batch.rows)
        known = self.extents.get(dataset)
        self.extents[dataset] = known.joined(extent) if known else extent
        if dataset.market != MANY_MARKETS:
            self.markets.add(dataset.market)
        elif "market" in batch.rows.columns:
            self.markets |= set(batch.rows["market"].drop_nulls().unique())
        first, last = time_range_ms(batch.rows["time"])
        self.first_ms = min((t for t in (self.first_ms, first) if t is not None), default=None)
        self.last_ms = max((t for t in (self.last_ms, last) if t is not None), default=None)
        return dataset


def import_file(
    store: Store,
    path: Path,
    options: Options,
    retrieved_at: datetime,
    source: str | None = None,
    progress: Callable[[Progress], None] = lambda _: None,
) -> tuple[Imported, ...]:
    """Read one file (or every member of an archive) into the store.

    retrieved_at: when the user got the file; the store reads no clock. source: the name in the
    store, instead of the format's own. Either all rows of the file are in the store afterwards, or
    none. Raises InputError where a member is of no known format, damaged, or has no rows.
    """
    staged = Store(store.root / ".staging" / hashlib.sha256(str(path).encode()).hexdigest()[:16])
    shutil.rmtree(staged.root, ignore_errors=True)
    total = sum(part.stat().st_size for part in parts_of(path))
    done = [0]
    results = []
    try:
        with _Staging(staged, path, retrieved_at) as staging:
            for blob in blobs_of(path, lambda at: done.__setitem__(0, at)):
                tally = _Tally(*_recognised(blob, options, source))
                for batch in _batches(tally, blob, options):
                    staging.write(batch, tally.add(batch, source))
                    rows = sum(tally.rows.values())
                    progress(Progress(blob.path, done[0], total, rows))
                results.append(_result(blob, tally))
        if not results:
            raise InputError(f"{path}: the archive holds no data files")
        store.adopt(staged)
    finally:
        shutil.rmtree(staged.root, ignore_errors=True)
        _remove_if_empty(staged.root.parent)
    return tuple(results)


class _Staging:
    """Hashes a file and writes its batches beside the reading of the next, one at a time."""

    def __init__(self, staged: Store, path: Path, retrieved_at: datetime) -> None:
        self._staged, self._path, self._retrieved_at = staged, path, retrieved_at
        self._worker = ThreadPoolExecutor(1)
        self._sha256 = self._worker.submit(file_sha256, *parts_of(path))
        self._place = self._worker.submit(self._came_from)
        self._last: Future[None] | None = None
        self._number = 0

    def __enter__(self) -> Self:
        return self

    def _came_from(self) -> str:
        return fetched_from(self._path, self._sha256.result) or self._path.name

    def write(self, batch: Batch, dataset: Dataset) -> None:
        """Begin to write a batch, once the one before it is written."""
        if self._last:
            self._last.result()
        self._last = self._worker.submit(self._stage, batch, dataset, self._number)
        self._number += 1

    def _stage(self, batch: Batch, dataset: Dataset, number: int) -> None:
        place, sha256 = self._place.result(), self._sha256.result()
        origin = Origin(place, self._retrieved_at, sha256, number)
        _stage(self._staged, batch, dataset, origin)

    def __exit__(self, failure: type[BaseException] | None, *_: object) -> None:
        self._worker.shutdown()
        if self._last and failure is None:
            self._last.result()


def read_file(path: Path, options: Options) -> Iterator[tuple[Blob, Format, Batch]]:
    """Rows of a file without a store, for checking it. Raises as import_file does."""
    for blob in blobs_of(path):
        known = detect(blob, options)
        for read in known.read(blob, options):
            batch = in_dollars(read, read.source or known.source)
            yield blob, known, replace(batch, rows=conform(batch.kind, batch.rows))


def dataset_of(batch: Batch, source: str) -> Dataset:
    """The dataset a batch belongs to: its market's own where it has one, else that of many."""
    market = MANY_MARKETS
    if batch.kind not in _BY_ACCOUNT:
        found = batch.rows["market"].unique().to_list()
        market = str(found[0]) if len(found) == 1 else MANY_MARKETS
    return Dataset(source, market, batch.kind, batch.interval_s)


def _recognised(blob: Blob, options: Options, source: str | None) -> tuple[Format, str]:
    known = detect(blob, options)
    return known, source or known.source


def _batches(tally: _Tally, blob: Blob, options: Options) -> Iterator[Batch]:
    for read in tally.format.read(blob, options):
        batch = in_dollars(read, read.source or tally.source)
        tally.notes |= dict.fromkeys(batch.notes)
        if batch.rows.height:
            yield batch


def _stage(staged: Store, batch: Batch, dataset: Dataset, origin: Origin) -> None:
    first, last = time_range_ms(batch.rows["time"].cast(pl.Datetime("ms", "UTC")))
    if first is None or last is None:
        raise InputError(f"{origin.place}: rows without a time")
    window = Window(first, last + (batch.interval_s or 0) * 1000 + (batch.interval_s is None))
    staged.write_part(dataset, batch.rows, window, origin)


def _result(blob: Blob, tally: _Tally) -> Imported:
    if not tally.rows:
        what = "; ".join(tally.notes) or "there is nothing below its header"
        raise InputError(f"{blob.path}: {tally.format.id}: no rows ({what})")
    return Imported(
        path=blob.path,
        format_id=tally.format.id,
        source=tally.source,
        rows=dict(tally.rows),
        markets=tuple(sorted(tally.markets)),
        first_ms=tally.first_ms,
        last_ms=tally.last_ms,
        notes=tuple(tally.notes),
        extents=tuple(tally.extents.values()),
        columns=tally.columns if tally.columns.used else _asked(blob),
    )


def _asked(blob: Blob) -> Columns:
    """What a reader asked for by name; nothing of a format whose records are no table."""
    used = {name: name for name, wanted in blob.asked.items() if wanted}
    return Columns(used, tuple(name for name in blob.asked if name not in used))


def _remove_if_empty(folder: Path) -> None:
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
