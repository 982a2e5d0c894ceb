"""A progress bar for people who wait: on a terminal only, and only after the first second."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic as _now

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
    bar = Progress(*columns, console=Console(stderr=True), transient=True)
    task = bar.add_task(label, total=None)
    begun = _now()

    def report(done: int, total: int) -> None:
        if _now() - begun > _PATIENCE_S:
            bar.start()
        bar.update(task, completed=done, total=total)

    try:
        yield report
    finally:
        bar.stop()
