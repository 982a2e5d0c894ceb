"""A run as a library user holds it: the same class from memory and from disk."""

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import polars as pl
from pydantic import ValidationError

from crashsim.engine.measure.comparison import numbers_of
from crashsim.engine.measure.metrics import Value
from crashsim.engine.readings.statement import Statement
from crashsim.engine.record.tables import TABLES
from crashsim.lab.draws.draws_told import Draws
from crashsim.lab.figures import many, short_usd
from crashsim.lab.folders import manifest, run_folder
from crashsim.lab.folders.manifest import METRIC_WORDS, Manifest
from crashsim.lab.folders.run_folder import RunFolder
from crashsim.lab.folders.run_names import kept_names
from crashsim.lab.folders.whole import dump_json, replace_whole
from crashsim.lab.library import notebook
from crashsim.lab.library.account_statement import statement_in
from crashsim.lab.replay import RUNS, Finished, save
from crashsim.lab.request import Request
from crashsim.scenarios.errors import InputError
from crashsim.scenarios.files.problems import nearest
from crashsim.scenarios.models.scenario import Scenario

# Writes one page of these runs to this file. Given, for pages are made above the lab.
Pages = Callable[[Sequence[RunFolder], Path], object]

_NUMBERS = {"metric": pl.String, "key": pl.String, "value": pl.Float64, "text": pl.String}

_BANDS = {
    "metric": pl.String,
    "stated": pl.Float64,
    "p10": pl.Float64,
    "p90": pl.Float64,
    "draws": pl.Int64,
    "moved_by": pl.String,
    "rank_correlation": pl.Float64,
}


class RunTables:
    """The tables of a run as attributes; docs/reference/tables.md has their columns and units."""

    tables: Mapping[str, pl.DataFrame]
    accounts: pl.DataFrame
    positions_start: pl.DataFrame
    positions_end: pl.DataFrame
    units: pl.DataFrame
    liquidations: pl.DataFrame
    adl_fills: pl.DataFrame
    shortfalls: pl.DataFrame
    loss_shares: pl.DataFrame
    flows: pl.DataFrame
    collateral_sales: pl.DataFrame
    absorbers: pl.DataFrame
    timeline: pl.DataFrame
    prices_1m: pl.DataFrame

    if not TYPE_CHECKING:  # a type checker knows them from above, and no others

        def __getattr__(self, name: str) -> pl.DataFrame:
            if name not in TABLES:
                raise AttributeError(f"a run has no {name!r}")
            return self.tables[name]

    def __dir__(self) -> list[str]:
        shown = [name for name in super().__dir__() if not name.startswith("_")]
        return sorted({*shown, *TABLES})


@dataclass(frozen=True, repr=False, eq=False)
class Run(RunTables):
    """A replayed scenario: tables, metrics and what they stand on.

    tables: Polars frames by name, each an attribute too (`run.adl_fills`); those of a run on disk
    are read when first asked for. manifest, summary: the content of manifest.json and summary.json.
    drawn: what summary.json says of the draws of what is assumed; None where none were asked for.
    """

    manifest: Manifest
    summary: Mapping[str, Any]
    tables: Mapping[str, pl.DataFrame]
    drawn: Draws | None
    _write: Callable[[Path, bool], None]
    _pages: Pages

    @property
    def name(self) -> str:
        """`<scenario>-<venue>-<hash>`; the hash is of all that decides the result."""
        return self.manifest.run

    @cached_property
    def scenario(self) -> Scenario:
        """The scenario with its venue, as recorded: files by their names, without folders.

        Raises InputError where another version of crashsim made the run and had other rules.
        """
        recorded = self.manifest.content()
        tables = {**recorded["scenario"], "venue": recorded["venue"]}
        try:
            return Scenario.model_validate_json(dump_json(tables))
        except ValidationError as error:
            raise InputError(
                f"{self.name} was made by crashsim {self.manifest.crashsim}, whose scenario "
                "this version cannot read; its values are in run.manifest"
            ) from error

    @property
    def metrics(self) -> pl.DataFrame:
        """metric, key, value, text, unit, definition, sign, horizon, price_source: a row a number.

        key: the market or absorber of a metric that has a value for each, else empty. value: null
        where there is nothing to measure, and for a time, which is in text (UTC, ISO 8601).
        """
        rows = [
            (name, *number, *(entry[word] for word in METRIC_WORDS))
            for name, entry in self.summary.items()
            for number in numbers_of(entry["value"]) or [("", None, None)]  # a mapping may be empty
        ]
        schema = _NUMBERS | dict.fromkeys(METRIC_WORDS, pl.String)
        return pl.DataFrame(rows, schema=schema, orient="row")

    def metric(self, name: str) -> Value:
        """One metric in its unit; a mapping where it has a value for each market or absorber.

        None where there is nothing to measure. Raises InputError for a name that is no metric.
        """
        if name not in self.summary:
            raise InputError(f'there is no metric "{name}"{nearest(name, self.summary)}')
        value: Value = self.summary[name]["value"]
        return value

    @property
    def bands(self) -> pl.DataFrame:
        """metric, stated, p10, p90, draws, moved_by, rank_correlation: a row a figure.

        p10, p90: 8 of 10 draws lie between. moved_by: the assumption that stands out, null where
        no single one does. Without rows where no draws were asked for; the draws themselves are
        `tables["draws"]`.
        """
        figures = self.drawn.figures if self.drawn else {}
        rows = [{"metric": name, **band.model_dump()} for name, band in figures.items()]
        return pl.DataFrame(rows, schema=_BANDS)

    def account(self, account: str) -> Statement:
        """One account's statement: items in USD that lead from opening to closing equity.

        Raises InputError for an account that is not in the book.
        """
        return statement_in(self.tables, account, self.name)

    def save(self, path: str | Path | None = None, *, csv: bool = False) -> Path:
        """Write the run folder, as `crashsim replay` does, and return its path.

        path: `runs/<name>` if not given; an earlier run there is replaced. csv: every table as CSV
        too. A run that was opened is copied. Raises OutputError.
        """
        target = RUNS / self.name if path is None else Path(path)
        self._write(target, csv)
        return target

    def report(self, path: str | Path) -> Path:
        """Write the report, one HTML file that opens offline. Raises OutputError."""
        return report({self.name: self}, Path(path), self._pages)

    def __repr__(self) -> str:
        owed: float = self.summary["debt_usd"]["value"]
        made = self.manifest
        return (
            f"Run {made.scenario.scenario.name} under {made.venue.name}: "
            f"{many(made.rows['accounts'], 'account')}, "
            f"{self.metric('liquidated_accounts'):,} liquidated, "
            f"{self.metric('adl_accounts'):,} deleveraged, "
            f"{self.metric('debt_accounts'):,} in debt at the end ({short_usd(owed)})"
        )

    def _repr_html_(self) -> str:
        made = self.manifest.content()
        groups = (
            notebook.rules(made["venue"]),
            notebook.metrics(self.summary),
            notebook.tables(self.manifest.rows),
            notebook.known(self.summary),
        )
        return notebook.card(repr(self), groups)


def from_memory(finished: Finished, request: Request, argv: Sequence[str], pages: Pages) -> Run:
    """A run that was just made. argv: the command that makes the same, for people."""
    made = manifest.manifest(finished, request, argv)
    told = finished.draws.told if finished.draws else None

    def write(path: Path, csv: bool) -> None:
        save(finished, path, request, argv, csv=csv)

    return Run(made, finished.summary(), finished.tables(), told, _write=write, _pages=pages)


def from_folder(folder: RunFolder, pages: Pages) -> Run:
    """A run on disk."""

    def write(path: Path, csv: bool) -> None:
        run_folder.check_target(path)
        replace_whole(path, lambda beside: _copy(folder, beside, csv))

    stored = _StoredTables(folder)
    return Run(folder.manifest, folder.summary, stored, folder.draws, _write=write, _pages=pages)


def _copy(folder: RunFolder, beside: Path, csv: bool) -> None:
    shutil.copytree(folder.path, beside, dirs_exist_ok=True)
    if csv:
        for name in folder.manifest.rows:
            run_folder.write_csv(beside, name, folder.table(name))


class _StoredTables(Mapping[str, pl.DataFrame]):
    """The tables that a run folder counts, each read once, when first asked for."""

    def __init__(self, folder: RunFolder) -> None:
        self._names = tuple(folder.manifest.rows)
        self._read = cache(folder.table)

    def __getitem__(self, name: str) -> pl.DataFrame:
        if name not in self._names:
            raise KeyError(name)
        return self._read(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def report(runs: Mapping[str, Run], path: Path, pages: Pages) -> Path:
    """Write the page of these runs, by label: made from their folders, like the command's."""
    with TemporaryDirectory(prefix="crashsim-") as place:
        names = kept_names(runs)
        saved = [run.save(Path(place) / names[label]) for label, run in runs.items()]
        pages([run_folder.read(folder) for folder in saved], path)
    return path
