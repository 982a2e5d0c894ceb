"""Who was deleveraged, how much, and how unequally."""

import polars as pl

from crashsim.engine.arrays import Floats, rows_by
from crashsim.engine.measure.concentration import concentration_metrics
from crashsim.engine.measure.metric import Metric, Replayed, accounts_count

_NOTIONAL = pl.col("size") * pl.col("mark_price")
_LOSER_SIDE = pl.when(pl.col("side") == "long").then(-1.0).otherwise(1.0)


def needed_usd(run: Replayed) -> float:
    """What ADL prices moved from winners to losers against mark (docs/semantics.md, section 7)."""
    moved = _LOSER_SIDE * (pl.col("price") - pl.col("mark_price")) * pl.col("size")
    return float(run.outcome.adl_fills.select(moved.clip(lower_bound=0.0).sum()).item())


def _capacity_by_market(run: Replayed) -> pl.DataFrame:
    """market, closed_usd, held_usd.

    Candidates of successive steps overlap, so what they held is the largest, over the steps, of
    the capacity then plus what had been closed before.
    """
    closed = rows_by(run.outcome.adl_fills, "market", "step").agg(closed=_NOTIONAL.sum())
    held = rows_by(run.outcome.adl_capacity, "market", "step").agg(pl.col("capacity_usd").sum())
    steps = held.join(closed, on=("market", "step"), how="left").sort("market", "step")
    steps = steps.with_columns(pl.col("closed").fill_null(0.0))
    before = pl.col("closed").cum_sum().over("market") - pl.col("closed")
    by_market = rows_by(steps.with_columns(reach=pl.col("capacity_usd") + before), "market").agg(
        closed_usd=pl.col("closed").sum(), held_usd=pl.col("reach").max()
    )
    return by_market.filter(pl.col("held_usd") > 0)


def _capacity_used(run: Replayed) -> float | None:
    markets = _capacity_by_market(run)
    if markets.is_empty():
        return None
    closed_usd, held_usd = markets.select("closed_usd", "held_usd").sum().row(0)
    return float(closed_usd / held_usd)


def _capacity_used_by_market(run: Replayed) -> dict[str, float]:
    markets = _capacity_by_market(run)
    used = markets["closed_usd"] / markets["held_usd"]
    return dict(zip(markets["market"], used, strict=True))


def _burdens(run: Replayed) -> Floats:
    deleveraged = run.outcome.accounts.filter(pl.col("was_deleveraged"))
    return deleveraged["adl_notional_usd"].to_numpy()


def hedges_broken(run: Replayed) -> int:
    """Accounts liquidated, at the step of an ADL fill or later, on the side ADL had not closed.

    ADL that closes a short leaves the longs it hedged; a liquidation of a long is a `sell`.
    """
    first_adl = run.outcome.adl_fills.group_by("winner", "side").agg(pl.col("step").min())
    unhedged = first_adl.with_columns(
        closing=pl.when(pl.col("side") == "short").then(pl.lit("sell")).otherwise(pl.lit("buy"))
    )
    closings = run.outcome.liquidations.filter(pl.col("stage") != "unwind")
    hit = closings.join(
        unhedged, left_on=("account", "side"), right_on=("winner", "closing"), suffix="_adl"
    ).filter(pl.col("step") >= pl.col("step_adl"))
    return hit["account"].n_unique()


METRICS = (
    Metric(
        "adl_accounts",
        "accounts",
        "Accounts that were the winner of an auto-deleveraging fill.",
        accounts_count("was_deleveraged"),
    ),
    Metric(
        "adl_notional_usd",
        "USD",
        "Notional of winners closed by auto-deleveraging (one side of each fill).",
        lambda run: float(run.outcome.adl_fills.select(_NOTIONAL.sum()).item()),
    ),
    Metric(
        "adl_fills",
        "fills",
        "Auto-deleveraging fills.",
        lambda run: run.outcome.adl_fills.height,
    ),
    Metric(
        "adl_cost_usd",
        "USD",
        "What winners lost against mark in auto-deleveraging fills.",
        lambda run: float(run.outcome.adl_fills["cost_usd"].sum()),
        sign="positive: winners lost; negative: winners gained",
        price_source="price of the fill against the mark of the step",
    ),
    Metric(
        "needed_usd",
        "USD",
        "What auto-deleveraging prices moved from winners to losers: the sum over fills of "
        "max(0, side of the loser x (price - mark)) x size.",
        needed_usd,
        price_source="price of the fill against the mark of the step",
    ),
    Metric(
        "deficit_usd",
        "USD",
        "Negative equity of bankrupt units when their auto-deleveraging began.",
        lambda run: run.outcome.deficit_usd,
    ),
    Metric(
        "winner_capacity_used_frac",
        "fraction",
        "Closed by auto-deleveraging over what candidates held in the markets that needed it; "
        "near 1, rankings cannot differ.",
        _capacity_used,
        sign="0 to 1; larger: more of all winners were closed",
    ),
    Metric(
        "winner_capacity_used_frac_by_market",
        "fraction",
        "winner_capacity_used_frac of each market that needed auto-deleveraging.",
        _capacity_used_by_market,
        sign="0 to 1; larger: more of all winners were closed",
    ),
    *concentration_metrics("adl", "auto-deleveraged notional", _burdens),
    Metric(
        "hedges_broken",
        "accounts",
        "Accounts with a position liquidated at or after the step at which auto-deleveraging "
        "closed a position of theirs on the other side.",
        hedges_broken,
    ),
)
