"""How deep insurance funds and vaults fell."""

import polars as pl

from crashsim.data.clock import utc_text
from crashsim.engine.arrays import rows_by
from crashsim.engine.measure.metric import Metric, Replayed


def _low(run: Replayed) -> tuple[float | None, str | None]:
    """The lowest equity of all absorbers together, USD, and when it was first reached."""
    total = rows_by(run.outcome.absorbers, "step", "time").agg(pl.col("equity_usd").sum())
    if total.is_empty():
        return None, None
    row = int(total["equity_usd"].to_numpy().argmin())
    return float(total["equity_usd"][row]), utc_text(int(total["time"].to_physical()[row]))


def _low_by_absorber(run: Replayed) -> dict[str, float]:
    lows = (
        run.outcome.absorbers.group_by("absorber").agg(pl.col("equity_usd").min()).sort("absorber")
    )
    return dict(lows.iter_rows())


def _first_refusal_at(run: Replayed) -> str | None:
    times = [refusal.time_ms for refusal in run.outcome.first_refusals]
    return utc_text(min(times)) if times else None


def _underwater_usd(run: Replayed) -> float:
    frame = run.outcome.absorbers
    last = frame.filter(pl.col("step") == pl.col("step").max())
    return 0.0 - float(last["equity_usd"].clip(upper_bound=0.0).sum())


METRICS = (
    Metric(
        "absorber_low_usd",
        "USD",
        "Lowest equity of all absorbers (insurance fund, vault) together after any step.",
        lambda run: _low(run)[0],
        sign="smaller is worse; negative: they owe more than they have",
    ),
    Metric(
        "absorber_low_at",
        "UTC",
        "Time of absorber_low_usd, the first where it was reached more than once.",
        lambda run: _low(run)[1],
        sign="",
    ),
    Metric(
        "absorber_low_usd_by_absorber",
        "USD",
        "Lowest equity of each absorber after any step.",
        _low_by_absorber,
        sign="smaller is worse; negative: it owes more than it has",
    ),
    Metric(
        "absorber_first_refusal_at",
        "UTC",
        "Time of the first takeover that an absorber refused for lack of funds.",
        _first_refusal_at,
        sign="",
    ),
    Metric(
        "absorber_underwater_usd",
        "USD",
        "Negative equity of absorbers after the last step, as a positive number.",
        _underwater_usd,
        horizon="end of the run",
        price_source="last mark",
    ),
)
