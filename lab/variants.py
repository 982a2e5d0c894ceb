"""What a comparison compares: the scenario's own rules first, then each named change of them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from crashsim.engine.adl.policies import Policy, without_adl
from crashsim.lab.rules import policy_sources
from crashsim.lab.rules.function_files import FunctionFiles, label, ready
from crashsim.lab.rules.policy_sources import loss_rules, split
from crashsim.scenarios import load_venue
from crashsim.scenarios.files.overrides import parse_setting
from crashsim.scenarios.models.scenario import Scenario
from crashsim.scenarios.models.venue import Venue

NO_ADL = "no ADL"

# The dispute the tool grew from, told by three venues, five rankings and two ways with deposits.
STORY_VENUES = ("backpack", "binance", "hyperliquid")
STORY_POLICIES = ("bitmex", "binance", "hyperliquid", "pro_rata", "random")


@dataclass(frozen=True)
class Variant:
    """One run of a comparison. what: how it differs from the first, in words."""

    name: str
    what: str
    venue: Venue
    files: FunctionFiles

    def of(self, scenario: Scenario) -> Scenario:
        """The scenario under this variant's rules."""
        return scenario.model_copy(update={"venue": self.venue})


@dataclass(frozen=True)
class Wanted:
    """The changes asked for, as texts; nothing at all asks for the story's."""

    policies: Sequence[str] = ()
    scores: Sequence[str] = ()
    venues: Sequence[str] = ()
    losses: Sequence[str] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing was named."""
        return not (self.policies or self.scores or self.venues or self.losses)


def variants(scenario: Scenario, wanted: Wanted, settings: Sequence[str]) -> list[Variant]:
    """The runs to compare, the scenario's own rules first and without ADL last.

    settings: the texts of `--set`, laid over every venue. Raises InputError and PolicyError for a
    name that stands for nothing.
    """
    if wanted.is_empty:
        wanted = _story(scenario)
    base = scenario.venue
    own = _variant(f"venue {base.name}", "the scenario's rules", base)
    off = _variant(NO_ADL, f"{base.name} with auto-deleveraging off", without_adl(base))
    found = [
        *_venues(split(wanted.venues), settings, base),
        *_policies(policy_sources.named(wanted.policies), base),
        *_policies([policy_sources.from_expression(text) for text in wanted.scores], base),
        *(_loss(name, base) for name in split(wanted.losses)),
    ]
    return _named_apart([own, *found, off])


def _story(scenario: Scenario) -> Wanted:
    other = "ring_fence" if scenario.venue.loss.deposits == "net" else "net"
    return Wanted(policies=STORY_POLICIES, venues=STORY_VENUES, losses=(other,))


def _variant(name: str, what: str, venue: Venue) -> Variant:
    """The variant, once all that its venue names is known to be there."""
    return Variant(name, what, venue, ready(venue).files)


def _venues(names: Iterable[str], settings: Sequence[str], base: Venue) -> Iterator[Variant]:
    own = [text for text in settings if parse_setting(text).key[0] in Venue.model_fields]
    for name in names:
        venue = load_venue(name, set=own)
        if venue != base:
            yield _variant(f"venue {venue.name}", f"all rules of {venue.name}", venue)


def _policies(policies: Iterable[Policy], base: Venue) -> Iterator[Variant]:
    for policy in policies:
        what = f"{base.name}, winners ranked by {policy.name}"
        if policy.score is None:
            what = f"{base.name}, winners closed {policy.name.replace('_', ' ')}"
        yield _variant(f"policy {policy.name}", what, policy.applied_to(base))


def _loss(name: str, base: Venue) -> Variant:
    venue = base.model_copy(update={"loss": loss_rules(name, base.loss)})
    what = f"{base.name}, losses borne by the rule {label(name)}"
    return _variant(f"loss {label(name)}", what, venue)


def _named_apart(found: Iterable[Variant]) -> list[Variant]:
    """The same with names that differ: a second `venue x` becomes `venue x (2)`."""
    result: list[Variant] = []
    seen: dict[str, int] = {}
    for variant in found:
        seen[variant.name] = seen.get(variant.name, 0) + 1
        times = seen[variant.name]
        result.append(replace(variant, name=f"{variant.name} ({times})") if times > 1 else variant)
    return result
