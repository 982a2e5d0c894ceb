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
