"""How unequally a burden lies on those who bear it: Lorenz curves."""

import numpy as np
import polars as pl

from crashsim.engine.measure import inequality
from crashsim.engine.readings import Tables

MOST_POINTS = 120
LEAST_USD = 0.01  # less is no burden, as it is no debt

# What is borne, and the column of `accounts` that says how much.
BURDENS = {
    "positions closed by auto-deleveraging": "adl_notional_usd",
    "cost of auto-deleveraging against mark": "adl_cost_usd",
    "losses of others, shared": "loss_share_usd",
    "debt at its peak": "debt_peak_usd",
}


def lorenz(tables: Tables) -> pl.DataFrame:
    """burden, accounts_frac, amount_frac: Lorenz curves among those who bear any, smallest first.

    Each curve begins at (0, 0), ends at (1, 1) and has at most MOST_POINTS points. A burden that
    nobody bears has none.
    """
    curves = [_curve(name, _borne(tables, column)) for name, column in BURDENS.items()]
    return pl.concat(curves)


def concentration(tables: Tables) -> pl.DataFrame:
    """burden, accounts, total_usd, gini, top_10_frac: one row a burden that somebody bears."""
    rows = []
    for name, column in BURDENS.items():
        borne = _borne(tables, column)
        if borne.size:
            total, gini = float(borne.sum()), inequality.gini(borne)
            rows.append((name, borne.size, total, gini, inequality.top_share(borne, 10)))
    schema = {
        "burden": pl.String(),
        "accounts": pl.Int64(),
        "total_usd": pl.Float64(),
        "gini": pl.Float64(),
        "top_10_frac": pl.Float64(),
    }
    return pl.DataFrame(rows, schema=schema, orient="row")


def _borne(tables: Tables, column: str) -> np.ndarray:
    amounts = tables["accounts"].filter(pl.col(column) >= LEAST_USD)[column].to_numpy()
    return np.sort(amounts)


def _curve(name: str, borne: np.ndarray) -> pl.DataFrame:
    places = np.zeros(0, dtype=np.intp)
    if borne.size:
        places = np.unique(np.linspace(0, borne.size, MOST_POINTS).round().astype(np.intp))
    running = np.concatenate(([0.0], np.cumsum(borne)))
    total = running[-1] or 1.0
    return pl.DataFrame(
        {
            "burden": pl.Series([name] * places.size, dtype=pl.String),
            "accounts_frac": places / max(borne.size, 1),
            "amount_frac": running[places] / total,
        }
    )
