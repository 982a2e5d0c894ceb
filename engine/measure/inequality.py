"""How unequally an amount falls on those who bear it."""

import numpy as np

from crashsim.engine.arrays import Floats, first_places


def gini(amounts: Floats) -> float | None:
    """Gini index of amounts of shape (n,), all >= 0; None where their sum is 0.

    Half of the mean absolute difference over the mean, each pair counted both ways: 0 when all
    bear the same, (n - 1) / n when one bears everything.
    """
    total = amounts.sum()
    if total <= 0:
        return None
    n = amounts.size
    places = np.arange(1, n + 1)
    return float(((2 * places - n - 1) * np.sort(amounts)).sum() / (n * total))


def top_share(amounts: Floats, count: int) -> float | None:
    """Share of the `count` largest in the sum of amounts of shape (n,); None where the sum is 0."""
    total = amounts.sum()
    if total <= 0:
        return None
    largest = amounts[first_places(-amounts, count)[:count]]
    return float(largest.sum() / total)


def herfindahl(amounts: Floats) -> float | None:
    """Herfindahl index, the sum of squared shares, of amounts of shape (n,); None for a sum of 0.

    Between 1 / n (all equal) and 1 (one bears everything).
    """
    total = amounts.sum()
    if total <= 0:
        return None
    return float(((amounts / total) ** 2).sum())
