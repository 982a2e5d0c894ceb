"""Who was deleveraged, who ended in debt, and how large they were."""

import polars as pl

from crashsim.engine.arrays import rows_by
from crashsim.engine.readings import Tables

# Upper ends of the bands of opening equity, USD; the last band is open.
BAND_ENDS_USD = (1e3, 1e4, 1e5, 1e6)
BANDS = ("under $1k", "$1k to $10k", "$10k to $100k", "$100k to $1m", "$1m and more")

_SHOWN = (
    "account",
    "band",
    "equity_start",
    "equity_end",
    "liquidated_notional_usd",
    "adl_notional_usd",
    "adl_fills",
    "adl_cost_usd",
    "debt_peak_usd",
    "debt_end",
    "deposits_usd",
    "deposits_to_debt_usd",
    "was_liquidated",
    "was_deleveraged",
    "was_in_debt",
    "ended_in_debt",
)


def band(amount: pl.Expr) -> pl.Expr:
    """The band of BANDS in which an amount lies; a band begins at the end of the one before."""
    found = pl.lit(BANDS[-1])
    for end, name in reversed(list(zip(BAND_ENDS_USD, BANDS, strict=False))):
        found = pl.when(amount < end).then(pl.lit(name)).otherwise(found)
    return found.cast(pl.Enum(BANDS))


def hit_accounts(tables: Tables) -> pl.DataFrame:
    """The deleveraged and those in debt at some time, with their band; deepest in debt first."""
    hit = tables["accounts"].filter(
        pl.col("was_deleveraged") | pl.col("was_in_debt") | (pl.col("deposits_to_debt_usd") > 0)
    )
    hit = hit.with_columns(band=band(pl.col("equity_start")))
    order = ["debt_peak_usd", "adl_notional_usd", "account"]
    return hit.sort(order, descending=[True, True, False]).select(_SHOWN)


def by_band(tables: Tables) -> pl.DataFrame:
    """One row a band of opening equity, with all bands.

    band, accounts, liquidated_accounts, deleveraged_accounts, in_debt_accounts (at some time),
    ended_in_debt_accounts, and adl_usd, debt_peak_usd, debt_end_usd, deposits_to_debt_usd.
    """
    every = pl.DataFrame({"band": BANDS}, schema={"band": pl.Enum(BANDS)})
    found = rows_by(tables["accounts"].with_columns(band=band(pl.col("equity_start"))), "band").agg(
        accounts=pl.len().cast(pl.Int64),
        liquidated_accounts=_count("was_liquidated"),
        deleveraged_accounts=_count("was_deleveraged"),
        in_debt_accounts=_count("was_in_debt"),
        ended_in_debt_accounts=_count("ended_in_debt"),
        adl_usd=pl.col("adl_notional_usd").sum(),
        debt_peak_usd=pl.col("debt_peak_usd").sum(),
        debt_end_usd=pl.col("debt_end").sum(),
        deposits_to_debt_usd=pl.col("deposits_to_debt_usd").sum(),
    )
    return every.join(found, on="band", how="left").fill_null(0).sort("band")


def _count(flag: str) -> pl.Expr:
    return pl.col(flag).sum().cast(pl.Int64)
