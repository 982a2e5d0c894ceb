"""A source of numbers for random cases."""

from dataclasses import dataclass
from random import Random


@dataclass(frozen=True)
class Draw:
    """A source of numbers, exact (few binary digits) or rough."""

    rng: Random
    exact: bool

    def price(self, around: float) -> float:
        return max(0.25, round(around * 4) / 4) if self.exact else max(0.01, around)

    def size(self, biggest: float) -> float:
        if self.exact:
            return self.rng.choice((0.5, 1, 1, 2, 4, 4, 8)) * biggest / 8
        return self.rng.uniform(0.05, 1.0) * biggest

    def between(self, low: float, high: float) -> float:
        drawn = self.rng.uniform(low, high)
        return round(drawn * 16) / 16 if self.exact else drawn

    def maybe(self, probability: float) -> bool:
        return self.rng.random() < probability
