"""The numbers of a venue or scenario file, each with its unit and where it is from."""

from dataclasses import dataclass
from pathlib import Path

from crashsim.scenarios.bundled import Located, locate_loss, locate_scenario, locate_venue
from crashsim.scenarios.files.loading import read_with_notes
from crashsim.scenarios.files.problems import Problems
from crashsim.scenarios.models.notes import Notes, ScenarioNotes
from crashsim.scenarios.models.sources import Fact, FactCounts, facts_of


@dataclass(frozen=True)
class FactSheet:
    """A file for `show`: its title, all its values in file order, and what it cannot express."""

    name: str
    title: str
    facts: tuple[Fact, ...]
    missing: tuple[str, ...]

    @property
    def counts(self) -> FactCounts:
        """How many values it has, and how they are known."""
        return FactCounts.of(self.facts)


def venue_sheet(name_or_path: str | Path) -> FactSheet:
    """The facts of a bundled venue, or of a path to a TOML. Raises InputError."""
    return _sheet(locate_venue(name_or_path, Path.cwd()))


def scenario_sheet(name_or_path: str | Path) -> FactSheet:
    """The facts of a bundled scenario, a folder or a scenario.toml. Raises InputError."""
    return _sheet(locate_scenario(name_or_path), ScenarioNotes)


def loss_sheet(name_or_path: str | Path) -> FactSheet:
    """The facts of a bundled loss preset, or of a path to such a TOML. Raises InputError."""
    return _sheet(locate_loss(name_or_path, Path.cwd()))


def _sheet(located: Located, model: type[Notes] = Notes) -> FactSheet:
    problems = Problems()
    rules, notes = read_with_notes(located, problems, model)
    problems.raise_any()
    head = rules.tables.get("scenario")
    named = head if isinstance(head, dict) else rules.tables
    return FactSheet(
        name=str(named.get("name", located.path.stem)),
        title=str(named.get("title", notes.title)),
        facts=facts_of(rules.tables, notes),
        missing=notes.missing,
    )
