"""Scores that rank the candidates of auto-deleveraging (docs/semantics.md, section 6)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import polars as pl

from crashsim.engine.adl.presets import PRESETS
from crashsim.engine.arrays import Floats
from crashsim.engine.errors import PolicyError, did_you_mean

COLUMNS: Mapping[str, str] = {
    "side": "+1 for a long, -1 for a short",
    "size": "signed size, in base units",
    "notional": "|size| * mark, USD",
    "entry_price": "average entry price, USD per base unit",
    "mark_price": "mark of the step, USD per base unit",
    "bankruptcy_price": "takes the position's share of its unit's equity, USD per base unit",
    "upnl": "unrealised profit of the position, USD",
    "pnl_frac": "upnl / (|size| * entry)",
    "equity": "equity of the unit, USD",
    "cash": "cash of the unit, USD",
    "mm": "maintenance margin of the unit, USD",
    "margin_ratio": "mm / equity",
    "unit_notional": "sum of the unit's notionals, USD",
    "leverage": "unit_notional / equity",
    "position_leverage": "notional / equity",
    "unit_upnl": "sum of the unit's upnl, USD",
    "opened_at": "milliseconds since 1970 UTC; NaN where not known",
    "seeded_place": "place in the market's list of unit ids, from 0, counted from a seeded start",
    "rand": "uniform in [0, 1), from seed, step, account and market",
}

# Four made-up candidates, no two alike, on which a new expression is tried before any replay.
PROBE_ROWS = 4
PROBE: Mapping[str, Floats] = {
    name: np.array([1.25, -0.5, 3.0, -2.0]) * (1.0 + 0.125 * place)
    for place, name in enumerate(COLUMNS)
}


class Score(Protocol):
    """What ranks candidates. `columns` are those of COLUMNS it reads, never empty."""

    @property
    def columns(self) -> frozenset[str]:
        """Names of the columns it is given."""
        ...

    def evaluate(self, columns: Mapping[str, Floats]) -> Floats:
        """Scores (n,) of candidates given by columns (n,) each; the highest goes first."""
        ...


def reads_one_row(score: Score) -> bool:
    """Whether each probe's score is the same without the others."""
    alone = [
        score.evaluate({name: values[row : row + 1] for name, values in PROBE.items()})
        for row in range(PROBE_ROWS)
    ]
    return np.allclose(score.evaluate(PROBE), np.concatenate(alone), rtol=1e-12, atol=0.0)


@dataclass(frozen=True, eq=False)  # Polars overloads == on expressions
class ExpressionScore:
    """A compiled SQL expression."""

    text: str
    columns: frozenset[str]
    expression: pl.Expr

    def evaluate(self, columns: Mapping[str, Floats]) -> Floats:
        """Score every candidate; the highest is deleveraged first.

        columns: at least `self.columns`, each (n,) float64; others are ignored.
        Returns (n,) float64, a new array. An undefined score (null or NaN, as 0/0 or an unknown
        opened_at) is -inf: such candidates come last, and ties go by unit id.
        """
        frame = pl.DataFrame([pl.Series(name, columns[name]) for name in self.columns])
        scored = frame.select(self.expression).to_series()
        values = np.array(scored.to_numpy(), dtype=np.float64)  # null arrives as NaN
        if len(values) != frame.height:  # a constant expression gives one row
            values = np.full(frame.height, values[0])
        values[np.isnan(values)] = -np.inf
        return values


def compile_score(text: str) -> ExpressionScore:
    """Compile a preset's name or an SQL expression over COLUMNS.

    A preset's name is looked up first: `size` is the preset (notional), not the column.

    Raises PolicyError for a syntax error, an unknown column, a result that is not a number, and
    an expression whose value for one candidate depends on the other candidates.
    """
    expression = _parse(PRESETS[text].expression if text in PRESETS else text)
    roots = frozenset(expression.meta.root_names())
    if unknown := sorted(roots - COLUMNS.keys()):
        meant = did_you_mean(unknown[0], [*PRESETS, *COLUMNS])
        raise PolicyError(
            f"Score '{text}': unknown column {', '.join(unknown)}{meant}. {_allowed()}"
        )
    # A constant reads no column, but needs one to know how many candidates there are.
    score = ExpressionScore(text, roots or frozenset({"notional"}), expression)
    _try_out(score)
    return score


def _allowed() -> str:
    return (
        f"Presets: {', '.join(PRESETS)}. Columns: {', '.join(COLUMNS)}. The larger and the "
        "smaller of two values are GREATEST(a, b) and LEAST(a, b)."
    )


def _reason(error: Exception) -> str:
    # Polars adds its internal plan below the first line.
    return str(error).partition("\n")[0]


def _parse(text: str) -> pl.Expr:
    try:
        return pl.sql_expr(text)
    except pl.exceptions.PolarsError as error:
        raise PolicyError(
            f"Score '{text}' is not an SQL expression: {_reason(error)}. {_allowed()}"
        ) from None


def _try_out(score: ExpressionScore) -> None:
    """Raise PolicyError unless the score gives one number a row, from that row alone."""
    frame = pl.DataFrame({name: PROBE[name] for name in sorted(score.columns)})
    try:
        result = frame.select(score.expression)
    except pl.exceptions.PolarsError as error:
        raise PolicyError(
            f"Score '{score.text}' cannot be computed: {_reason(error)}. {_allowed()}"
        ) from None
    dtype = result.dtypes[0] if result.width == 1 else None
    if dtype is None or not (dtype.is_numeric() or dtype == pl.Boolean):
        raise PolicyError(f"Score '{score.text}' is not one number a candidate. {_allowed()}")
    if not reads_one_row(score):
        raise PolicyError(
            f"Score '{score.text}' compares a candidate with the others (an aggregate or a rank). "
            "A score must follow from the candidate's own row; ranking comes after it."
        )
