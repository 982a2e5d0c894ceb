"""A policy of one's own as a TOML file: `[adl]` with a score, an allocation, or both."""

from pathlib import Path
from typing import Self

from pydantic import Field, model_validator

from crashsim.scenarios.files.problems import Problems
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
    problems = Problems()
    rules, _ = problems.read(path)
    return problems.checked(problems.validated(PolicyFile, rules))
