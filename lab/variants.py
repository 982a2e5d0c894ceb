"""What a comparison compares: the scenario's own rules first, then each named change of them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from crashsim.engine.adl.policies import Policy
from crashsim.lab.request import Request
from crashsim.lab.rules import policy_sources
from crashsim.lab.rules.function_files import FunctionFiles, label, ready
from crashsim.lab.rules.policy_sources import loss_rules, split
from crashsim.scenarios import load_venue
from crashsim.scenarios.files.overrides import parse_setting
from crashsim.scenarios.models.scenario import Scenario
from crashsim.scenarios.models.venue import Venue

NO_ADL = "no ADL"
Kind = Literal["", "venue", "policy", "adl_score", "loss", "set"]

# The dispute the tool grew from, told by three venues, five rankings and two ways with deposits.
STORY_VENUES = ("backpack", "binance", "hyperliquid")
STORY_POLICIES = ("bitmex", "binance", "hyperliquid", "pro_rata", "random")


@dataclass(frozen=True)
class Variant:
    """One run of a comparison. what: how it differs from the first, in words.

    kind, asked: the option that asks for the same run alone, and its text.
    """

    name: str
    what: str
    venue: Venue
    files: FunctionFiles
    kind: Kind = ""
    asked: str = ""

    def of(self, scenario: Scenario) -> Scenario:
        """The scenario under this variant's rules."""
        head = scenario.scenario
        if self.kind == "venue":
            head = head.model_copy(update={"venue": self.asked})
        return scenario.model_copy(update={"scenario": head, "venue": self.venue})

    def alone(self, request: Request) -> Request:
        """What asks for this run alone, where `request` asks for the first."""
        changes = request.overrides
        match self.kind:
            case "venue":
                return replace(request, overrides=replace(changes, venue=self.asked))
            case "set":
                return replace(request, overrides=replace(changes, set=(*changes.set, self.asked)))
            case "policy":
                return replace(request, policy=self.asked)
            case "adl_score":
                return replace(request, adl_score=self.asked)
            case "loss":
                return replace(request, loss=self.asked)
        return request


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
    adl_off = base.model_copy(update={"adl": base.adl.model_copy(update={"enabled": False})})
    what = f"{base.name} with auto-deleveraging off"
    off = _variant(NO_ADL, what, adl_off, "set", "adl.enabled=false")
    found = [
        *_venues(split(wanted.venues), settings, base),
        *(_policy(policy_sources.one(text), base, text) for text in split(wanted.policies)),
        *(_score(text, base) for text in wanted.scores),
        *(_loss(name, base) for name in split(wanted.losses)),
    ]
    return _named_apart([own, *found, off])


def _story(scenario: Scenario) -> Wanted:
    other = "ring_fence" if scenario.venue.loss.deposits == "net" else "net"
    return Wanted(policies=STORY_POLICIES, venues=STORY_VENUES, losses=(other,))


def _variant(name: str, what: str, venue: Venue, kind: Kind = "", asked: str = "") -> Variant:
    """The variant, once all that its venue names is known to be there."""
    return Variant(name, what, venue, ready(venue).files, kind=kind, asked=asked)


def _venues(names: Iterable[str], settings: Sequence[str], base: Venue) -> Iterator[Variant]:
    own = [text for text in settings if parse_setting(text).key[0] in Venue.model_fields]
    for name in names:
        venue = load_venue(name, set=own)
        if venue != base:
            what = f"all rules of {venue.name}"
            yield _variant(f"venue {venue.name}", what, venue, "venue", name)


def _policy(policy: Policy, base: Venue, text: str) -> Variant:
    what = f"{base.name}, winners ranked by {policy.name}"
    if policy.score is None:
        what = f"{base.name}, winners closed {policy.name.replace('_', ' ')}"
    return _variant(f"policy {policy.name}", what, policy.applied_to(base), "policy", text)


def _score(text: str, base: Venue) -> Variant:
    return replace(_policy(policy_sources.from_expression(text), base, text), kind="adl_score")


def _loss(name: str, base: Venue) -> Variant:
    venue = base.model_copy(update={"loss": loss_rules(name, base.loss)})
    what = f"{base.name}, losses borne by the rule {label(name)}"
    return _variant(f"loss {label(name)}", what, venue, "loss", name)


def _named_apart(found: Iterable[Variant]) -> list[Variant]:
    """The same with names that differ: a second `venue x` becomes `venue x (2)`."""
    result: list[Variant] = []
    seen: dict[str, int] = {}
    for variant in found:
        seen[variant.name] = seen.get(variant.name, 0) + 1
        times = seen[variant.name]
        result.append(replace(variant, name=f"{variant.name} ({times})") if times > 1 else variant)
    return result
