"""Named policies of auto-deleveraging: who is asked, and how a loser is spread over them.

A policy changes `adl.score` and `adl.allocation` of a venue and nothing else: prices, eligibility
and timing stay the venue's, so that two policies differ in the ranking alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from crashsim.engine.adl.presets import PRESETS
from crashsim.scenarios.models.venue import Venue


@dataclass(frozen=True)
class Policy:
    """A patch of a venue's `[adl]`; None leaves the venue's own value."""

    name: str
    description: str
    score: str | None = None
    allocation: str | None = None
    source: str | None = None
    assumption: str | None = None

    def applied_to(self, venue: Venue) -> Venue:
        """The venue with this policy's score and allocation."""
        patch = {"score": self.score, "allocation": self.allocation}
        changed = {key: value for key, value in patch.items() if value is not None}
        return venue.model_copy(update={"adl": venue.adl.model_copy(update=changed)})


PRO_RATA = Policy(
    "pro_rata",
    "all candidates in proportion to what they hold; nobody is ranked",
    allocation="pro_rata",
    source="arXiv 2512.01112 (pro-rata by contracts), in the venue's units",
)

POLICIES: Mapping[str, Policy] = MappingProxyType(
    {
        **{
            name: Policy(
                name,
                preset.description,
                score=name,
                allocation="queue",
                source=preset.source,
                assumption=preset.assumption,
            )
            for name, preset in PRESETS.items()
        },
        PRO_RATA.name: PRO_RATA,
    }
)


def without_adl(venue: Venue) -> Venue:
    """The venue with auto-deleveraging off. Venues that differ in `[adl]` alone give the same."""
    off = type(venue.adl)(enabled=False, score="random")
    return venue.model_copy(update={"adl": off})
