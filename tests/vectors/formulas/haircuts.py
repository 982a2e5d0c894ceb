"""Haircuts of winners: the allocations that are not rules of `engine.sharing`, and outcomes."""

import math
from dataclasses import dataclass

import numpy as np

from crashsim.engine.arrays import Floats


def contracts_pro_rata(contracts: Floats, required: float) -> Floats:
    """Whole contracts (n,) closed in proportion: floors, then one each by largest remainder.

    The number required is rounded up; ties go by row. One pass, so where caps bind the total may
    stay below it. contracts: (n,) open, of which whole ones can be closed.
    Source: pluriholonomic/autodeleveraging-analysis@aae0be86 src/oss_adl/adl_contract_pro_rata.py
    """
    whole = np.floor(contracts)
    if whole.sum() <= 0:
        return np.zeros_like(contracts)
    ideal: Floats = math.ceil(required) * contracts / contracts.sum()
    closed: Floats = np.minimum(np.floor(ideal), whole)
    by_remainder = np.argsort(np.floor(ideal) - ideal, kind="stable")
    open_rows = by_remainder[closed[by_remainder] < whole[by_remainder]]
    closed[open_rows[: math.ceil(required) - int(closed.sum())]] += 1
    return closed


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
