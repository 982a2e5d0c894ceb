"""Progress for people who wait: on a terminal only; a replay's only after the first second."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic as _now
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from crashsim.data.loaders.importer import Progress as FileProgress

_PATIENCE_S = 1.0


@contextmanager
def progress_bar(label: str) -> Iterator[Callable[[int, int], None] | None]:
    """Give a function of (steps done, all steps) that shows progress on stderr.

    None where stderr is not a terminal.
    """
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TimeRemainingColumn

    columns = ("{task.description}", BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    bar = Progress(*columns, console=Console(stderr=True), transient=True, get_time=_now)
    task = bar.add_task(label, total=None)

    def report(done: int, total: int) -> None:
        if (bar.tasks[0].elapsed or 0.0) > _PATIENCE_S:
            bar.start()
        bar.update(task, completed=done, total=total)

    try:
        yield report
    finally:
        bar.stop()


@contextmanager
def file_bar() -> Iterator["Callable[[FileProgress], None]"]:
    """Give a function that shows how far a file is, with rows, rate and time left, on stderr."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich import progress
    from rich.console import Console

    parts = (progress.BarColumn(), progress.DownloadColumn(), progress.TransferSpeedColumn())
    columns = ("{task.description}", *parts, progress.TimeRemainingColumn())
    bar = progress.Progress(*columns, console=Console(stderr=True), transient=True)
    with bar:
        task = bar.add_task("", total=None)

        def report(at: "FileProgress") -> None:
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
