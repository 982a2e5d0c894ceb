"""Isolated margin set apart from an account's cash."""

from dataclasses import dataclass

import polars as pl

from crashsim.data.schema import POSITION_COLUMNS


@dataclass(frozen=True)
class IsolatedApart:
    """positions: POSITION_COLUMNS. cross_cash: account, cash (the rest). notes: sentences."""

    positions: pl.DataFrame
    cross_cash: pl.DataFrame
    notes: tuple[str, ...]


def isolated_apart(held: pl.DataFrame, cash: pl.DataFrame, events: pl.DataFrame) -> IsolatedApart:
    """Split the cash (account, cash) of accounts that hold positions (`Held.frame`).

    A margin that the snapshot's liquidation price says is taken, with the funding since. Another is
    assumed to be size * entry / leverage, the margin it was opened with; where an account has less
    cash than its assumed margins, they share what it has.
    """
    isolated = _margins(held, events)
    ordered = isolated.sort("account", maintain_order=True)
    sums = ordered.group_by("account", maintain_order=True).agg(
        exact=pl.col("exact").sum(), assumed=pl.col("assumed").sum()
    )
    accounts = cash.join(sums, on="account", how="left")
    accounts = accounts.with_columns(pl.col("exact", "assumed").fill_null(0.0))
    room = (pl.col("cash") - pl.col("exact")).clip(lower_bound=0.0)
    lacks = pl.col("assumed") > room
    share = pl.when(lacks).then(room / pl.col("assumed")).otherwise(1.0)
    accounts = accounts.with_columns(share=share)
    cross = pl.col("cash") - pl.col("exact") - pl.col("assumed") * pl.col("share")
    whole = isolated.join(accounts.select("account", "share"), on="account", how="left")
    margin = pl.coalesce("exact", pl.col("assumed") * pl.col("share").fill_null(1.0))
    is_isolated = margin > 0
    positions = whole.select(
        "account",
        "market",
        "size",
        "entry_price",
        margin_mode=pl.when(is_isolated).then(pl.lit("isolated")).otherwise(pl.lit("cross")),
        isolated_margin=pl.when(is_isolated).then(margin),
        opened_at=pl.lit(None, POSITION_COLUMNS["opened_at"]),
    )
    limited = accounts.filter(pl.col("share") < 1.0).height
    return IsolatedApart(
        positions, accounts.select("account", cash=cross), _notes(isolated, limited)
    )


def _margins(held: pl.DataFrame, events: pl.DataFrame) -> pl.DataFrame:
    """The positions with `exact` or `assumed` margin where they are isolated."""
    funding = events.filter(pl.col("type") == "funding")
    ordered = funding.sort("account", "market", maintain_order=True)
    paid = ordered.group_by("account", "market", maintain_order=True).agg(
        funding=pl.col("amount_usd").sum()
    )
    opened = pl.col("size").abs() * pl.col("entry_price") / pl.col("leverage").fill_null(1.0)
    unknown = ~pl.col("is_cross").fill_null(True) & pl.col("margin").is_null()
    exact = (pl.col("margin") + pl.col("funding").fill_null(0.0)).clip(lower_bound=0.0)
    joined = held.join(paid, on=["account", "market"], how="left", maintain_order="left")
    return joined.with_columns(exact=exact, assumed=pl.when(unknown).then(opened))


def _notes(isolated: pl.DataFrame, limited: int) -> tuple[str, ...]:
    exact = isolated.filter(pl.col("exact").is_not_null())
    moved = exact.filter(pl.col("is_moved")).height
    assumed = isolated["assumed"].count()
    notes = []
    if exact.height:
        notes.append(
            f"{exact.height} isolated positions: their margin follows from the snapshot's"
            " liquidation price and the funding since"
            + (f"; {moved} traded since, assumed at their leverage" if moved else "")
        )
    if assumed:
        notes.append(
            f"{assumed} isolated positions without a liquidation price: their margin is assumed to"
            f" be size x entry / leverage ({limited} accounts had less)"
        )
    return tuple(notes)
