"""What a comparison compares: the scenario's own rules first, then each named change of them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from crashsim.lab import policy_sources
from crashsim.lab.policy_sources import FunctionFile, PolicySource
from crashsim.lab.request import Request
from crashsim.scenarios import bundled_losses, load_loss, load_venue
from crashsim.scenarios.errors import InputError
from crashsim.scenarios.files.overrides import parse_setting
from crashsim.scenarios.files.problems import nearest
from crashsim.scenarios.models.scenario import Scenario
from crashsim.scenarios.models.venue import LossRules, Venue

NO_ADL = "no ADL"

# The dispute the tool grew from, told by three venues, five rankings and two ways with deposits.
STORY_VENUES = ("backpack", "binance", "hyperliquid")
STORY_POLICIES = ("bitmex", "binance", "hyperliquid", "pro_rata", "random")

_LOSS_POLICIES = ("carry", "write_off", "share")
_DEPOSITS = ("net", "ring_fence")


@dataclass(frozen=True)
class Variant:
    """One run of a comparison. what: how it differs from the first, in words.

    kind, asked: the option that asks for the same run alone, and its text.
    """

    name: str
    what: str
    venue: Venue
    file: FunctionFile | None = None
    kind: Literal["", "venue", "policy", "adl_score", "loss", "set"] = ""
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
    own = Variant(f"venue {base.name}", "the scenario's rules", base)
    adl_off = base.model_copy(update={"adl": base.adl.model_copy(update={"enabled": False})})
    what = f"{base.name} with auto-deleveraging off"
    off = Variant(NO_ADL, what, adl_off, kind="set", asked="adl.enabled=false")
    found = [
        *_venues(_split(wanted.venues), settings, base),
        *(_policy(policy_sources.one(text), base, text) for text in _split(wanted.policies)),
        *(_score(text, base) for text in wanted.scores),
        *(_loss(name, base) for name in _split(wanted.losses)),
    ]
    return _named_apart([own, *found, off])


def _story(scenario: Scenario) -> Wanted:
    other = "ring_fence" if scenario.venue.loss.deposits == "net" else "net"
    return Wanted(policies=STORY_POLICIES, venues=STORY_VENUES, losses=(other,))


def _split(texts: Iterable[str]) -> list[str]:
    names = [name.strip() for text in texts for name in text.split(",")]
    return [name for name in names if name]


def _venues(names: Iterable[str], settings: Sequence[str], base: Venue) -> Iterator[Variant]:
    own = [text for text in settings if parse_setting(text).key[0] in Venue.model_fields]
    for name in names:
        venue = load_venue(name, set=own)
        if venue != base:
            what = f"all rules of {venue.name}"
            yield Variant(f"venue {venue.name}", what, venue, kind="venue", asked=name)


def _policy(source: PolicySource, base: Venue, text: str) -> Variant:
    name = source.policy.name
    what = f"{base.name}, winners ranked by {name}"
    if source.policy.score is None and source.file is None:
        what = f"{base.name}, winners closed {name.replace('_', ' ')}"
    venue = source.policy.applied_to(base)
    return Variant(f"policy {name}", what, venue, source.file, kind="policy", asked=text)


def _score(text: str, base: Venue) -> Variant:
    return replace(_policy(policy_sources.from_expression(text), base, text), kind="adl_score")


def _loss(name: str, base: Venue) -> Variant:
    rules = _loss_rules(name, base.loss)
    venue = base.model_copy(update={"loss": rules})
    what = f"{base.name}, losses borne by the rule {name}"
    return Variant(f"loss {name}", what, venue, kind="loss", asked=name)


def _loss_rules(name: str, own: LossRules) -> LossRules:
    if name in _LOSS_POLICIES:
        return own.model_copy(update={"policy": name})
    if name in _DEPOSITS:
        return own.model_copy(update={"deposits": name})
    bundled = [listing.name for listing in bundled_losses()]
    if name in bundled or name.endswith(".toml"):
        return load_loss(name)
    known = [*_LOSS_POLICIES, *_DEPOSITS, *bundled]
    raise InputError(
        f'--loss {name}: there is no loss rule "{name}"{nearest(name, known)} '
        f"Known: {', '.join(known)}; or give a TOML file with a [loss] table"
    )


def _named_apart(found: Iterable[Variant]) -> list[Variant]:
    """The same with names that differ: a second `venue x` becomes `venue x (2)`."""
    result: list[Variant] = []
    seen: dict[str, int] = {}
    for variant in found:
        seen[variant.name] = seen.get(variant.name, 0) + 1
        times = seen[variant.name]
        result.append(replace(variant, name=f"{variant.name} ({times})") if times > 1 else variant)
    return result
