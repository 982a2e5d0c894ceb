"""Processes beside this one, which Ctrl-C ends without a word."""

import gc
import multiprocessing
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from typing import Any


@contextmanager
def process_pool(
    workers: int, begin: Callable[..., None], given: tuple[Any, ...] = ()
) -> Iterator[ProcessPoolExecutor]:
    """So many fresh processes, each of which calls `begin(*given)` first.

    A forked copy of a process that has used Polars may hang; replays hold the interpreter, so
    threads would run one by one. Whatever is raised inside leaves no work behind.
    """
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, spawn, _begin, (begin, given)) as pool:
        try:
            with _deaf_to_interrupts():
                for _ in range(workers):
                    pool.submit(int)  # the first job of a process starts it
            yield pool
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _begin(begin: Callable[..., None], given: tuple[Any, ...]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    # A worker only replays, which makes no cycles: looking for them takes a tenth of its time.
    gc.disable()
    begin(*given)


@contextmanager
def _deaf_to_interrupts() -> Iterator[None]:
    """A process that starts meanwhile stays deaf until it has loaded all that it needs."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
