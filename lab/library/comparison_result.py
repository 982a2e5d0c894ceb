"""A comparison as a library user holds it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from crashsim.engine.measure.metrics import COMPARISON_METRICS, Value
from crashsim.lab.compare import Compared
from crashsim.lab.figures import many
from crashsim.lab.folders import comparison_folder, manifest
from crashsim.lab.library import notebook
from crashsim.lab.library.run_result import Pages, Run, from_memory, report
from crashsim.lab.request import Request
from crashsim.scenarios.errors import InputError
from crashsim.scenarios.files.problems import nearest

_METRICS = ("adl_accounts", "adl_notional_usd", "debt_accounts", "debt_usd", "deposits_to_debt_usd")


@dataclass(frozen=True, repr=False, eq=False)
class Comparison:
    """The same night under several rules; the first run is what the others are held against.

    metrics: metric, unit, key, run, value, text, delta, definition, sign, horizon, price_source: a
    row a number of a run; delta is its value less the first run's. changes: who is deleveraged, or
    in debt, under the first run or another but not both (run, side, only_under, account, USD).
    runs: each as a Run, by name; empty where they were not kept. content: of comparison.json.
    """

    metrics: pl.DataFrame
    changes: pl.DataFrame
    runs: Mapping[str, Run]
    content: Mapping[str, Any]
    _compared: Compared
    _request: Request
    _argv: Sequence[str]
    _pages: Pages

    def metric(self, name: str) -> Mapping[str, Value]:
        """One metric by run, in its unit. Raises InputError for a name that is no metric."""
        measured = self.content["metrics"]
        if name not in measured:
            raise InputError(f'there is no metric "{name}"{nearest(name, measured)}')
        values: Mapping[str, Value] = measured[name]["values"]
        return values

    def save(self, path: str | Path | None = None) -> Path:
        """Write the folder as `crashsim compare` does, with the runs that were kept; its path.

        path: `runs/compare-<hash>` if not given. Raises OutputError.
        """
        out = None if path is None else Path(path)
        return comparison_folder.save(self._compared, self.content, out, self._request, self._argv)

    def report(self, path: str | Path) -> Path:
        """Write the report of the runs side by side, one HTML file. Raises OutputError.

        Raises InputError where the runs were not kept.
        """
        if not self.runs:
            raise InputError("the runs of this comparison were not kept; give keep_runs=True")
        return report(self.runs, Path(path), self._pages)

    def __repr__(self) -> str:
        names = list(self.content["runs"])
        return (
            f"Comparison of {self._compared.scenario.name}: {many(len(names), 'run')}, {names[0]} "
            f"against {', '.join(names[1:])}"
        )

    def _repr_html_(self) -> str:
        measured = self.content["metrics"]
        heads = ["", *(f"{name} ({measured[name]['unit']})" for name in _METRICS)]
        rows = [
            [run, *(measured[name]["values"][run] for name in _METRICS)]
            for run in self.content["runs"]
        ]
        sizes = {"metrics": self.metrics.height, "changes": self.changes.height}
        groups = (notebook.Group("runs", rows, heads), notebook.tables(sizes))
        return notebook.card(repr(self), groups)


def comparison_of(
    compared: Compared, request: Request, argv: Sequence[str], pages: Pages
) -> Comparison:
    """A comparison that was just made. argv: the command that makes the same, for people."""
    words = [
        {"metric": name, **manifest.words(metric)} for name, metric in COMPARISON_METRICS.items()
    ]
    metrics = compared.metrics.join(
        pl.DataFrame(words).drop("unit"), on="metric", how="left", maintain_order="left"
    )
    kept = compared.kept().items()
    runs = {
        name: from_memory(finished, compared.alone(name, request), argv, pages)
        for name, finished in kept
    }
    content = comparison_folder.content(compared, argv)
    return Comparison(
        metrics,
        compared.changes,
        runs,
        content,
        _compared=compared,
        _request=request,
        _argv=argv,
        _pages=pages,
    )
