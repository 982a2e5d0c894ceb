"""What was asked of a run, as it was given: enough to ask again."""

from dataclasses import dataclass, replace
from pathlib import Path

from crashsim.scenarios import Overrides


@dataclass(frozen=True)
class Request:
    """A scenario by name or path, the changes of it, and the rules named beside its venue.

    policy, adl_score: what ranks winners in the place of the venue's score, one of them at most.
    loss: what bears losses in the place of the venue's `[loss]`.
    """

    scenario: str
    overrides: Overrides = Overrides()  # noqa: RUF009 - frozen
    policy: str | None = None
    adl_score: str | None = None
    loss: str | None = None

    def public(self) -> "Request":
        """The same with absolute paths cut to their names: a manifest tells nobody's folders."""
        asked = self.overrides
        overrides = replace(
            asked,
            prices=tuple(_public_path(path) for path in asked.prices),
            book=_public_path(asked.book) if asked.book else None,
            flows=_public_path(asked.flows) if asked.flows else None,
            venue=public_text(str(asked.venue)) if asked.venue else None,
            set=tuple(public_text(text) for text in asked.set),
            extra_book=tuple(_public_path(path) for path in asked.extra_book),
        )
        return Request(
            scenario=public_text(self.scenario),
            overrides=overrides,
            policy=public_text(self.policy) if self.policy else None,
            adl_score=self.adl_score,
            loss=public_text(self.loss) if self.loss else None,
        )


def public_text(text: str) -> str:
    """An argument, or `key=value`, whose absolute path is cut to its name."""
    option, equals, value = text.rpartition("=")
    return option + equals + Path(value).name if Path(value).is_absolute() else text


def _public_path(path: Path) -> Path:
    return Path(path.name) if path.is_absolute() else path
