"""Replay historical crypto crashes under configurable rules."""

from typing import Any


def __getattr__(name: str) -> Any:
    # importlib.metadata costs about 24 ms, so the version is looked up only when asked for.
    if name == "__version__":
        from importlib.metadata import version

        return version("crashsim")
    raise AttributeError(f"module 'crashsim' has no attribute {name!r}")
