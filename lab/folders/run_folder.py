"""The run folder: written beside its place and moved there whole, and read back."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from crashsim.engine.record.tables import TABLES, polars_schema
from crashsim.lab.errors import OutputError
from crashsim.lab.folders.whole import dump_json, replace_whole
from crashsim.scenarios.errors import InputError

MANIFEST = "manifest.json"
SUMMARY = "summary.json"

# Fixed, so that the same frame gives the same bytes.
_COMPRESSION_LEVEL = 3
_ROW_GROUP_SIZE = 131_072


@dataclass(frozen=True)
class RunFolder:
    """A finished run on disk."""

    path: Path
    manifest: Mapping[str, Any]
    summary: Mapping[str, Any]

    def table(self, name: str) -> pl.DataFrame:
        """One table of `engine.tables.TABLES`."""
        return pl.read_parquet(self.path / f"{name}.parquet")


def read(path: Path) -> RunFolder:
    """Open a run folder. Raises InputError where a part of it is missing."""
    if not is_run_folder(path):
        raise InputError(f"{path} is not a run folder: it has no {MANIFEST} of crashsim")
    parts = (SUMMARY, *(f"{name}.parquet" for name in TABLES))
    missing = [part for part in parts if not (path / part).is_file()]
    if missing:
        raise InputError(f"{path} is incomplete: {', '.join(missing)} missing; run it again")
    return RunFolder(path, _read_json(path / MANIFEST), _read_json(path / SUMMARY))


def is_run_folder(path: Path) -> bool:
    """Whether crashsim wrote this folder."""
    try:
        manifest = _read_json(path / MANIFEST)
    except (OSError, ValueError):
        return False
    return isinstance(manifest, dict) and "crashsim" in manifest


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
    manifest: Mapping[str, Any],
    *,
    csv: bool,
) -> None:
    """Write a run folder, replacing an earlier run at the same place.

    Nothing is left behind when it fails. Raises OutputError where the disk refuses.
    """
    check_target(path)
    replace_whole(path, lambda folder: _write_parts(folder, tables, summary, manifest, csv=csv))


def _write_parts(
    folder: Path,
    tables: Mapping[str, pl.DataFrame],
    summary: Mapping[str, Any],
    manifest: Mapping[str, Any],
    *,
    csv: bool,
) -> None:
    for name, frame in tables.items():
        if frame.schema != polars_schema(name):
            raise TypeError(f"table {name} has the columns {frame.schema}")
        write_table(folder, name, frame, csv=csv)
    _write_json(folder / SUMMARY, summary)
    _write_json(folder / MANIFEST, manifest)


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


def _write_json(path: Path, content: Mapping[str, Any]) -> None:
    path.write_text(dump_json(content), encoding="utf-8")


def _read_json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))
