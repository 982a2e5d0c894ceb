"""How far a figure moves over draws of what is assumed, and whether one assumption moves it."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from crashsim.engine.arrays import Floats
from crashsim.engine.measure.rank_correlation import spearman

LEAST_CORRELATION = 0.6
LEAST_DRAWS = 24
LEAST_AGREEMENT_FRAC = 0.9
_CHANCE_FRAC = 0.05


@dataclass(frozen=True)
class Band:
    """Where a figure lies in 8 of 10 draws: its 10 % and 90 % quantile, in its unit.

    draws: those that have the figure. moved_by: the input whose rank correlation with it passes
    `needed_correlation`, None where none does; rank_correlation: that input's, -1 to 1.
    """

    p10: float
    p90: float
    draws: int
    moved_by: str | None
    rank_correlation: float | None


def needed_correlation(draws: int, inputs: int) -> float:
    """What a rank correlation must exceed, in size, for an input to be named: 0.6, or more.

    Of many inputs one correlates by chance, the more so the fewer draws there are: the bar is where
    that happens to any of them in one figure of twenty. Fisher's z with the variance
    1.06 / (n - 3) for Spearman's rho (Fieller, Hartley and Pearson 1957). 1: no input can pass.
    """
    if draws <= 3 or inputs < 1:
        return 1.0
    quantile = NormalDist().inv_cdf(1.0 - _CHANCE_FRAC / (2 * inputs))
    return max(LEAST_CORRELATION, math.tanh(quantile * math.sqrt(1.06 / (draws - 3))))


def bands(figures: Mapping[str, Floats], inputs: Mapping[str, Floats]) -> dict[str, Band]:
    """The band of each figure (N,) over N draws of the inputs, each (N,).

    NaN: a draw has no such figure. A figure that fewer than two draws have gets no band.
    """
    found = {}
    for name, values in figures.items():
        known = np.isfinite(values)
        if np.count_nonzero(known) > 1:
            found[name] = _band(values[known], {key: each[known] for key, each in inputs.items()})
    return found


@dataclass(frozen=True)
class Agreement:
    """In how many paired draws a figure is higher, and lower, than under other rules."""

    higher: int
    lower: int
    draws: int

    @property
    def is_told(self) -> bool:
        """Whether a difference may be called one: of enough draws, most have the same sign."""
        most = max(self.higher, self.lower)
        return self.draws >= LEAST_DRAWS and most >= LEAST_AGREEMENT_FRAC * self.draws


def agreement(values: Floats, first: Floats) -> Agreement:
    """How a figure (N,) differs from another run's over the same N draws; NaN: a draw has none."""
    difference = (values - first)[np.isfinite(values) & np.isfinite(first)]
    higher, lower = np.count_nonzero(difference > 0.0), np.count_nonzero(difference < 0.0)
    return Agreement(int(higher), int(lower), difference.size)


def _band(values: Floats, inputs: Mapping[str, Floats]) -> Band:
    low, high = np.quantile(values, (0.1, 0.9)).tolist()
    correlations = {key: spearman(each, values) or 0.0 for key, each in inputs.items()}
    key = max(correlations, key=lambda each: abs(correlations[each]), default=None)
    if key is None or abs(correlations[key]) <= needed_correlation(values.size, len(inputs)):
        return Band(low, high, values.size, moved_by=None, rank_correlation=None)
    return Band(low, high, values.size, moved_by=key, rank_correlation=correlations[key])
