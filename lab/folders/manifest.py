"""The manifest of a run: all that is needed to check it and to run it again."""

import hashlib
import json
import platform
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import crashsim
from crashsim.data import Inputs
from crashsim.data.clock import utc_text
from crashsim.engine.measure.metrics import METRICS, Value
from crashsim.engine.record.outcome import Outcome
from crashsim.engine.state.conservation import TOLERANCE_FRAC
from crashsim.lab.folders import provenance
from crashsim.lab.rules.function_files import NO_FILES, FunctionFiles
from crashsim.scenarios.models.scenario import Scenario

_PACKAGES = ("numpy", "polars", "pyarrow", "pydantic")
_NAME_DIGITS = 8
_NOT_IN_NAMES = re.compile(r"[^\w.+-]+")


@dataclass(frozen=True)
class Timings:
    """When a run was made and how long its parts took; the only part that differs between runs."""

    started_at: str
    read_s: float
    replay_s: float
    metrics_s: float


def run_name(scenario: Scenario, inputs: Inputs, files: FunctionFiles = NO_FILES) -> str:
    """`<scenario>-<venue>-<hash>`; the hash covers scenario, venue, inputs, seed and version."""
    facts = {
        "version": crashsim.__version__,
        "scenario": scenario.resolved(),
        "inputs": [asdict(each) for each in inputs.files],
        **files.as_json(),
    }
    digest = hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
    # A scenario may be called anything; its run folder stays one folder under runs/.
    names = (_NOT_IN_NAMES.sub("-", name) for name in (scenario.name, scenario.venue.name))
    return f"{'-'.join(names).lstrip('.-') or 'run'}-{digest[:_NAME_DIGITS]}"


def manifest(
    scenario: Scenario,
    inputs: Inputs,
    outcome: Outcome,
    argv: Sequence[str],
    timings: Timings,
    files: FunctionFiles = NO_FILES,
) -> dict[str, Any]:
    """The content of manifest.json; files: the rules that were Python, what ran by its hash."""
    tables = scenario.resolved()
    venue = tables.pop("venue")
    return {
        "crashsim": crashsim.__version__,
        "run": run_name(scenario, inputs, files),
        "argv": public_argv(argv),
        "scenario": tables,
        "venue": venue,
        **files.as_json(),
        "seed": scenario.seed,
        "window": _window(inputs),
        "inputs": [asdict(each) for each in inputs.files],
        "provenance": _provenance(scenario, inputs),
        "markets_on_default_margin_table": list(outcome.default_margin_markets),
        "conservation": {
            "largest_residual_frac_of_gross": outcome.conservation_residual_frac,
            "limit_frac_of_gross": TOLERANCE_FRAC,
        },
        "warnings": list(outcome.warnings),
        "rows": {name: frame.height for name, frame in outcome.tables().items()},
        "packages": {"python": platform.python_version()}
        | {name: version(name) for name in _PACKAGES},
        "timings": asdict(timings),
    }


def _window(inputs: Inputs) -> dict[str, Any]:
    times = inputs.tape.time_ms
    return {
        "start": utc_text(int(times[0])),
        "end": utc_text(int(times[-1])),
        "steps": int(times.size),
        "markets": len(inputs.tape.markets),
        "accounts": inputs.book.accounts.height,
        "positions": inputs.book.positions.height,
        "flows": inputs.flows.frame.height,
    }


def _provenance(scenario: Scenario, inputs: Inputs) -> dict[str, Any]:
    told = provenance.statements(scenario, inputs)
    return {
        "markets": {market: asdict(origin) for market, origin in inputs.tape.origins.items()},
        "book": {"provenance": inputs.book.provenance, "source": inputs.book.source},
        "flows": {"provenance": inputs.flows.provenance, "source": inputs.flows.source},
        "statements": [asdict(statement) for statement in told],
    }


def summary(scenario: Scenario, inputs: Inputs, values: Mapping[str, Value]) -> dict[str, Any]:
    """The content of summary.json: each metric with its words and how its inputs are known."""
    known = provenance.known(scenario, inputs)
    return {name: _entry(name, value, known) for name, value in values.items()}


def _entry(name: str, value: Value, known: Mapping[str, str]) -> dict[str, Any]:
    metric = METRICS[name]
    return {
        "value": value,
        "unit": metric.unit,
        "definition": metric.definition,
        "sign": metric.sign,
        "horizon": metric.horizon,
        "price_source": metric.price_source,
        "inputs": {name: known[name] for name in metric.inputs},
    }


def public_argv(argv: Sequence[str]) -> list[str]:
    """The arguments with absolute paths cut to their names, as everywhere in a manifest.

    `--out` is left out: it says where the run went, not what it is.
    """
    kept: list[str] = []
    skip = False
    for argument in argv:
        if not skip and argument != "--out" and not argument.startswith("--out="):
            kept.append(_without_folders(argument))
        skip = argument == "--out"
    return kept


def _without_folders(argument: str) -> str:
    option, equals, value = argument.rpartition("=")
    return option + equals + Path(value).name if Path(value).is_absolute() else argument
