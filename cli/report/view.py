"""A run as its report shows it: tables, words and what they are known from."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from crashsim.cli.report.charts.chart import Chart
from crashsim.cli.report.charts.run_charts import charts_of
from crashsim.cli.report.headlines import Headline, headlines
from crashsim.cli.show import firmness
from crashsim.engine.readings import Tables
from crashsim.engine.readings.moments import Moment, moments
from crashsim.lab import figures
from crashsim.lab.draws.draws_told import Draws
from crashsim.lab.folders.manifest import Manifest
from crashsim.lab.folders.provenance import Statement
from crashsim.lab.folders.pseudonyms import pseudonymised
from crashsim.lab.folders.run_folder import RunFolder


@dataclass(frozen=True)
class RunView:
    """One run, read once. label: what tells it from the other runs of the report."""

    label: str
    manifest: Manifest
    summary: Mapping[str, Any]
    tables: Tables
    headlines: Sequence[Headline]
    moments: Sequence[Moment]
    draws: Draws | None

    @property
    def title(self) -> str:
        """The scenario's title."""
        head = self.manifest.scenario.scenario
        return head.title or head.name

    @property
    def venue(self) -> str:
        """The venue whose rules were applied."""
        return self.manifest.venue.name

    @property
    def span(self) -> str:
        """The window in words."""
        return figures.span(self.manifest.window.start, self.manifest.window.end)

    @property
    def statements(self) -> Sequence[Statement]:
        """What is recorded, reconstructed and assumed."""
        return self.manifest.told

    @property
    def firmness(self) -> Sequence[str]:
        """What the draws are, what moves the five numbers, and which draws failed."""
        if self.draws is None:
            return ()
        labels = {one.metric: one.label for one in self.headlines}
        told = (f"a range {firmness.meaning(self.draws)}", *firmness.movers(labels, self.draws))
        more = (firmness.outside(labels, self.draws), firmness.failures(self.draws))
        return tuple(text for text in (*told, *more) if text)

    @property
    def charts(self) -> Sequence[Chart]:
        """Every chart for which the run has something to show."""
        return charts_of(self.tables, self.summary, self.manifest.markets_without_absorber)

    @property
    def command(self) -> str:
        """The command that makes this run again."""
        return shlex.join(["crashsim", *self.manifest.argv])

    @property
    def caution(self) -> str:
        """What must be said beside every number."""
        kinds = {one.kind for one in self.statements}
        if "assumed" in kinds or "reconstructed" in kinds:
            return (
                "This is a simulation. Parts of it are reconstructed or assumed, so its counts and "
                "dollars show what rules do; they are not the figures of any venue."
            )
        return "This is a simulation on recorded inputs; it is not the record of any venue."


def views(folders: Sequence[RunFolder], key: str | None) -> list[RunView]:
    """The runs in order, labelled apart; accounts replaced where a key is given."""
    labels = _labels(folders)
    return [_view(folder, label, key) for folder, label in zip(folders, labels, strict=True)]


def _view(folder: RunFolder, label: str, key: str | None) -> RunView:
    tables = folder.tables()
    if key:
        tables = pseudonymised(tables, key)
    return RunView(
        label=label,
        manifest=folder.manifest,
        summary=folder.summary,
        tables=tables,
        headlines=headlines(folder.summary, folder.draws),
        moments=moments(tables),
        draws=folder.draws,
    )


def _labels(folders: Sequence[RunFolder]) -> list[str]:
    """The shortest labels that tell the runs apart: venue; venue and settings; the run's name."""
    scenarios = {folder.manifest.scenario.scenario.name for folder in folders}
    names = [folder.path.name for folder in folders]
    candidates = [names, [f"{i}: {name}" for i, name in enumerate(names, 1)]]
    if len(scenarios) == 1:
        venues = [folder.manifest.venue.name for folder in folders]
        changed = [_settings(folder.manifest.argv) for folder in folders]
        settings = [", ".join([venue, *more]) for venue, more in zip(venues, changed, strict=True)]
        candidates = [venues, settings, *candidates]
    return next(labels for labels in candidates if len(set(labels)) == len(labels))


def _settings(argv: Sequence[str]) -> list[str]:
    """The values of --set, without their section."""
    pairs = pairwise(argv)
    given = [value for option, value in pairs if option == "--set"]
    given += [one.removeprefix("--set=") for one in argv if one.startswith("--set=")]
    return [one.partition(".")[2] or one for one in given]
