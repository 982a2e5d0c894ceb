"""What the first marks make of a book: who is bankrupt, about to be liquidated, or too rich."""

from collections.abc import Collection

import polars as pl

from crashsim.engine.arrays import rows_by
from crashsim.engine.readings import Frame, Tables

_SHOWN = 4
_LARGE = " (sizes in contracts, or entries in another multiple of the coin?)"
_SMALL = " (cash in cents, or sizes in contracts of more than a coin?)"


def doubts(tables: Tables, typed: Collection[str] | None) -> tuple[str, ...]:
    """Sentences on accounts that a book hardly has unless a unit in it is mistaken.

    A unit (the cross positions of an account, or one isolated position) is bankrupt with an equity
    of 0 or less at the first marks, below zero with less and no position, and below maintenance
    with an equity under its maintenance margin.
    An account is too rich whose equity is more than the open interest of all the markets it is in.
    typed: the accounts that somebody wrote, None for all; of them alone it is told that they are
    too rich, and what may be mistaken.
    """
    units = tables["units"]
    held, equity = pl.col("notional_start_usd") > 0, pl.col("equity_start_usd")
    bankrupt, broke = held & (equity <= 0), ~held & (equity < 0)
    below = held & (equity > 0) & (equity < pl.col("mm_start_usd"))
    rich = _richer_than_their_markets(units, tables["positions_start"])
    is_typed = pl.lit(True) if typed is None else pl.col("account").is_in(list(typed))
    rich = rich.filter(is_typed)

    def told(what: str, found: Frame, slip: str = "") -> tuple[str, ...]:
        return _told(what, found, units, slip if found.filter(is_typed).height else "")

    return (
        *told("bankrupt at the first step", units.filter(bankrupt), _LARGE),
        *told("below zero at the first step with no position", units.filter(broke)),
        *told("below maintenance at the first step", units.filter(below), _LARGE),
        *told("an equity larger than the open interest of their markets", rich, _SMALL),
    )


def _richer_than_their_markets(units: Frame, positions: Frame) -> Frame:
    signed = positions.select("account", "market", usd=pl.col("size") * pl.col("mark_price"))
    usd = pl.col("usd")
    sides = [usd.filter(side).sum().abs() for side in (usd > 0, usd < 0)]
    interest = rows_by(signed, "market").agg(usd=pl.max_horizontal(*sides))
    markets = signed.select("account", "market").unique(maintain_order=True)
    reach = rows_by(markets.join(interest, on="market"), "account").agg(pl.col("usd").sum())
    equity = rows_by(units, "account").agg(pl.col("equity_start_usd").sum())
    return equity.join(reach, on="account").filter(pl.col("equity_start_usd") > usd)


def _told(what: str, found: Frame, units: Frame, slip: str) -> tuple[str, ...]:
    names = found["account"].unique().sort().to_list()
    if not names:
        return ()
    more = f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else ""
    share = f"{len(names):,} of {units['account'].n_unique():,} accounts"
    return (f"{what}: {', '.join(names[:_SHOWN])}{more}, {share}{slip}",)
