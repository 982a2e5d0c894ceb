"""What was asked of a run, as it was given: enough to ask again."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crashsim.scenarios import Overrides


@dataclass(frozen=True)
class Request:
    """A scenario by name or path, the changes of it, and the rules named beside its venue.

    policy, adl_score: what ranks winners in the place of the venue's score, one of them at most.
    loss: what bears losses in the place of the venue's `[loss]`. draws: how many beside the stated
    case; None: as many as the scenario's ranges ask for.
    """

    scenario: str
    overrides: Overrides = Overrides()  # noqa: RUF009 - frozen
    policy: str | None = None
    adl_score: str | None = None
    loss: str | None = None
    draws: int | None = 0

    def public(self) -> "Request":
        """The same with absolute paths cut to their names: a manifest tells nobody's folders."""
        own = {name: _public(value) for name, value in vars(self).items()}
        changes = {name: _public(value) for name, value in vars(self.overrides).items()}
        return Request(**own | {"overrides": Overrides(**changes)})


def public_text(text: str) -> str:
    """An argument, or `key=value`, whose absolute path is cut to its name."""
    option, equals, value = text.rpartition("=")
    return option + equals + Path(value).name if Path(value).is_absolute() else text


def _public(value: Any) -> Any:
    match value:
        case str():
            return public_text(value)
        case Path():
            return Path(public_text(str(value)))
        case tuple():
            return tuple(map(_public, value))
    return value
