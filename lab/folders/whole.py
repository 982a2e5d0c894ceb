"""Files and folders of a user that appear whole or not at all, and a sentence where they cannot."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from crashsim.lab.errors import OutputError
from crashsim.scenarios.files.beside import beside


def dump_json(content: object) -> str:
    """JSON as it is written to files and to stdout. NaN and infinity are refused."""
    return json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def write_whole(path: Path, argument: str, write: Callable[[Path], object]) -> None:
    """Make a file whole or not at all. argument: which one named it.

    Raises OutputError where the disk refuses.
    """
    with refused(f"{argument} {path}"):
        path.parent.mkdir(parents=True, exist_ok=True)
        with beside(path) as made:
            write(made)


def replace_whole(path: Path, fill: Callable[[Path], None]) -> None:
    """Make a folder whole or not at all, in the place of one that is there.

    Nothing is left behind when it fails. Raises OutputError where the disk refuses.
    """
    with refused(f"the folder {path}"):
        path.parent.mkdir(parents=True, exist_ok=True)
        with beside(path) as made:
            made.mkdir()
            fill(made)


@contextmanager
def refused(what: str) -> Iterator[None]:
    """Turn what the disk refuses into an OutputError: `what` cannot be written, and why."""
    try:
        yield
    except OSError as error:
        raise OutputError(f"{what} cannot be written: {error.strerror or error}") from error
