"""What a comparison compares: the scenario's own rules first, then each named change of them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from crashsim.engine.adl.policies import without_adl
from crashsim.lab import policy_sources
from crashsim.lab.policy_sources import FunctionFile, PolicySource
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
    """One run of a comparison. what: how it differs from the first, in words."""

    name: str
    what: str
    venue: Venue
    file: FunctionFile | None = None

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
    own = Variant(f"venue {base.name}", "the scenario's rules", base)
    off = Variant(NO_ADL, f"{base.name} with auto-deleveraging off", without_adl(base))
    found = [
        *_venues(_split(wanted.venues), settings, base),
        *_policies(policy_sources.named(wanted.policies), base),
        *_policies([policy_sources.from_expression(text) for text in wanted.scores], base),
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
            yield Variant(f"venue {venue.name}", f"all rules of {venue.name}", venue)


def _policies(sources: Iterable[PolicySource], base: Venue) -> Iterator[Variant]:
    for source in sources:
        name = source.policy.name
        what = f"{base.name}, winners ranked by {name}"
        if source.policy.score is None and source.file is None:
            what = f"{base.name}, winners closed {name.replace('_', ' ')}"
        yield Variant(f"policy {name}", what, source.policy.applied_to(base), source.file)


def _loss(name: str, base: Venue) -> Variant:
    rules = loss_rules(name, base.loss)
    venue = base.model_copy(update={"loss": rules})
    return Variant(f"loss {name}", f"{base.name}, losses borne by the rule {name}", venue)


def loss_rules(name: str, own: LossRules) -> LossRules:
    """The loss rules that `--loss` names, own where it changes one key. Raises InputError."""
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
