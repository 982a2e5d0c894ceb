"""Files and folders that appear whole or not at all: made beside their place, then moved there."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory


@contextmanager
def beside(path: Path) -> Iterator[Path]:
    """Where to make a file or a folder, which is moved to `path` at the end of the block.

    What stood at `path` is replaced, and is still there where anything fails; nothing else is left
    behind. Writers of the same place do not meet. Raises OSError.
    """
    with TemporaryDirectory(
        prefix=f".{path.name}.", dir=path.parent, ignore_cleanup_errors=True
    ) as place:
        made = Path(place) / "made"
        yield made
        if path.is_dir():
            _replace_folder(path, made, Path(place) / "earlier")
        else:
            made.replace(path)


def _replace_folder(path: Path, made: Path, earlier: Path) -> None:
    path.rename(earlier)
    try:
        made.rename(path)
    except OSError:
        earlier.rename(path)
        raise
