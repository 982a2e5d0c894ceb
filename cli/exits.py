"""Exceptions become exit codes and one sentence: here and nowhere else.

Usage errors (2) and Ctrl-C (130) get theirs from typer.
"""

import os
import sys

FINDING = 1
USAGE = 2
INPUT = 3
NETWORK = 4
INTERNAL = 5
INTERRUPTED = 130
BROKEN_PIPE = 141  # as a shell reports a process that SIGPIPE ended

DEBUG_VARIABLE = "CRASHSIM_DEBUG"


def report(error: Exception) -> int:
    """Print one sentence about the error to stderr and return its exit code."""
    code, sentence = _explain(error)
    if os.environ.get(DEBUG_VARIABLE):
        sys.excepthook(type(error), error, error.__traceback__)
    print(f"crashsim: {sentence}", file=sys.stderr)
    return code


def _explain(error: Exception) -> tuple[int, str]:
    # Imported here: an error may wait for the rooms, `crashsim --help` may not.
    from crashsim.data.errors import NetworkError
    from crashsim.engine.errors import ConservationError, PolicyError
    from crashsim.lab.errors import OutputError
    from crashsim.scenarios.errors import InputError

    if isinstance(error, InputError):
        return INPUT, str(error)
    if isinstance(error, PolicyError):
        return INPUT, f"the venue's rules cannot be applied: {error}"
    if isinstance(error, OutputError):
        return USAGE, str(error)
    if isinstance(error, NetworkError):
        return NETWORK, str(error)
    if isinstance(error, ConservationError):
        return INTERNAL, f"conservation is broken, so no result was written: {error}"
    hint = f"This is a bug in crashsim; rerun with {DEBUG_VARIABLE}=1 for the traceback."
    return INTERNAL, f"unexpected {type(error).__name__}: {error}. {hint}"
