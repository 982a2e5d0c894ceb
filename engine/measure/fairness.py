"""Measures of how a loss was laid on winners.

Definitions: arXiv 2512.01112 (paper/main_corrected.tex) and its code (src/oss_adl), both
pluriholonomic/autodeleveraging-analysis@aae0be86. Where the two differ, both are here, named apart.
Haircut, equity and endowment are (n,) USD, one row a winner. How unequally haircuts fall is in
`engine.measure.inequality`.
"""

import numpy as np

from crashsim.engine.arrays import Floats


def max_haircut_frac(haircut_usd: Floats, equity_usd: Floats) -> float:
    """Largest haircut over equity, clipped to [0, 1]; winners without equity are left out."""
    with_equity = equity_usd > 0
    fractions = haircut_usd[with_equity] / equity_usd[with_equity]
    return float(np.clip(fractions, 0.0, 1.0).max(initial=0.0))


def largest_survivor_usd(endowment_usd: Floats, haircut_usd: Floats) -> float:
    """Largest endowment left after haircuts, `max(w - h)`, never below 0."""
    return float(np.maximum(endowment_usd - haircut_usd, 0.0).max(initial=0.0))


def ptsr_paper(survivor_usd: float, deficit_usd: float, severity: float) -> float | None:
    """PTSR as the paper defines it: survivor / (severity * deficit). None where that is 0."""
    return _ratio(survivor_usd, severity * deficit_usd)


def ptsr_code(survivor_usd: float, deficit_usd: float, haircuts_usd: float) -> float | None:
    """PTSR as the paper's code has it: survivor / (deficit - haircuts). None where all is paid."""
    return _ratio(survivor_usd, unpaid_usd(deficit_usd, haircuts_usd))


def pmr_paper(survivor_usd: float, largest_deficit_usd: float, severity: float) -> float | None:
    """PMR as the paper defines it: survivor / (severity * largest deficit). None where that is 0.

    largest_deficit_usd: of a single account.
    """
    return _ratio(survivor_usd, severity * largest_deficit_usd)


def pmr_code(
    survivor_usd: float, deficit_usd: float, haircuts_usd: float, largest_deficit_usd: float
) -> float | None:
    """PMR as the paper's code has it: survivor / (unpaid share of deficit * largest deficit)."""
    if deficit_usd <= 0:
        return None
    unpaid = unpaid_usd(deficit_usd, haircuts_usd) / deficit_usd
    return _ratio(survivor_usd, unpaid * largest_deficit_usd)


def unpaid_usd(deficit_usd: float, haircuts_usd: float) -> float:
    """What haircuts leave of a deficit, never below 0; a billionth of it is rounding, and 0."""
    left_usd = deficit_usd - haircuts_usd
    return left_usd if left_usd > 1e-9 * deficit_usd else 0.0


def _ratio(numerator: float, denominator: float) -> float | None:
    return numerator / denominator if denominator > 0 else None


def severity(budget_usd: float, deficit_usd: float) -> float:
    """Share of the deficit that a budget raises, at most 1; 0 without a deficit."""
    return min(1.0, budget_usd / deficit_usd) if deficit_usd > 0 else 0.0


def overshoot_usd(haircuts_usd: float, needed_usd: float) -> float:
    """What winners lost beyond what was needed; signed."""
    return haircuts_usd - needed_usd
