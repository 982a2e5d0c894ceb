"""A policy of one's own as a TOML file: `[adl]` with a score, an allocation, or both."""

from pathlib import Path
from typing import Self

from pydantic import Field, ValidationError, model_validator

from crashsim.scenarios.errors import InputError
from crashsim.scenarios.files.documents import read_toml
from crashsim.scenarios.files.problems import sentences
from crashsim.scenarios.models.notes import Notes, split_notes
from crashsim.scenarios.models.rules import Rules
from crashsim.scenarios.models.venue import Allocation


class AdlPatch(Rules):
    """The keys of a venue's `[adl]` that a policy may change; the others stay the venue's."""

    score: str | None = Field(default=None, min_length=1)
    allocation: Allocation | None = None

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if self.score is None and self.allocation is None:
            raise ValueError("give score, allocation, or both; found neither")
        return self


class PolicyFile(Rules):
    """The tables of a policy file. name: how outputs call it; default: the file's own name."""

    name: str | None = Field(default=None, min_length=1)
    adl: AdlPatch


def load_policy(path: Path) -> PolicyFile:
    """Read a policy file. Raises InputError with all its problems, a line each."""
    document = read_toml(path)
    rules, notes = split_notes(document)
    lines: list[str] = []
    found: PolicyFile | None = None
    try:
        Notes.model_validate(notes.tables)
    except ValidationError as error:
        lines += sentences(Notes, notes, error)
    try:
        found = PolicyFile.model_validate(rules.tables)
    except ValidationError as error:
        lines += sentences(PolicyFile, rules, error)
    if lines or found is None:
        raise InputError("\n".join(lines))
    return found
