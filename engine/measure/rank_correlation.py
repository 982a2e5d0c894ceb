"""Whether those who have more of one thing have more of another."""

import numpy as np

from crashsim.engine.arrays import Floats


def spearman(left: Floats, right: Floats) -> float | None:
    """Spearman's rank correlation of two amounts (n,): -1 to 1, ties sharing their mean rank.

    None for fewer than two rows, or where either amount is the same for all.
    """
    if left.size < 2:
        return None
    one, other = _ranks(left), _ranks(right)
    one, other = one - one.mean(), other - other.mean()
    scale = float(np.sqrt((one * one).sum() * (other * other).sum()))
    return float((one * other).sum() / scale) if scale > 0.0 else None


def _ranks(values: Floats) -> Floats:
    """Ranks from 0, (n,); equal values have the mean of their places."""
    _, group, count = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(count) - 1
    means: Floats = (last - (count - 1) / 2)[group]
    return means
