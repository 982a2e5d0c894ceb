"""Measures of how a loss was laid on winners.

Definitions: arXiv 2512.01112 (paper/main_corrected.tex) and its code (src/oss_adl), both
pluriholonomic/autodeleveraging-analysis@aae0be86. Where the two differ, both are here, named apart.
Haircut, equity and endowment are (n,) USD, one row a winner.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def gini(amount: Floats) -> float:
    """Gini coefficient of non-negative amounts (n,): 0 all equal, (n - 1) / n one has all.

    NaN where the amounts sum to 0.
    """
    total, count = float(amount.sum()), len(amount)
    if total <= 0:
        return float("nan")
    places = np.arange(1, count + 1)
    return float(2 * (places @ np.sort(amount)) / (count * total) - (count + 1) / count)


def herfindahl(amount: Floats) -> float:
    """Herfindahl index: the sum of squared shares, 1/n to 1. NaN where the sum is 0."""
    total = float(amount.sum())
    return float(((amount / total) ** 2).sum()) if total > 0 else float("nan")


def top_share(amount: Floats, count: int) -> float:
    """Share of the sum that the `count` largest amounts have. NaN where the sum is 0."""
    total = float(amount.sum())
    return float(np.sort(amount)[::-1][:count].sum()) / total if total > 0 else float("nan")


def max_haircut_frac(haircut_usd: Floats, equity_usd: Floats) -> float:
    """Largest haircut over equity, clipped to [0, 1]; winners without equity are left out."""
    with_equity = equity_usd > 0
    fractions = haircut_usd[with_equity] / equity_usd[with_equity]
    return float(np.clip(fractions, 0.0, 1.0).max(initial=0.0))


def largest_survivor_usd(endowment_usd: Floats, haircut_usd: Floats) -> float:
    """Largest endowment left after haircuts, `max(w - h)`, never below 0."""
    return float(np.maximum(endowment_usd - haircut_usd, 0.0).max(initial=0.0))


def ptsr_paper(survivor_usd: float, deficit_usd: float, severity: float) -> float:
    """Profit-to-solvency ratio as the paper writes it: survivor / (severity * deficit)."""
    return _ratio(survivor_usd, severity * deficit_usd)


def ptsr_code(survivor_usd: float, deficit_usd: float, haircuts_usd: float) -> float:
    """Profit-to-solvency ratio as the paper's code has it: survivor / (deficit - haircuts)."""
    return _ratio(survivor_usd, deficit_usd - haircuts_usd)


def pmr_paper(survivor_usd: float, largest_deficit_usd: float, severity: float) -> float:
    """Profit-to-maximum-loss ratio of the paper: survivor / (severity * largest deficit)."""
    return _ratio(survivor_usd, severity * largest_deficit_usd)


def pmr_code(
    survivor_usd: float, deficit_usd: float, haircuts_usd: float, largest_deficit_usd: float
) -> float:
    """Profit-to-maximum-loss ratio of the code: the largest deficit times the share unpaid."""
    unpaid = min(max(_ratio(deficit_usd - haircuts_usd, deficit_usd), 0.0), 1.0)
    return _ratio(survivor_usd, unpaid * largest_deficit_usd)


def _ratio(numerator: float, denominator: float) -> float:
    return numerator / denominator if denominator > 0 else float("nan")


def rd_nse(ptsr: float) -> float:
    """The code's bounded form of the ratio: `ptsr / (1 + ptsr)`."""
    return ptsr / (1 + ptsr)


def severity(budget_usd: float, deficit_usd: float) -> float:
    """Share of the deficit that a budget raises, at most 1; 0 without a deficit."""
    return min(1.0, budget_usd / deficit_usd) if deficit_usd > 0 else 0.0


def overshoot_usd(haircuts_usd: float, needed_usd: float) -> float:
    """What winners lost beyond what was needed; signed."""
    return haircuts_usd - needed_usd


def overshoot_regret_usd(budget_usd: float, needed_usd: float) -> float:
    """Distance of what a policy raised from what was needed."""
    return abs(budget_usd - needed_usd)


def fairness_regret_usd(max_frac: float, best_max_frac: float, needed_usd: float) -> float:
    """Distance of a policy's largest haircut fraction from the least possible, times the need."""
    return abs(max_frac - best_max_frac) * needed_usd
