"""Replay one night in the tree that this process imports, and say what it cost as JSON.

Started by `benchmarks.against` with the tree of a commit at the head of the path, so it asks of the
engine only what every commit has.
"""

import hashlib
import importlib
import json
import pickle
import resource
import sys
from pathlib import Path
from time import process_time
from typing import Any

import polars as pl

from benchmarks.nights import NIGHTS
from benchmarks.standard_book import book_of, tape_of
from crashsim import data, engine, scenarios


def _module(*names: str) -> Any:
    """The first of these modules that this commit has."""
    for name in names:
        try:
            return importlib.import_module(name)
        except ModuleNotFoundError:
            continue
    raise ModuleNotFoundError(names[-1])


_Venue = _module("crashsim.scenarios.models.venue", "crashsim.scenarios.venue").Venue
_metrics = _module("crashsim.engine.measure.metrics", "crashsim.engine.metrics")


def keep_oct11(path: Path) -> None:
    """Write the inputs of the bundled night as this commit makes them, for all commits."""
    scenario = scenarios.load("oct11")
    inputs = data.read_inputs(scenario)
    facts = {"facts", "missing", "title", "description"}
    venue = scenario.venue.model_dump(mode="json", exclude=facts, exclude_unset=True, by_alias=True)
    kept = (inputs.tape, inputs.book, inputs.flows, venue, scenario.seed)
    path.write_bytes(pickle.dumps(kept))


def _inputs(name: str, oct11: Path) -> tuple[Any, ...]:
    if name == "oct11":
        tape, book, flows, venue, seed = pickle.loads(oct11.read_bytes())
        return tape, book, flows, _Venue.model_validate(venue, strict=False), seed
    night = NIGHTS[name]
    tape = tape_of(night.steps, quiet=night.quiet)
    return tape, book_of(night.accounts, tape), None, _Venue.model_validate(night.venue()), 7


def _replay(given: tuple[Any, ...], what: str) -> tuple[float, Any]:
    """CPU seconds of a replay with all its tables, or with its metrics only, and the outcome."""
    start = process_time()
    outcome = engine.replay(*given)
    if what == "tables":
        dict(outcome.tables())
    else:
        _metrics.summarise(_metrics.Replayed(outcome, given[0]))
    return process_time() - start, outcome


def _digest(frame: pl.DataFrame) -> dict[str, str]:
    """A digest of every column, so that commits can be compared on those that both have."""
    return {
        name: hashlib.sha256(frame[name].hash(seed=0).to_numpy().tobytes()).hexdigest()[:16]
        for name in frame.columns
    }


def main(name: str, what: str, rounds: int, oct11: Path) -> None:
    """Print cpu_s (the least of the rounds), peak_mb, counts and digests."""
    given = _inputs(name, oct11)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found = [_replay(given, what)]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    outcome = found[0][1]
    tables = {**outcome.tables(), "adl_capacity": outcome.adl_capacity}
    digests = {table: _digest(frame) for table, frame in tables.items()}
    rows = {table: frame.height for table, frame in tables.items()}
    costs = [found[0][0], *(_replay(given, what)[0] for _ in range(rounds - 1))]
    measured = {
        "cpu_s": min(costs),
        "peak_mb": peak / 1024,
        "inputs_mb": before / 1024,
        "rows": rows,
        "digests": digests,
    }
    print(json.dumps(measured))


if __name__ == "__main__":
    if sys.argv[1] == "keep":
        keep_oct11(Path(sys.argv[2]))
    else:
        main(sys.argv[1], sys.argv[2], int(sys.argv[3]), Path(sys.argv[4]))
