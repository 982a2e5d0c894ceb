"""Which seeds and numbers are drawn: a Latin hypercube over the ranges that apply to a run."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from crashsim.data import Tape
from crashsim.data.synthetic.streams import stream
from crashsim.scenarios.errors import InputError
from crashsim.scenarios.models.ranges import Range
from crashsim.scenarios.models.scenario import Scenario
from crashsim.scenarios.models.sources import Fact
from crashsim.scenarios.models.venue import Venue

OF_A_REPLAY = 24
OF_A_COMPARISON = 8
_SEEDS = 2**31
_FIGURES = 6  # of a drawn number, so that it can be typed and is the same on every machine


def draws_asked(asked: int | None, default: int) -> int:
    """How many draws to make. Raises InputError for what is no whole number of 0 or more."""
    if asked is None:
        return default
    if isinstance(asked, bool) or not isinstance(asked, int) or asked < 0:
        raise InputError(f"draws is {asked!r}, expected a whole number of 0 or more")
    return asked


@dataclass(frozen=True)
class Uncertain:
    """A number that is drawn: its stated value, and the range it is drawn from."""

    key: str
    unit: str
    stated: float
    range: Range
    is_whole: bool

    def at(self, quantile: float) -> float:
        """The number at a quantile (0 to 1) of its range: even in it, or in its logarithm."""
        low, high = self.range.low, self.range.high
        if self.range.scale == "log":
            value = low * math.exp(quantile * math.log(high / low))
        else:
            value = low + quantile * (high - low)
        rounded = float(f"{value:.{_FIGURES}g}")
        return round(rounded) if self.is_whole else min(max(rounded, low), high)


def of_scenario(scenario: Scenario, tape: Tape) -> tuple[Uncertain, ...]:
    """The numbers of a scenario that have a range and that its replay uses.

    A key that the user set, or that belongs to inputs which his own files replace, has none.
    """
    unused = _unused(scenario, tape)
    return tuple(one for one in _ranged(scenario.facts()) if not one.key.startswith(unused))


def _unused(scenario: Scenario, tape: Tape) -> tuple[str, ...]:
    """Beginnings of the keys that have no part in this tape."""
    if scenario.prices.source != "anchors":
        return ("prices.anchors.",)
    kinds = {origin.provenance for origin in tape.origins.values()}
    return () if "reconstructed" in kinds else ("prices.",)  # files are laid over every market


def of_venue(venue: Venue) -> tuple[Uncertain, ...]:
    """The numbers of a venue that have a range; see `of_scenario`."""
    return _ranged(venue.facts())


def _ranged(facts: Iterable[Fact]) -> tuple[Uncertain, ...]:
    return tuple(
        Uncertain(fact.key, fact.unit, fact.value, fact.range, is_whole=isinstance(fact.value, int))
        for fact in facts
        if fact.range is not None and isinstance(fact.value, int | float)
    )


@dataclass(frozen=True)
class Draw:
    """One draw: its number from 1, its seed, and a quantile for each key that may be drawn."""

    number: int
    seed: int
    quantiles: Mapping[str, float]

    def values(self, uncertain: Iterable[Uncertain]) -> dict[str, float]:
        """The numbers drawn for these keys."""
        return {one.key: one.at(self.quantiles[one.key]) for one in uncertain}


def hypercube(seed: int, keys: Iterable[str], count: int) -> Sequence[Draw]:
    """`count` draws such that each key falls once into each of `count` equal parts of its range.

    McKay, Beckman and Conover (1979). Each key has a random stream of its own, so that fixing one
    leaves the others as they were, and venues that share a key share its quantiles.
    """
    seeds = stream(seed, "draws.seed").integers(0, _SEEDS, size=count).tolist()
    columns = {key: _quantiles(seed, key, count) for key in keys}
    return [
        Draw(place + 1, seeds[place], {key: column[place] for key, column in columns.items()})
        for place in range(count)
    ]


def _quantiles(seed: int, key: str, count: int) -> list[float]:
    random = stream(seed, f"draws.{key}")
    parts: list[float] = ((random.permutation(count) + random.random(count)) / count).tolist()
    return parts
