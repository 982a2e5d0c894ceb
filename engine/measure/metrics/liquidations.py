"""What was closed by the book and by absorbers."""

import polars as pl

from crashsim.engine.measure.metric import Metric, Replayed, accounts_count, accounts_sum


def _closed_usd(run: Replayed, stage: str) -> float:
    fills = run.outcome.liquidations.filter(pl.col("stage") == stage)
    return float((fills["size"] * fills["mark_price"]).sum())


def _stage_accounts(run: Replayed, stage: str) -> int:
    return run.outcome.liquidations.filter(pl.col("stage") == stage)["account"].n_unique()


METRICS = (
    Metric(
        "liquidated_accounts",
        "accounts",
        "Accounts of which the book or a takeover closed a position.",
        accounts_count("was_liquidated"),
    ),
    Metric(
        "liquidated_notional_usd",
        "USD",
        "Notional closed from accounts by the book and by takeovers.",
        accounts_sum("liquidated_notional_usd"),
    ),
    Metric(
        "book_accounts",
        "accounts",
        "Accounts with a liquidation fill on the order book.",
        lambda run: _stage_accounts(run, "book"),
    ),
    Metric(
        "book_liquidated_usd",
        "USD",
        "Part of liquidated_notional_usd that was closed on the order book.",
        lambda run: _closed_usd(run, "book"),
    ),
    Metric(
        "taken_over_accounts",
        "accounts",
        "Accounts of which an absorber took over the positions.",
        lambda run: _stage_accounts(run, "takeover"),
    ),
    Metric(
        "taken_over_usd",
        "USD",
        "Part of liquidated_notional_usd that absorbers took over.",
        lambda run: _closed_usd(run, "takeover"),
    ),
    Metric(
        "liquidation_fees_usd",
        "USD",
        "Liquidation fees paid by accounts.",
        accounts_sum("fees_usd"),
        price_source="price of the fill",
    ),
)
