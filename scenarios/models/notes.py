"""What a file says about itself: title, what it leaves out, and where each number is from.

Beside its values a file may hold

    [facts."adl.grace_s"]
    unit = "s"
    since = 2025-10-10
    source = "https://..."        # or
    assumption = "why this value"

A fact's key is the dotted key of a value, or of a table, and then serves everything below it; an
absorber goes by its name: `absorber.insurance_fund.cash`. The most exact fact wins.
"""

from datetime import date

from pydantic import Field

from crashsim.scenarios.files.documents import Document
from crashsim.scenarios.models.rules import Rules


class Note(Rules):
    """`[facts."KEY"]`: the unit of a value, since when it is known to hold, and who says so."""

    unit: str = ""
    since: date | None = None
    source: str | None = Field(default=None, min_length=1)
    assumption: str | None = Field(default=None, min_length=1)


class Notes(Rules):
    """The part of a file that is written for readers and that no rule uses."""

    title: str = ""
    missing: tuple[str, ...] = Field(default=(), strict=False)
    facts: dict[str, Note] = Field(default_factory=dict)


def split_notes(document: Document) -> tuple[Document, Document]:
    """The document's rules, and its notes."""
    notes = {key: value for key, value in document.tables.items() if key in Notes.model_fields}
    rules = {key: value for key, value in document.tables.items() if key not in notes}
    return Document(document.label, rules), Document(document.label, notes)
