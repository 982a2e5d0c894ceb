"""The version of the package: importlib.metadata costs about 24 ms, so it is asked for late."""

import tomllib
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

try:
    __version__ = version("crashsim")
except PackageNotFoundError:  # run from a checkout that is not installed
    _project = Path(__file__).parents[1] / "pyproject.toml"
    __version__ = str(tomllib.loads(_project.read_text(encoding="utf-8"))["project"]["version"])
