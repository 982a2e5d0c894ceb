"""The local store of imported and pulled data: Parquet parts with a manifest per dataset.

`<root>/<source>/<kind>[-<interval>s]/<market>/manifest.json` lists the parts beside it. A part is
written beside and renamed, then listed by a manifest that is itself written beside and renamed: a
kill at any moment leaves the old or the new state, and at worst a part that nobody lists, which
the next writing of the same window replaces.
"""

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl

from crashsim.data.store.datasets import (
    MANIFEST,
    MANY_MARKETS,
    Dataset,
    DatasetInfo,
    Origin,
    Part,
    Window,
    describe_part,
    file_sha256,
    read_manifest,
    safe_name,
    time_range_ms,
    write_manifest,
)
from crashsim.data.store.kinds import KINDS, conform
from crashsim.scenarios.errors import InputError


class Store:
    """A store in one folder. Build it with `open_store`."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def datasets(self) -> tuple[DatasetInfo, ...]:
        """All datasets, ordered by source, kind, interval and market."""
        found = [read_manifest(path) for path in self.root.glob(f"*/*/*/{MANIFEST}")]
        return tuple(sorted(found, key=lambda info: _order(info.dataset)))

    def info(self, dataset: Dataset) -> DatasetInfo:
        """What the store has of a dataset; no parts where it has nothing."""
        manifest = self._folder(dataset) / MANIFEST
        return read_manifest(manifest) if manifest.exists() else DatasetInfo(dataset, ())

    def missing(self, dataset: Dataset, windows: Sequence[Window]) -> tuple[Window, ...]:
        """Those of the windows that no part was written for: what a resumed pull must still ask."""
        done = {(part.start_ms, part.end_ms) for part in self.info(dataset).parts}
        return tuple(w for w in windows if (w.start_ms, w.end_ms) not in done)

    def write_part(
        self, dataset: Dataset, frame: pl.DataFrame, window: Window, origin: Origin
    ) -> Part:
        """Write rows (columns of `kinds.KINDS`; absent optional ones become null) as one part.

        Writing the same rows again for the same window and place changes nothing. Raises InputError
        where the rows are not of the kind, lie outside the window, or differ from what an earlier
        part has for this window from this place: what was recorded is never overwritten.
        """
        rows = conform(dataset.kind, frame)
        _check_inside(rows, dataset, window)
        folder = self._folder(dataset)
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=".", dir=folder) as place:
            written = Path(place) / "part"
            rows.write_parquet(written, compression="zstd", compression_level=1, statistics=False)
            part = describe_part(written, rows["time"], window, origin)
            return self._list_part(dataset, written, part)

    def adopt(self, staged: "Store") -> int:
        """Move every part of another store on the same disk into this one; how many were new.

        An import stages its parts and adopts them at the end, so that a file that fails in the
        middle leaves nothing behind.
        """
        new = 0
        for info in staged.datasets():
            folder = self._folder(info.dataset)
            folder.mkdir(parents=True, exist_ok=True)
            for part, path in zip(info.parts, staged.part_paths(info), strict=True):
                new += self._list_part(info.dataset, path, part) is part
        shutil.rmtree(staged.root, ignore_errors=True)
        return new

    def read(
        self,
        source: str,
        market: str,
        kind: str,
        start_ms: int,
        end_ms: int,
        interval_s: int | None = None,
    ) -> pl.DataFrame:
        """Rows of one market (`*`: all) with start_ms <= time < end_ms, sorted by time.

        Rows of equal time keep the order of their parts and files. Where two files hold the same
        row of a keyed kind it comes once. Raises InputError where they disagree, or where a part is
        missing or damaged. An empty frame where the store has nothing.
        """
        table = KINDS[kind]
        rows = self.scan(source, market, kind, start_ms, end_ms, interval_s)
        frame = _collect(rows, f"store:{source}")
        if table.identity:
            frame = _without_repeats(frame, table.identity)
        if table.key:
            _refuse_conflicts(frame, table.key, f"store:{source}", kind)
        return frame.sort("time", maintain_order=True)

    def scan(
        self,
        source: str,
        market: str,
        kind: str,
        start_ms: int,
        end_ms: int,
        interval_s: int | None = None,
    ) -> pl.LazyFrame:
        """The rows of `read`, lazily, as they are in the parts: not sorted, repeats and all."""
        scans = [
            self._scan(info, start_ms, end_ms, market)
            for info in self.datasets()
            if _serves(info.dataset, source, market, kind, interval_s)
        ]
        return pl.concat(scans) if scans else pl.LazyFrame(schema=dict(KINDS[kind].columns))

    def part_paths(self, info: DatasetInfo) -> tuple[Path, ...]:
        """Paths of the parts of a dataset, in the order of its manifest."""
        return tuple(self._folder(info.dataset) / part.file for part in info.parts)

    def damaged_parts(self, info: DatasetInfo) -> tuple[str, ...]:
        """Names of parts that are gone or whose bytes are not those that were written."""
        pairs = zip(info.parts, self.part_paths(info), strict=True)
        return tuple(
            part.file
            for part, path in pairs
            if not path.is_file() or file_sha256(path) != part.sha256
        )

    def _folder(self, dataset: Dataset) -> Path:
        interval = "" if dataset.interval_s is None else f"-{dataset.interval_s}s"
        return (
            self.root
            / safe_name(dataset.source)
            / f"{dataset.kind}{interval}"
            / safe_name(dataset.market)
        )

    def _scan(self, info: DatasetInfo, start_ms: int, end_ms: int, market: str) -> pl.LazyFrame:
        paths = [
            path
            for part, path in zip(info.parts, self.part_paths(info), strict=True)
            if part.first_ms is not None
            and part.last_ms is not None
            and part.first_ms < end_ms
            and part.last_ms >= start_ms
        ]
        columns = KINDS[info.dataset.kind].columns
        if not paths:
            return pl.LazyFrame(schema=dict(columns))
        at = pl.col("time").dt.epoch("ms")
        rows = pl.scan_parquet(paths).filter((at >= start_ms) & (at < end_ms))
        if market != MANY_MARKETS and "market" in columns:
            rows = rows.filter(pl.col("market") == market)
        return rows

    def _list_part(self, dataset: Dataset, beside: Path, part: Part) -> Part:
        """Rename a written part into place and list it; the one listed before if it is the same."""
        folder = self._folder(dataset)
        with _locked(folder):
            listed = self.info(dataset).parts
            same = [known for known in listed if known.file == part.file]
            if same and (folder / part.file).is_file():
                _refuse_change(folder / part.file, beside, dataset, same[0])
                return same[0]
            beside.replace(folder / part.file)
            kept = [known for known in listed if known.file != part.file]
            parts = sorted((*kept, part), key=lambda known: (known.start_ms, known.file))
            write_manifest(folder / MANIFEST, DatasetInfo(dataset, tuple(parts)))
        return part


def open_store(root: Path | None = None) -> Store:
    """The store in `root`; without one, in $CRASHSIM_HOME/store or the user data folder."""
    return Store(root if root is not None else user_data_folder() / "store")


def user_data_folder() -> Path:
    """$CRASHSIM_HOME, or the platform's folder for user data."""
    home = os.environ.get("CRASHSIM_HOME")
    if home:
        return Path(home).expanduser()
    from platformdirs import user_data_path

    return user_data_path("crashsim", appauthor=False)


def _order(dataset: Dataset) -> tuple[str, str, int, str]:
    return (dataset.source, dataset.kind, dataset.interval_s or 0, dataset.market)


def _serves(dataset: Dataset, source: str, market: str, kind: str, interval_s: int | None) -> bool:
    return (
        dataset.source == source
        and dataset.kind == kind
        and (interval_s is None or dataset.interval_s == interval_s)
        and (market == MANY_MARKETS or dataset.market in (market, MANY_MARKETS))
    )


def _check_inside(rows: pl.DataFrame, dataset: Dataset, window: Window) -> None:
    if rows.is_empty():
        return
    first, last = time_range_ms(rows["time"])
    if first is None or last is None or first < window.start_ms or last >= window.end_ms:
        raise InputError(
            f"{dataset.source} {dataset.kind} {dataset.market}: rows from {first} to {last} "
            f"(UTC ms) lie outside their window [{window.start_ms}, {window.end_ms})"
        )


def _refuse_change(path: Path, beside: Path, dataset: Dataset, part: Part) -> None:
    if file_sha256(path) == file_sha256(beside):
        return
    if pl.read_parquet(path).equals(pl.read_parquet(beside)):
        return  # the same rows, written by another version of Parquet
    raise InputError(
        f"{part.place}: its {dataset.kind} rows of {dataset.market} differ from what the store"
        f" recorded for the same window on {part.retrieved_at}; nothing was overwritten. Keep both"
        " by importing this one under another --source, or delete that dataset's folder"
    )


def _without_repeats(frame: pl.DataFrame, identity: tuple[str, ...]) -> pl.DataFrame:
    """Rows that two files share come once; rows without an identity are all kept."""
    unnamed = pl.any_horizontal(pl.col(name).is_null() for name in identity)
    return frame.filter(unnamed | pl.struct(pl.all()).is_first_distinct())


def _refuse_conflicts(frame: pl.DataFrame, key: tuple[str, ...], where: str, kind: str) -> None:
    clash = frame.filter(pl.struct(key).is_duplicated())
    if clash.is_empty():
        return
    row = clash.row(0, named=True)
    raise InputError(
        f"{where}: two different {kind} rows for "
        + ", ".join(f"{name} {row[name]}" for name in key)
        + f" ({clash.height} rows in all): two files disagree; keep one of them"
        " (`crashsim data ls` shows which files each dataset comes from)"
    )


def _collect(rows: pl.LazyFrame, where: str) -> pl.DataFrame:
    try:
        return rows.collect()
    except (pl.exceptions.PolarsError, OSError) as error:
        first = str(error).splitlines()[0]
        raise InputError(
            f"{where}: a part of the store cannot be read ({first}); `crashsim data check store`"
            " names it, then delete it and import or pull again"
        ) from None


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold the folder's lock; the system frees it when a process dies."""
    with (folder / ".lock").open("w") as handle:
        try:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX)
        except ImportError:  # Windows: one writer at a time is up to the user
            pass
        yield
