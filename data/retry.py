"""Asking again after failures that can pass: exponential back-off with seeded jitter."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np

from crashsim.data.errors import NetworkError, TransientError

T = TypeVar("T")


def _jitter() -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(0))


def _silent(message: str) -> None:
    """Say nothing."""


@dataclass(frozen=True)
class Retry:
    """How often and how patiently to ask again.

    Wait n (from 0) is `base_s * 2**n`, at most cap_s, times a random factor in [0.5, 1), so that
    several readers that were cut off together do not come back together. A wait that the other
    side names is kept as it is; one longer than patience_s ends the asking at once.
    """

    attempts: int = 6
    base_s: float = 1.0
    cap_s: float = 60.0
    patience_s: float = 180.0
    sleep: Callable[[float], None] = time.sleep
    report: Callable[[str], None] = _silent
    jitter: np.random.Generator = field(default_factory=_jitter)

    def call(self, ask: Callable[[], T]) -> T:
        """The answer of `ask`. Raises NetworkError when every attempt met a TransientError."""
        for attempt in range(self.attempts):
            try:
                return ask()
            except TransientError as error:
                self._wait(attempt, error)
        raise AssertionError("unreachable: the last wait raises")

    def _wait(self, attempt: int, error: TransientError) -> None:
        if attempt + 1 >= self.attempts:
            raise NetworkError(f"{error}; gave up after {self.attempts} attempts") from error
        if error.wait_s is not None and error.wait_s > self.patience_s:
            raise NetworkError(
                f"{error}; it asks for a wait of {error.wait_s:.0f} s: run the command again after"
                " that, it goes on where it stopped"
            ) from error
        wait_s = self._delay_s(attempt) if error.wait_s is None else error.wait_s
        self.report(f"{error}; asking again in {wait_s:.1f} s")
        self.sleep(wait_s)

    def _delay_s(self, attempt: int) -> float:
        return min(self.cap_s, self.base_s * 2.0**attempt) * self.jitter.uniform(0.5, 1.0)
