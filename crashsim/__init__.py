"""Replay historical crypto crashes under configurable rules."""

from typing import Any


def __getattr__(name: str) -> Any:
    # importlib.metadata costs about 24 ms, so the version is looked up only when asked for.
    if name == "__version__":
        return _version()
    raise AttributeError(f"module 'crashsim' has no attribute {name!r}")


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("crashsim")
    except PackageNotFoundError:  # run from a checkout that is not installed
        import tomllib
        from pathlib import Path

        project = Path(__file__).parents[1] / "pyproject.toml"
        return str(tomllib.loads(project.read_text(encoding="utf-8"))["project"]["version"])
