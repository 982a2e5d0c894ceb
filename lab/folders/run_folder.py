"""The run folder: written beside its place and moved there whole, and read back."""

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import polars as pl

import crashsim
from crashsim.engine.record.tables import polars_schema
from crashsim.lab.draws.draw_table import DRAWS
from crashsim.lab.draws.draws_told import Draws, with_draws
from crashsim.lab.errors import OutputError
from crashsim.lab.folders.manifest import Manifest
from crashsim.lab.folders.records import (
    Summary,
    is_manifest,
    read_field,
    read_manifest,
    read_summary,
)
from crashsim.lab.folders.whole import dump_json, replace_whole
from crashsim.scenarios.errors import InputError

MANIFEST = "manifest.json"
SUMMARY = "summary.json"
TIMINGS = "timings.json"

# Fixed, so that the same frame gives the same bytes.
_COMPRESSION_LEVEL = 3
_ROW_GROUP_SIZE = 131_072


@dataclass(frozen=True)
class Timings:
    """When a run was made and how long its parts took: all that differs between equal runs."""

    started_at: str
    read_s: float
    replay_s: float
    metrics_s: float
    draws_s: float = 0.0


class _Tables(dict[str, pl.DataFrame]):
    """The tables of a run by name; one that its version did not write is asked for in vain."""

    def __missing__(self, name: str) -> pl.DataFrame:
        raise InputError(
            f"the run has no table {name}: the crashsim that made it wrote "
            f"{', '.join(self)}; make the run again"
        )


@dataclass(frozen=True)
class RunFolder:
    """A finished run on disk."""

    path: Path
    manifest: Manifest
    summary: Summary

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader should know about the folder itself, in sentences."""
        made_by = self.manifest.crashsim
        if made_by == crashsim.__version__:
            return ()
        return (f"{self.path} was made by crashsim {made_by}; this is {crashsim.__version__}",)

    @property
    def draws(self) -> Draws | None:
        """What is said of the draws beside the stated case, where there are any."""
        return self.summary.draws

    def content(self) -> dict[str, Any]:
        """As summary.json has it."""
        return with_draws(self.summary, self.draws)

    @property
    def started_at(self) -> str | None:
        """When the run was made, where the folder says so."""
        path = self.path / TIMINGS
        return str(read_field(path, "started_at", str)) if path.is_file() else None

    def tables(self) -> dict[str, pl.DataFrame]:
        """All the tables that the run has, by name."""
        return _Tables({name: self.table(name) for name in self.manifest.rows})

    def table(self, name: str) -> pl.DataFrame:
        """One table of `engine.record.tables.TABLES`, or the draws.

        Raises InputError where it cannot be read.
        """
        try:
            frame = pl.read_parquet(self.path / f"{name}.parquet")
        except (OSError, pl.exceptions.PolarsError) as error:
            reason = str(error).partition("\n")[0]
            raise InputError(
                f"{self.path / name}.parquet cannot be read ({reason}); make the run again"
            ) from None
        counted = self.manifest.rows.get(name, frame.height)
        if frame.height != counted:
            raise InputError(
                f"{self.path / name}.parquet has {frame.height:,} rows, the manifest counts "
                f"{counted:,}: it is not the table of this run; make the run again"
            )
        return frame


def read(path: Path) -> RunFolder:
    """Open a run folder. Raises InputError where a part of it is missing or not understood."""
    if not is_run_folder(path):
        kept = " (a comparison keeps its runs under runs/)" if (path / "runs").is_dir() else ""
        raise InputError(f"{path} is not a run folder: it has no {MANIFEST} of crashsim{kept}")
    manifest = read_manifest(path / MANIFEST)
    parts = (SUMMARY, *(f"{name}.parquet" for name in manifest.rows))
    missing = [part for part in parts if not (path / part).is_file()]
    if missing:
        raise InputError(f"{path} is incomplete: {', '.join(missing)} missing; run it again")
    return RunFolder(path, manifest, read_summary(path / SUMMARY))


def is_run_folder(path: Path) -> bool:
    """Whether crashsim wrote this folder."""
    return is_manifest(path / MANIFEST)


def check_target(path: Path) -> None:
    """Refuse a place that holds something other than a run. Raises OutputError."""
    refuse_foreign(path, is_ours=is_run_folder(path))


def refuse_foreign(path: Path, *, is_ours: bool) -> None:
    """Refuse a place that is no folder, or one with files of others. Raises OutputError."""
    if path.name in ("", ".."):
        raise OutputError(f"--out {path} names no folder of its own; give it a name")
    if path.is_symlink() or (path.exists() and not path.is_dir()):
        raise OutputError(f"--out {path} is a file or a link; name a folder")
    if path.is_dir() and any(path.iterdir()) and not is_ours:
        raise OutputError(
            f"--out {path} is a folder with other files in it, which a run would replace; "
            "name a new folder"
        )
    check_parent(path)


def check_parent(path: Path) -> None:
    """Refuse a place in which no folder can be made, before a replay that would be lost.

    Raises OutputError.
    """
    parents = path.absolute().parents
    nearest = next(parent for parent in parents if parent.exists())
    if not nearest.is_dir():
        raise OutputError(f"the run folder {path} cannot be made: {nearest} is not a folder")
    if not os.access(nearest, os.W_OK | os.X_OK):
        raise OutputError(
            f"the run folder {path} cannot be made: {nearest} is not writable; "
            "name another place with --out"
        )


def write(
    path: Path,
    tables: Mapping[str, pl.DataFrame],
    summary: Mapping[str, Any],
    manifest: Manifest,
    timings: Timings | None,
    *,
    csv: bool,
) -> None:
    """Write a run folder, replacing an earlier run at the same place.

    Nothing is left behind when it fails. Raises OutputError where the disk refuses.
    """
    check_target(path)

    def fill(folder: Path) -> None:
        for name, frame in tables.items():
            if name != DRAWS and frame.schema != polars_schema(name):
                raise TypeError(f"table {name} has the columns {frame.schema}")
            write_table(folder, name, frame, csv=csv)
        write_json(folder / SUMMARY, summary)
        write_json(folder / MANIFEST, manifest.content())
        if timings is not None:
            write_json(folder / TIMINGS, asdict(timings))

    replace_whole(path, fill)


def write_table(folder: Path, name: str, frame: pl.DataFrame, *, csv: bool) -> None:
    """Write one table as Parquet, and as CSV too; the same frame gives the same bytes."""
    frame.write_parquet(
        folder / f"{name}.parquet",
        compression="zstd",
        compression_level=_COMPRESSION_LEVEL,
        row_group_size=_ROW_GROUP_SIZE,
        statistics=True,
    )
    if csv:
        write_csv(folder, name, frame)


def write_csv(folder: Path, name: str, frame: pl.DataFrame) -> None:
    """Write one table as CSV."""
    frame.write_csv(folder / f"{name}.csv", datetime_format="%Y-%m-%dT%H:%M:%S%.3fZ")


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write one JSON file of a folder."""
    path.write_text(dump_json(content), encoding="utf-8")
