"""The folder of a comparison: comparison.json, metrics, changes and draws as Parquet, kept runs."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import crashsim
from crashsim.engine.measure import comparison
from crashsim.engine.measure.metrics import COMPARISON_METRICS, Metric
from crashsim.lab import replay
from crashsim.lab.compare import Compared
from crashsim.lab.draws.draw_table import DRAWS
from crashsim.lab.folders import manifest, provenance, run_folder
from crashsim.lab.folders.run_names import COMPARISON, kept_names
from crashsim.lab.folders.whole import replace_whole
from crashsim.lab.request import Request
from crashsim.lab.variants import Variant

CAVEAT = (
    "Haircuts compare each run with the same night without auto-deleveraging, whose profits could "
    "not all have been paid: the losers who would have owed them were below zero."
)


def content(compared: Compared, argv: Sequence[str]) -> dict[str, Any]:
    """The content of comparison.json, and of `--json`."""
    scenario, inputs = compared.scenario, compared.inputs
    tables = scenario.resolved(inputs.tape.markets)
    return {
        "crashsim": crashsim.__version__,
        "comparison": name(compared),
        "argv": manifest.public_argv(argv),
        "scenario": {key: value for key, value in tables.items() if key != "venue"},
        "seed": scenario.seed,
        "horizon_s": compared.horizon_s,
        "inputs": [asdict(file) for file in inputs.files],
        "provenance": [asdict(each) for each in _told(compared)],
        "caveat": CAVEAT,
        "runs": _runs(compared),
        "metrics": {key: _metric(compared, metric) for key, metric in COMPARISON_METRICS.items()},
        "changes": compared.changes.to_dict(as_series=False),
        **({DRAWS: compared.draws.told} if compared.draws else {}),
    }


def _told(compared: Compared) -> Sequence[provenance.Statement]:
    others = [each.venue for each in compared.variants if each.kind == "venue"]
    known = [
        *provenance.statements(compared.scenario, compared.inputs),
        *provenance.other_funds(others, compared.inputs),
    ]
    return provenance.with_warnings(known, compared.done[0].warnings)


def _runs(compared: Compared) -> dict[str, Any]:
    return {
        variant.name: {
            "what": variant.what,
            "venue": _venue(variant, compared),
            **asdict(variant.files),
            "largest_residual_frac_of_gross": done.conservation_residual_frac,
            "warnings": list(done.warnings),
        }
        for variant, done in zip(compared.variants, compared.done, strict=True)
    }


def _metric(compared: Compared, metric: Metric) -> dict[str, Any]:
    first = compared.done[0].measured.values[metric.name]
    runs = [done.measured for done in compared.done]
    return manifest.words(metric) | {
        "values": {run.name: run.values[metric.name] for run in runs},
        "deltas": {run.name: comparison.deltas(run.values[metric.name], first) for run in runs[1:]},
    }


def name(compared: Compared) -> str:
    """`compare-<hash>`, of everything that decides the result."""
    runs = [_identity(variant, compared) for variant in compared.variants]
    more: dict[str, object] = {"horizon_s": compared.horizon_s, "runs": runs}
    if compared.draws:
        more[DRAWS] = compared.draws.told["asked"]
    return f"compare-{manifest.digest(compared.scenario, compared.inputs, more)}"


def _identity(variant: Variant, compared: Compared) -> list[object]:
    return [variant.name, _venue(variant, compared), variant.files.as_json() or None]


def _venue(variant: Variant, compared: Compared) -> object:
    return variant.of(compared.scenario).resolved(compared.inputs.tape.markets)["venue"]


def check_target(path: Path | None) -> None:
    """Refuse a place that holds something other than a comparison; None is one under `runs/`.

    Raises OutputError.
    """
    if path is None:
        return run_folder.check_parent(replay.RUNS / COMPARISON)
    run_folder.refuse_foreign(path, is_ours=(path / COMPARISON).is_file())


def save(
    compared: Compared,
    told: Mapping[str, Any],
    out: Path | None,
    request: Request,
    argv: Sequence[str],
) -> Path:
    """Write the folder and return its path.

    told: the `content`. request: what asks for the first run alone. Raises OutputError.
    """
    path = out or replay.RUNS / name(compared)
    check_target(path)

    def fill(folder: Path) -> None:
        run_folder.write_json(folder / COMPARISON, told)
        run_folder.write_json(folder / run_folder.TIMINGS, compared.timings)
        run_folder.write_table(folder, "metrics", compared.metrics, csv=False)
        run_folder.write_table(folder, "changes", compared.changes, csv=False)
        if compared.draws:
            run_folder.write_table(folder, DRAWS, compared.draws.frame, csv=False)
        places = kept_names(told["runs"])
        for run, finished in compared.kept().items():
            asked = compared.alone(run, request)
            replay.save(finished, folder / "runs" / places[run], asked, argv, csv=False)

    replace_whole(path, fill)
    return path
