"""Haircuts of winners: the allocations that are not rules of `engine.sharing`, and outcomes."""

from dataclasses import dataclass

import numpy as np

from crashsim.engine.arrays import Floats


@dataclass(frozen=True)
class Haircut:
    """What a vector of haircut fractions does to a book; arrays (n,)."""

    seized_usd: Floats
    equity_after_usd: Floats
    deficit_usd: float
    severity: float


def apply_haircut(cash_usd: Floats, pnl_usd: Floats, fraction: Floats) -> Haircut:
    """Seize fractions of positive profit; cash is never touched. All arrays (n,).

    deficit: sum of negative equity before; severity: seized over deficit.
    Source: arXiv 2512.01112, paper/main_corrected.tex @aae0be86
    """
    equity = cash_usd + pnl_usd
    seized = fraction * np.maximum(pnl_usd, 0.0)
    deficit = float(np.maximum(-equity, 0.0).sum())
    severity = float(seized.sum()) / deficit if deficit > 0 else 0.0
    return Haircut(seized, equity - seized, deficit, severity)


def rd_nse(ptsr: float) -> float:
    """The paper's code's bounded form of PTSR: `ptsr / (1 + ptsr)`.

    Source: pluriholonomic/autodeleveraging-analysis@aae0be86 src/oss_adl
    """
    return ptsr / (1 + ptsr)


def rd_nse_of(survivor_usd: float, deficit_usd: float, haircuts_usd: float) -> float:
    """The same of what it is made of, as it is printed where more is raised than is owed (> 1)."""
    return survivor_usd / (survivor_usd + deficit_usd - haircuts_usd)


def overshoot_regret_usd(budget_usd: float, needed_usd: float) -> float:
    """Distance of what a policy raised from what was needed. Source: arXiv 2512.01112."""
    return abs(budget_usd - needed_usd)


def fairness_regret_usd(max_frac: float, best_max_frac: float, needed_usd: float) -> float:
    """Distance of a policy's largest haircut fraction from the least possible, times the need.

    Source: arXiv 2512.01112.
    """
    return abs(max_frac - best_max_frac) * needed_usd
