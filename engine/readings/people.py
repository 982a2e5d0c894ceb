"""Who was deleveraged, who ended in debt, and how large they were."""

from collections.abc import Sequence

import polars as pl
from polars import selectors as cs

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
    """The band of BANDS in which an amount lies."""
    return band_of(amount, BAND_ENDS_USD, BANDS).cast(pl.Enum(BANDS))


def band_of(amount: pl.Expr, ends: Sequence[float], names: Sequence[str]) -> pl.Expr:
    """The name of the band in which an amount lies; a band begins at the end of the one before."""
    found = pl.lit(names[-1])
    for end, name in reversed(list(zip(ends, names, strict=False))):
        found = pl.when(amount < end).then(pl.lit(name)).otherwise(found)
    return found


def hit_accounts(tables: Tables) -> pl.DataFrame:
    """The deleveraged and those in debt at some time, with their band; deepest in debt first."""
    hit = tables["accounts"].filter(
        pl.col("was_deleveraged") | pl.col("was_in_debt") | (pl.col("deposits_to_debt_usd") > 0)
    )
    hit = hit.with_columns(band=band(pl.col("equity_start")))
    order = ["debt_peak_usd", "adl_notional_usd", "account"]
    return hit.sort(order, descending=[True, True, False]).select(_SHOWN)


def in_cents(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with its dollars (and every other fraction) rounded to hundredths."""
    return frame.with_columns(cs.float().round(2))


def hardest_hit(tables: Tables) -> pl.DataFrame:
    """The deleveraged, by cost: account, position, adl_fills, adl_notional_usd, adl_cost_usd.

    position: side and market of the largest part that was closed, and how many more there are.
    """
    order = ["adl_cost_usd", "adl_notional_usd", "account"]
    hit = tables["accounts"].filter(pl.col("was_deleveraged"))
    hit = hit.sort(order, descending=[True, True, False])
    closed = _positions_closed(tables["adl_fills"])
    hit = hit.join(closed, left_on="account", right_on="winner", how="left", maintain_order="left")
    return hit.select("account", "position", "adl_fills", "adl_notional_usd", "adl_cost_usd")


def _positions_closed(fills: pl.DataFrame) -> pl.DataFrame:
    parts = (
        rows_by(fills, "winner", "side", "market")
        .agg(usd=(pl.col("size") * pl.col("mark_price")).sum())
        .sort(["winner", "usd", "market", "side"], descending=[False, True, False, False])
    )
    more = pl.when(pl.len() > 1).then(pl.format(" +{}", pl.len() - 1)).otherwise(pl.lit(""))
    first = pl.format("{} {}", pl.col("side").first(), pl.col("market").first())
    return parts.group_by("winner", maintain_order=True).agg(position=pl.concat_str(first, more))


_OWED = ("account", "debt_peak_usd", "deposits_usd", "deposits_to_debt_usd", "debt_end")


def debtors(tables: Tables) -> pl.DataFrame:
    """The accounts that were in debt, the deepest first: columns of _OWED."""
    return _owing(tables["accounts"].filter(pl.col("was_in_debt")), "debt_peak_usd")


def depositors(tables: Tables) -> pl.DataFrame:
    """The accounts whose deposits went to debts, the most first: columns of _OWED."""
    swallowed = tables["accounts"].filter(pl.col("deposits_to_debt_usd") > 0)
    return _owing(swallowed, "deposits_to_debt_usd")


def _owing(accounts: pl.DataFrame, by: str) -> pl.DataFrame:
    return accounts.sort([by, "account"], descending=[True, False]).select(_OWED)


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
