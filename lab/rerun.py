"""A run made again from its manifest, for what its folder does not hold."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import polars as pl

import crashsim
from crashsim import engine
from crashsim.data import Inputs, read_inputs
from crashsim.engine.replay import Progress
from crashsim.lab.folders.run_folder import RunFolder
from crashsim.scenarios import Overrides, load
from crashsim.scenarios.errors import InputError
from crashsim.scenarios.models.scenario import Scenario, ScenarioFile
from crashsim.scenarios.models.venue import Venue

_LISTS = ("--prices", "--with", "--set")
_SINGLE = ("--book", "--flows", "--seed")
# With a value, and without effect on prices, book and flows.
_OTHER = (
    "--venue",
    "--policy",
    "--adl-score",
    "--loss",
    "--horizon",
    "--fail-on",
    "--format",
    "--out",
    "--parquet",
    "--jobs",
)


def score_inputs(folder: RunFolder, account: str, progress: Progress | None = None) -> pl.DataFrame:
    """Replay the run, watching one account: `Outcome.score_inputs`.

    Raises InputError where the manifest's command no longer leads to the same run.
    """
    if not folder.manifest.keys().isdisjoint(("policy_file", "loss_file")):
        raise InputError(f"{folder.path} ran under rules in Python, which its folder does not hold")
    name, overrides = _arguments(folder.manifest["argv"])
    rules = Venue.model_validate_json(json.dumps(folder.manifest["venue"]))
    scenario = load(name, overrides=overrides).model_copy(update={"venue": rules})
    inputs = read_inputs(scenario)
    _check_same(folder, scenario, inputs)
    outcome = engine.replay(
        inputs.tape,
        inputs.book,
        inputs.flows,
        scenario.venue,
        seed=scenario.seed,
        progress=progress,
        watch=account,
    )
    own = pl.col("winner") == account
    if not outcome.adl_fills.filter(own).equals(folder.table("adl_fills").filter(own)):
        raise InputError(f"{folder.path} came out otherwise when it was made again; replay it anew")
    return outcome.score_inputs


def _check_same(folder: RunFolder, scenario: Scenario, inputs: Inputs) -> None:
    """Refuse a scenario, inputs or a version other than the run's. Raises InputError."""
    made_by = folder.manifest["crashsim"]
    tables = scenario.resolved()
    tables.pop("venue")
    now = {"scenario": tables, "inputs": [asdict(file) for file in inputs.files]}
    recorded = {name: folder.manifest[name] for name in now}
    if json.loads(json.dumps(now)) != recorded or made_by != crashsim.__version__:
        raise InputError(
            f"{folder.path} was made from other inputs, or by another version of crashsim "
            f"({made_by}), than there are now"
        )


def _arguments(argv: Sequence[str]) -> tuple[str, Overrides]:
    """The scenario and the overrides of a recorded `crashsim replay` or `crashsim compare`.

    The rules come from the manifest: what chooses them is passed over, or replaced by them.
    """
    if not argv or argv[0] not in ("replay", "compare"):
        raise InputError("the run was made by no command that can be repeated here")
    lists: dict[str, list[str]] = {name: [] for name in _LISTS}
    single: dict[str, str] = {}
    names = []
    rest = iter(argv[1:])
    for argument in rest:
        option, given, value = argument.partition("=")
        if option in lists:
            lists[option].append(value if given else next(rest))
        elif option in _SINGLE or option in _OTHER:
            single[option] = value if given else next(rest)
        elif not argument.startswith("-"):
            names.append(argument)
    return names[0], Overrides(
        prices=tuple(_path(text) for text in lists["--prices"]),
        book=_path(single["--book"]) if "--book" in single else None,
        flows=_path(single["--flows"]) if "--flows" in single else None,
        venue=single.get("--venue") if argv[0] == "replay" else None,
        seed=int(single["--seed"]) if "--seed" in single else None,
        set=tuple(text for text in lists["--set"] if _is_of_scenario(text)),
        extra_book=tuple(_path(text) for text in lists["--with"]),
    )


def _is_of_scenario(setting: str) -> bool:
    return setting.partition(".")[0] in ScenarioFile.model_fields


def _path(text: str) -> Path:
    return Path(text).expanduser()
