"""Runs by path or by name under `runs/`."""

from collections.abc import Iterable
from pathlib import Path

from crashsim.lab.folders import run_folder
from crashsim.lab.folders.records import read_field
from crashsim.lab.folders.run_folder import RunFolder
from crashsim.lab.replay import RUNS
from crashsim.scenarios.errors import InputError

COMPARISON = "comparison.json"


def find_run(name: str) -> RunFolder:
    """The run of a path, of a name under `runs/`, or of the only name that begins so.

    Raises InputError where there is none, or more than one.
    """
    path = Path(name)
    if path.is_dir():
        return run_folder.read(path)
    matches = [folder for folder in run_paths() if folder.name.startswith(name)]
    exact = [folder for folder in matches if folder.name == name]
    if len(exact or matches) == 1:
        return run_folder.read((exact or matches)[0])
    if matches:
        names = ", ".join(folder.name for folder in matches)
        raise InputError(f'"{name}" could be {names}; give more of the name, or a path')
    known = ", ".join(folder.name for folder in run_paths()) or "none yet"
    raise InputError(
        f'"{name}" is neither a run folder nor the beginning of a name under {RUNS}/ '
        f"(known: {known}); make one with crashsim replay"
    )


def kept_names(runs: Iterable[str]) -> dict[str, str]:
    """The folder in which a comparison keeps each of its runs; no two have the same.

    A long name, such as an expression, is cut: file systems take 255 bytes.
    """
    names: dict[str, str] = {}
    for place, run in enumerate(runs, start=1):
        plain = run.replace(" ", "-").replace("/", "-").encode()[:200].decode(errors="ignore")
        names[run] = plain if plain not in names.values() else f"{plain}~{place}"
    return names


def find_runs(name: str) -> list[RunFolder]:
    """The run that `find_run` finds; of a comparison with kept runs, its runs in order.

    Raises InputError.
    """
    path = Path(name) if Path(name).is_dir() else RUNS / name
    if not (path / COMPARISON).is_file():
        return [find_run(name)]
    names = read_field(path / COMPARISON, "runs", dict)
    places = [path / "runs" / name for name in kept_names(names).values()]
    kept = [place for place in places if run_folder.is_run_folder(place)]
    if not kept:
        raise InputError(f"{path} holds a comparison without its runs; compare with --keep-runs")
    return [run_folder.read(folder) for folder in kept]


def find_exact(name: str) -> Path:
    """The run folder of a path or of a whole name under `runs/`. Raises InputError."""
    path = Path(name)
    if not path.is_dir():
        path = RUNS / name
    if path.is_symlink() or not run_folder.is_run_folder(path):
        raise InputError(f'"{name}" is no run folder; give its path or its whole name')
    return path


def run_paths() -> list[Path]:
    """The run folders under `runs/`, by name."""
    if not RUNS.is_dir():
        return []
    return sorted(path for path in RUNS.iterdir() if run_folder.is_run_folder(path))
