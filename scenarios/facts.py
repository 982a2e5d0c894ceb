"""The numbers of a venue or scenario file, each with its unit and where it is from."""

from dataclasses import dataclass, replace
from pathlib import Path

from crashsim.scenarios.bundled import Located, locate_loss, locate_scenario, locate_venue
from crashsim.scenarios.files.documents import Document
from crashsim.scenarios.files.loading import load_venue
from crashsim.scenarios.files.problems import Problems, dotted
from crashsim.scenarios.files.venues.venue_file import read_venue, stand_in_note
from crashsim.scenarios.files.written.extending import LOSS, SCENARIO, Kind, read_with_notes
from crashsim.scenarios.models.notes import Notes
from crashsim.scenarios.models.sources import Fact, FactCounts, facts_of

_TABLES = "margin.markets."
_READABLE = 12  # tables in one list
_FEW = ("BTC", "ETH", "SOL", "*")


@dataclass(frozen=True)
class FactSheet:
    """A file for `show`: its title, all its values in file order, and what it cannot express."""

    name: str
    title: str
    facts: tuple[Fact, ...]
    missing: tuple[str, ...]

    @property
    def rules(self) -> tuple[Fact, ...]:
        """All values but margin tables."""
        return tuple(fact for fact in self.facts if not fact.key.startswith(_TABLES))

    @property
    def tables(self) -> tuple[Fact, ...]:
        """The margin tables, a fact a market."""
        return tuple(fact for fact in self.facts if fact.key.startswith(_TABLES))

    @property
    def counts(self) -> FactCounts:
        """How many values it has, and how they are known."""
        return FactCounts.of(self.facts)

    @property
    def left_out(self) -> int:
        """How many margin tables `shortened` leaves out."""
        return len(self.facts) - len(self.shortened)

    @property
    def shortened(self) -> tuple[Fact, ...]:
        """The facts; of more margin tables than can be read, those of a few markets."""
        if len(self.tables) <= _READABLE:
            return self.facts
        few = tuple(dotted(("margin", "markets", market)) for market in _FEW)
        return tuple(f for f in self.facts if f.key in few or not f.key.startswith(_TABLES))


def venue_sheet(name_or_path: str | Path) -> FactSheet:
    """The facts of a bundled venue, or of a path to a TOML. Raises InputError."""
    load_venue(name_or_path)  # refuses what a replay would
    located = locate_venue(name_or_path, Path.cwd())
    problems = Problems()
    file = read_venue(located, (), problems)
    problems.raise_any()
    return _sheet(located, file.document, file.notes)


def margin_sheet(name_or_path: str | Path, market: str) -> FactSheet:
    """A venue's sheet with one fact: the margin table that serves this market.

    Its key ends in the name under which the table stands. Raises InputError.
    """
    located = locate_venue(name_or_path, Path.cwd())
    sheet = venue_sheet(name_or_path)
    served = load_venue(name_or_path).margin.margin_table_for(market)
    key = dotted(("margin", "markets", served.key))
    if served.stand_in:
        lent = next(fact for fact in sheet.facts if fact.key == "margin.stand_in")
        told = stand_in_note(located, served.key)
        notes = Notes(facts={key: told.model_copy(update={"assumption": lent.assumption})})
        tables = {"margin": {"markets": {served.key: served.table.model_dump(by_alias=True)}}}
        return replace(sheet, facts=facts_of(tables, notes), missing=())
    return replace(sheet, facts=tuple(f for f in sheet.facts if f.key == key), missing=())


def scenario_sheet(name_or_path: str | Path) -> FactSheet:
    """The facts of a bundled scenario, a folder or a scenario.toml. Raises InputError."""
    return _plain(locate_scenario(name_or_path), SCENARIO)


def loss_sheet(name_or_path: str | Path) -> FactSheet:
    """The facts of a bundled loss preset, or of a path to such a TOML. Raises InputError."""
    return _plain(locate_loss(name_or_path, Path.cwd()), LOSS)


def _plain(located: Located, kind: Kind) -> FactSheet:
    problems = Problems()
    rules, notes = read_with_notes(located, problems, kind)
    problems.raise_any()
    return _sheet(located, rules, notes)


def _sheet(located: Located, rules: Document, notes: Notes) -> FactSheet:
    head = rules.tables.get("scenario")
    named = head if isinstance(head, dict) else rules.tables
    return FactSheet(
        name=str(named.get("name", located.path.stem)),
        title=str(named.get("title", notes.title)),
        facts=facts_of(rules.tables, notes),
        missing=notes.missing,
    )
