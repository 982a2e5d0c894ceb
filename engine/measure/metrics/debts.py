"""Who ended in debt, and who bore what."""

import polars as pl

from crashsim.engine.measure.metric import Metric, Replayed, accounts_count, accounts_sum


def _debt_usd(run: Replayed) -> float:
    return float(run.outcome.accounts.filter(pl.col("ended_in_debt"))["debt_end"].sum())


def _underwater_usd(run: Replayed) -> float:
    underwater = run.outcome.accounts.filter(pl.col("ended_underwater"))
    return 0.0 - float(underwater["equity_end"].sum())


def _funding_paid_usd(run: Replayed) -> float:
    return float((-run.outcome.accounts["funding_usd"]).clip(lower_bound=0.0).sum())


METRICS = (
    Metric(
        "debt_accounts",
        "accounts",
        "Accounts that owe the venue $0.01 or more after the last step.",
        accounts_count("ended_in_debt"),
        horizon="end of the run",
    ),
    Metric(
        "debt_usd", "USD", "Their debt after the last step.", _debt_usd, horizon="end of the run"
    ),
    Metric(
        "was_in_debt_accounts",
        "accounts",
        "Accounts that owed the venue $0.01 or more after some step.",
        accounts_count("was_in_debt"),
    ),
    Metric(
        "debt_peak_usd",
        "USD",
        "Largest debt of all accounts together after any step.",
        lambda run: float(run.outcome.timeline["debt_usd"].to_numpy().max()),
    ),
    Metric(
        "deposits_to_debt_accounts",
        "accounts",
        "Accounts of whose deposits some part repaid debt.",
        lambda run: int((run.outcome.accounts["deposits_to_debt_usd"] > 0).sum()),
    ),
    Metric(
        "deposits_to_debt_usd",
        "USD",
        "Part of the deposits that repaid debt instead of becoming cash.",
        accounts_sum("deposits_to_debt_usd"),
    ),
    Metric(
        "deposits_usd",
        "USD",
        "Deposits of all accounts.",
        accounts_sum("deposits_usd"),
        sign="never negative",
        inputs=("flows",),
    ),
    Metric(
        "funding_paid_usd",
        "USD",
        "Funding paid, net over the run, by the accounts that paid more than they received.",
        _funding_paid_usd,
        sign="never negative",
        inputs=("prices", "book", "venue"),
    ),
    Metric(
        "withdrawals_refused_usd",
        "USD",
        "Withdrawals that were asked for and refused.",
        accounts_sum("withdrawals_refused_usd"),
    ),
    Metric(
        "underwater_accounts",
        "accounts",
        "Accounts with negative equity and open positions after the last step.",
        accounts_count("ended_underwater"),
        horizon="end of the run",
        price_source="last mark",
    ),
    Metric(
        "underwater_usd",
        "USD",
        "Their negative equity, as a positive number.",
        _underwater_usd,
        horizon="end of the run",
        price_source="last mark",
    ),
    Metric(
        "shortfall_usd",
        "USD",
        "Negative cash left when the last position of a unit was closed, before anyone paid.",
        lambda run: float(run.outcome.shortfalls["shortfall_usd"].sum()),
    ),
    Metric(
        "platform_loss_usd",
        "USD",
        "Shortfalls written off: borne by the platform.",
        lambda run: float(run.outcome.shortfalls["written_off_usd"].sum()),
    ),
    Metric(
        "platform_receivable_usd",
        "USD",
        "Debt that accounts still owe the platform: carried, not lost.",
        accounts_sum("debt_end"),
        horizon="end of the run",
    ),
    Metric(
        "shared_usd",
        "USD",
        "Shortfalls charged to other accounts.",
        lambda run: float(run.outcome.loss_shares["amount_usd"].sum()),
    ),
)
