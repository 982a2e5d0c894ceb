"""Files and folders that appear whole or not at all: filled beside their place, then moved."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

from crashsim.lab.errors import OutputError


def dump_json(content: object) -> str:
    """JSON as it is written to files and to stdout. NaN and infinity are refused."""
    return json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def write_whole(path: Path, argument: str, write: Callable[[Path], object]) -> None:
    """Make a file by writing a new one beside its place. argument: which one named it.

    Raises OutputError where the disk refuses.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}.unfinished")
    try:
        write(beside)
        beside.rename(path)
    except OSError as error:
        reason = error.strerror or error
        raise OutputError(f"{argument} {path} cannot be written: {reason}") from error
    finally:
        beside.unlink(missing_ok=True)


def replace_whole(path: Path, fill: Callable[[Path], None]) -> None:
    """Make a folder by filling a new one beside its place, then moving it there.

    Nothing is left behind when it fails. Raises OutputError where the disk refuses.
    """
    # The process id keeps two runs of the same name apart until one of them is moved into place.
    beside = path.with_name(f".{path.name}.{os.getpid()}.unfinished")
    try:
        beside.mkdir(parents=True)
        fill(beside)
        _move_into_place(beside, path)
    except OSError as error:
        reason = error.strerror or error
        raise OutputError(f"the folder {path} cannot be written: {reason}") from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _move_into_place(finished: Path, path: Path) -> None:
    if not path.exists():
        finished.rename(path)
        return
    earlier = path.with_name(f".{path.name}.{os.getpid()}.earlier")
    path.rename(earlier)
    try:
        finished.rename(path)
    except OSError:
        earlier.rename(path)
        raise
    shutil.rmtree(earlier)
