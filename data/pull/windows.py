"""The fixed grid of windows that a pull asks, page by page, and what an answer leaves open."""

from collections.abc import Iterable

from crashsim.data.store.datasets import Window

MINUTE_MS = 60_000
HOUR_MS = 3_600_000


def floor_minute(time_ms: int) -> int:
    """The open of the minute that a time (UTC ms) lies in."""
    return time_ms - time_ms % MINUTE_MS


def cut(window: Window, step_ms: int) -> tuple[Window, ...]:
    """The window in consecutive pieces of step_ms, the last one shorter where it does not fit."""
    starts = range(window.start_ms, window.end_ms, step_ms)
    return tuple(Window(start, min(start + step_ms, window.end_ms)) for start in starts)


def minutes(window: Window) -> range:
    """The minutes (their opens, UTC ms) that a window of whole minutes must hold."""
    return range(window.start_ms, window.end_ms, MINUTE_MS)


def minute_count(windows: Iterable[Window]) -> int:
    """How many minutes these windows hold together."""
    return sum(len(minutes(window)) for window in windows)


def runs(times_ms: Iterable[int]) -> tuple[Window, ...]:
    """Sorted minutes as windows of consecutive ones."""
    found: list[Window] = []
    for time_ms in times_ms:
        if found and found[-1].end_ms == time_ms:
            found[-1] = Window(found[-1].start_ms, time_ms + MINUTE_MS)
        else:
            found.append(Window(time_ms, time_ms + MINUTE_MS))
    return tuple(found)


def missing_runs(window: Window, have: Iterable[int]) -> tuple[Window, ...]:
    """The minutes of the window that are not among `have`, as windows."""
    known = set(have)
    return runs(time_ms for time_ms in minutes(window) if time_ms not in known)
