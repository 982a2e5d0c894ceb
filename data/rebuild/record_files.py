"""A venue's record out of files, in any form in which they are shipped."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import polars as pl

from crashsim.data.clock import utc_text
from crashsim.data.loaders.format import Batch, Options
from crashsim.data.loaders.importer import Progress
from crashsim.data.loaders.reading.blob import Blob
from crashsim.data.loaders.reading.containers import blobs_of, input_files
from crashsim.data.loaders.reading.packed.parts import parts_of
from crashsim.data.loaders.registry import detect
from crashsim.data.rebuild.record import Record, empty, make_record
from crashsim.data.store.kinds import conform
from crashsim.scenarios.errors import InputError

FILL_COLUMNS: tuple[str, ...] = (
    "block_number",
    "block_index",
    "time",
    "account",
    "market",
    "side",
    "price",
)
FILL_COLUMNS += ("size", "start_position", "fee", "fee_token", "trade_id")
FILL_COLUMNS += ("direction", "liquidation_method")
# What repeats: as numbers, so that six million fills fit into memory.
_REPEATED = ("account", "market", "side", "fee_token", "direction", "liquidation_method")
_SNAPSHOT = ("accounts", "positions")

Report = Callable[[Progress], None]


@dataclass(frozen=True)
class RecordPaths:
    """Files, folders or patterns: record is sorted by content, the others hold what they say."""

    record: Sequence[str] = ()
    snapshot: Sequence[str] = ()
    fills: Sequence[str] = ()
    events: Sequence[str] = ()

    def files(self) -> list[Path]:
        """All files, each once; of a file in parts the first."""
        named = (*self.snapshot, *self.fills, *self.events, *self.record)
        return list(dict.fromkeys(file for path in named for file in input_files(path)))


@dataclass
class _Gathered:
    """Rows by kind, and what was found that is no part of a record."""

    until_ms: int
    frames: dict[str, list[pl.DataFrame]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def add(self, kind: str, rows: pl.DataFrame) -> None:
        if kind == "fills":
            early = rows.filter(pl.col("time").dt.epoch("ms") <= self.until_ms)
            repeated = [pl.col(name).cast(pl.Categorical) for name in _REPEATED]
            rows = early.select(FILL_COLUMNS).with_columns(repeated)
        self.frames.setdefault(kind, []).append(rows)

    def joined(self, kind: str) -> pl.DataFrame:
        frames = self.frames.pop(kind, [])
        if frames:
            return pl.concat(frames)
        return empty(kind).select(FILL_COLUMNS) if kind == "fills" else empty(kind)


def read_record(
    paths: RecordPaths,
    at_ms: int,
    check_ms: int | None = None,
    report: Report = lambda _: None,
) -> Record:
    """Read a record from its snapshot to at_ms, fills after it left out.

    check_ms: the moment of a snapshot that will be rebuilt too: the record's must be earlier.
    Raises InputError where a file is of another kind than its option says, or
    no snapshot is whole.
    """
    gathered = _Gathered(max(at_ms, check_ms or 0))
    for option, named, kinds in (
        ("--snapshot", paths.snapshot, _SNAPSHOT),
        ("--fills", paths.fills, ("fills",)),
        ("--events", paths.events, ("events",)),
        ("--record", paths.record, (*_SNAPSHOT, "fills", "events")),
    ):
        for path in named:
            for file in input_files(path):
                _gather(gathered, file, option, kinds, report)
    accounts, positions = gathered.joined("accounts"), gathered.joined("positions")
    if paths.record and not paths.snapshot:
        latest = at_ms if check_ms is None else check_ms - 1
        accounts, positions = _latest(accounts, positions, latest)
    record = make_record(accounts, positions, gathered.joined("fills"), gathered.joined("events"))
    return replace(record, notes=tuple(gathered.notes))


def read_snapshot(path: str, report: Report = lambda _: None) -> Record:
    """One snapshot, as a record in which nothing happens."""
    return read_record(RecordPaths(snapshot=(path,)), 0, report=report)


def _gather(
    gathered: _Gathered, file: Path, option: str, kinds: tuple[str, ...], report: Report
) -> None:
    total = sum(part.stat().st_size for part in parts_of(file))
    rows, done = 0, [0]
    for blob in blobs_of(file, lambda at: done.__setitem__(0, at)):
        for batch in _batches(gathered, blob, option):
            if batch.kind not in kinds:
                _refuse_kind(option, blob, batch.kind, kinds)
                gathered.notes.append(f"{blob.name}: {batch.kind} are not in a book: not read")
                break
            if option == "--record" and _is_table_of_fills(batch):
                gathered.notes.append(f"{blob.name}: fills without a trade id: not read")
                break
            rows += batch.rows.height
            gathered.add(batch.kind, conform(batch.kind, batch.rows))
            report(Progress(str(file), done[0], total, rows))


def _batches(gathered: _Gathered, blob: Blob, option: str) -> Iterator[Batch]:
    try:
        known = detect(blob, Options())
    except InputError as problem:
        if option != "--record":
            raise
        gathered.notes.append(f"not read: {problem}")
        return
    yield from known.read(blob, Options())


def _is_table_of_fills(batch: Batch) -> bool:
    """Tables made of the fills repeat them without what tells one from another."""
    return batch.kind == "fills" and "trade_id" not in batch.rows.columns


def _refuse_kind(option: str, blob: Blob, kind: str, kinds: tuple[str, ...]) -> None:
    if option != "--record":
        raise InputError(f"{option} {blob.path}: holds {kind}, expected {' or '.join(kinds[:2])}")


def _latest(
    accounts: pl.DataFrame, positions: pl.DataFrame, latest_ms: int
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows of the latest moment of which there are both."""
    moments = [set(frame["time"].dt.epoch("ms")) for frame in (accounts, positions)]
    whole = [ms for ms in moments[0] & moments[1] if ms <= latest_ms]
    if not whole:
        seen = ", ".join(utc_text(ms) for ms in sorted(moments[0] | moments[1])) or "none"
        raise InputError(
            "--record: no snapshot with both account values and positions at or before"
            f" {utc_text(latest_ms)} (snapshots of either: {seen})"
        )
    of_moment = pl.col("time").dt.epoch("ms") == max(whole)
    return accounts.filter(of_moment), positions.filter(of_moment)
