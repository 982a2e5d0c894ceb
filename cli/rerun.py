"""A run made again from its manifest, for what its folder does not hold."""

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from crashsim import engine
from crashsim.cli import manifest
from crashsim.cli.progress import progress_bar
from crashsim.cli.run_folder import RunFolder
from crashsim.data import read_inputs
from crashsim.scenarios import Overrides, load
from crashsim.scenarios.errors import InputError

_LISTS = ("--prices", "--with", "--set")
_SINGLE = ("--book", "--flows", "--venue", "--seed", "--format", "--out")


def score_inputs(folder: RunFolder, account: str) -> pl.DataFrame:
    """Replay the run, watching one account: `Outcome.score_inputs`.

    Raises InputError where the manifest's command no longer leads to the same run.
    """
    name, overrides = _arguments(folder.manifest["argv"])
    scenario = load(name, overrides=overrides)
    inputs = read_inputs(scenario)
    again = manifest.run_name(scenario, inputs)
    if again != folder.manifest["run"]:
        raise InputError(
            f"{folder.path} was made from other inputs or by another version of crashsim: the same "
            f"command now makes {again}, not {folder.manifest['run']}"
        )
    with progress_bar(f"replaying {scenario.name} again") as progress:
        return engine.replay(
            inputs.tape,
            inputs.book,
            inputs.flows,
            scenario.venue,
            seed=scenario.seed,
            progress=progress,
            watch=account,
        ).score_inputs


def _arguments(argv: Sequence[str]) -> tuple[str, Overrides]:
    """The scenario and the overrides of a recorded `crashsim replay`."""
    if not argv or argv[0] != "replay":
        raise InputError("the run was not made by crashsim replay, so it cannot be made again here")
    lists: dict[str, list[str]] = {name: [] for name in _LISTS}
    single: dict[str, str] = {}
    names = []
    rest = iter(argv[1:])
    for argument in rest:
        option, given, value = argument.partition("=")
        if option in lists:
            lists[option].append(value if given else next(rest))
        elif option in _SINGLE:
            single[option] = value if given else next(rest)
        elif not argument.startswith("-"):
            names.append(argument)
    return names[0], Overrides(
        prices=tuple(_path(text) for text in lists["--prices"]),
        book=_path(single["--book"]) if "--book" in single else None,
        flows=_path(single["--flows"]) if "--flows" in single else None,
        venue=single.get("--venue"),
        seed=int(single["--seed"]) if "--seed" in single else None,
        set=tuple(lists["--set"]),
        extra_book=tuple(_path(text) for text in lists["--with"]),
    )


def _path(text: str) -> Path:
    return Path(text).expanduser()
