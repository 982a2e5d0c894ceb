"""What a file says about itself: title, what it leaves out, and where each number is from.

Beside its values a file may hold

    [facts."adl.grace_s"]
    unit = "s"
    since = 2025-10-10
    source = "https://..."        # or
    assumption = "why this value"
    alternatives = ["...", "..."] # of a choice that is assumed: what else it might be

A scenario whose values were chosen so that results come near recorded figures says which, by the
name of the metric: `[fitted]` with `deposits_to_debt_accounts = "about 40 users"`.

A fact's key is the dotted key of a value, or of a table, and then serves everything below it; an
absorber goes by its name: `absorber.insurance_fund.cash`. The most exact fact wins.

A number that is assumed has a range: in a venue `range = {low = ..., ...}` in the fact of that very
number, in a scenario the table `[uncertainty."KEY"]`.
"""

from collections.abc import Mapping
from datetime import date

from pydantic import Field

from crashsim.scenarios.files.documents import Document
from crashsim.scenarios.models.ranges import Range
from crashsim.scenarios.models.rules import Rules


class Note(Rules):
    """`[facts."KEY"]`: the unit of a value, since when it is known to hold, and who says so.

    range: of a number that is assumed. alternatives: of a choice that is; listed, never drawn.
    """

    unit: str = ""
    since: date | None = None
    source: str | None = Field(default=None, min_length=1)
    assumption: str | None = Field(default=None, min_length=1)
    range: Range | None = None
    alternatives: tuple[str, ...] = Field(default=(), strict=False)


class Notes(Rules):
    """The part of a file that is written for readers and that no rule uses."""

    title: str = ""
    missing: tuple[str, ...] = Field(default=(), strict=False)
    facts: dict[str, Note] = Field(default_factory=dict)

    def ranges(self) -> Mapping[str, Range]:
        """The ranges that the file states: dotted key -> range."""
        return {key: note.range for key, note in self.facts.items() if note.range is not None}


class ScenarioNotes(Notes):
    """The notes of a scenario: its ranges stand in a table of their own.

    fitted: metric -> the recorded figure that the scenario's values were chosen to come near.
    """

    uncertainty: dict[str, Range] = Field(default_factory=dict)
    fitted: dict[str, str] = Field(default_factory=dict)

    def ranges(self) -> Mapping[str, Range]:
        """The ranges that the file states: dotted key -> range."""
        return self.uncertainty


def split_notes(document: Document, model: type[Notes]) -> tuple[Document, Document]:
    """The document's rules, and its notes, as this model takes them."""
    notes = {key: value for key, value in document.tables.items() if key in model.model_fields}
    rules = {key: value for key, value in document.tables.items() if key not in notes}
    return Document(document.label, rules), Document(document.label, notes)
