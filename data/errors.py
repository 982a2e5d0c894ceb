"""Errors of getting data from elsewhere. Bad files and bad options are `scenarios.errors`."""


class NetworkError(Exception):
    """A venue or archive did not deliver, and asking again now would not help (exit code 4).

    The message names what was asked and of whom, what came back, and what to do instead.
    """


class NotServedError(NetworkError):
    """A venue does not have this market or this series for the window; others may be asked."""


class TransientError(Exception):
    """A failure that can pass: the same question may be asked again after a wait.

    wait_s: the wait that the other side asked for, in seconds; None where it named none.
    Never leaves the program: `retry.Retry` turns the last one into a NetworkError.
    """

    def __init__(self, message: str, wait_s: float | None = None) -> None:
        super().__init__(message)
        self.wait_s = wait_s
