"""Progress of reading files: bytes, rate and time left; on a terminal only."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from crashsim.data.loaders.importer import Progress


@contextmanager
def file_bar() -> Iterator[Callable[[Progress], None]]:
    """Give a function that shows how far a file is, with rows, rate and time left, on stderr."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, TimeRemainingColumn, TransferSpeedColumn
    from rich.progress import Progress as Bar

    columns = ("{task.description}", BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Bar(*columns, TimeRemainingColumn(), console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)

        def report(at: Progress) -> None:
            label = f"{Path(at.path).name}  {at.rows:,} rows"
            bar.update(task, description=label, completed=at.done_bytes, total=at.total_bytes)

        yield report


@contextmanager
def file_names() -> Iterator[Callable[[Path], None]]:
    """Give a function that names the file being read, on stderr."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    yield lambda path: print(f"reading {path.name}", file=sys.stderr)
