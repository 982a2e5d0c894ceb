"""Where two runs differ."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from crashsim.lab.folders.run_folder import RunFolder

_PARTS = ("crashsim", "seed", "scenario", "venue", "inputs", "packages")


@dataclass(frozen=True)
class Difference:
    """A value that the runs do not share; None where a run has none."""

    key: str
    left: Any
    right: Any


def differences(left: RunFolder, right: RunFolder) -> list[Difference]:
    """Differences of what made the runs (manifest), then of their metrics (summary)."""
    ours, theirs = left.manifest.content(), right.manifest.content()
    made = [one for part in _PARTS for one in _compared(part, ours.get(part), theirs.get(part))]
    names = [*left.summary, *(name for name in right.summary if name not in left.summary)]
    measured = [
        one for name in names for one in _compared(name, _value(left, name), _value(right, name))
    ]
    return made + measured


def _value(folder: RunFolder, metric: str) -> Any:
    return folder.summary.get(metric, {}).get("value")


def _compared(key: str, left: Any, right: Any) -> list[Difference]:
    left, right = _keyed(left), _keyed(right)
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        keys = [*left, *(name for name in right if name not in left)]
        return [
            one
            for name in keys
            for one in _compared(f"{key}.{name}", left.get(name), right.get(name))
        ]
    return [] if left == right else [Difference(key, left, right)]


def _keyed(value: Any) -> Any:
    """A list of named tables (absorbers, inputs) by name."""
    if (
        isinstance(value, list)
        and value
        and all(isinstance(one, dict) and "name" in one for one in value)
    ):
        return {one["name"]: one for one in value}
    return value
