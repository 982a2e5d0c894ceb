"""A rebuilt state beside a later snapshot: what differs, and what had happened there."""

from dataclasses import dataclass

import polars as pl

from crashsim.data.rebuild.positions import positions_after
from crashsim.data.rebuild.record import Record
from crashsim.data.rebuild.venue_book import collateral, until

_CENT = 0.01
_SAME_SIZE = 1e-9  # of the larger
_SAME_MONEY = 1e-9  # of what the positions are worth


@dataclass(frozen=True)
class Check:
    """A comparison with the snapshot of at_ms.

    differences: account, market (null: its money), rebuilt, snapshot, difference (of size, or USD),
    events (what happened to the account or the position since, by type). sizes, accounts: how many
    were compared.
    """

    at_ms: int
    sizes: int
    accounts: int
    differences: pl.DataFrame

    @property
    def equal_sizes(self) -> int:
        """How many sizes are equal."""
        return self.sizes - self.differences["market"].count()

    @property
    def equal_accounts(self) -> int:
        """How many accounts have the same money."""
        return self.accounts - self.differences["market"].null_count()

    def by_type(self) -> pl.DataFrame:
        """events, sizes, accounts (how many differ), usd (sum of the absolute differences)."""
        is_money = pl.col("market").is_null()
        money = pl.when(is_money).then(pl.col("difference").abs()).otherwise(0.0)
        ordered = self.differences.with_columns(money=money).sort("events", maintain_order=True)
        return (
            ordered.group_by("events", maintain_order=True)
            .agg(sizes=(~is_money).sum(), accounts=is_money.sum(), usd=pl.col("money").sum())
            .sort("usd", "sizes", "events", descending=[True, True, False])
        )


def check_against(record: Record, snapshot: Record) -> Check:
    """Rebuild the moment of the snapshot and compare sizes (to 1e-9) and money (to a cent).

    Money is K = account value - sum(size * mark), so that neither marks nor entries disturb it.
    """
    at_ms = snapshot.snapshot_ms
    fills, events = until(record.fills, at_ms), until(record.events, at_ms)
    start = record.positions.with_columns(margin=pl.lit(None, pl.Float64))
    held = positions_after(start, fills).frame
    sizes = _joined(held, snapshot.positions.select("account", "market", "size"), "size")
    money = _joined(
        collateral(record, fills, events),
        collateral(snapshot, snapshot.fills, snapshot.events),
        "usd",
    )
    worth = snapshot.positions.group_by("account").agg(worth=pl.col("notional").sum())
    near = _CENT + _SAME_MONEY * pl.col("worth").fill_null(0.0)
    off_size = pl.max_horizontal(pl.col("rebuilt").abs(), pl.col("snapshot").abs()) * _SAME_SIZE
    touched = _happened(fills, events)
    by_place = touched.group_by("account", "market").agg(pl.col("type").unique())
    by_account = touched.group_by("account").agg(pl.col("type").unique())
    wrong_sizes = sizes.filter(pl.col("difference").abs() > off_size)
    wrong_money = money.join(worth, on="account", how="left").filter(
        pl.col("difference").abs() > near
    )
    parts = [
        wrong_sizes.join(by_place, on=["account", "market"], how="left"),
        wrong_money.drop("worth")
        .with_columns(market=pl.lit(None, pl.String))
        .join(by_account, on="account", how="left"),
    ]
    names = ("account", "market", "rebuilt", "snapshot", "difference")
    said = pl.col("type").list.sort().list.join(", ").fill_null("nothing")
    found = pl.concat([part.select(*names, events=said) for part in parts])
    return Check(at_ms, sizes.height, money.height, found.sort("account", "market"))


def _joined(rebuilt: pl.DataFrame, snapshot: pl.DataFrame, value: str) -> pl.DataFrame:
    keys = [name for name in ("account", "market") if name in snapshot.columns]
    ours = rebuilt.select(*keys, rebuilt=value)
    both = ours.join(snapshot.select(*keys, snapshot=value), on=keys, how="full", coalesce=True)
    whole = both.with_columns(pl.col("rebuilt", "snapshot").fill_null(0.0))
    return whole.with_columns(difference=pl.col("rebuilt") - pl.col("snapshot"))


def _happened(fills: pl.DataFrame, events: pl.DataFrame) -> pl.DataFrame:
    """(account, market, type) of everything that happened, each once."""
    text = [pl.col(name).cast(pl.String) for name in ("account", "market")]
    method = pl.col("liquidation_method").cast(pl.String)
    kind = (
        pl.when(pl.col("direction").cast(pl.String) == "Auto-Deleveraging")
        .then(pl.lit("auto-deleveraging"))
        .when(method == "backstop")
        .then(pl.lit("takeover"))
        .when(method.is_not_null())
        .then(pl.lit("liquidation"))
        .otherwise(pl.lit("trade"))
    )
    moved = fills.select(*text, type=kind).unique()
    return pl.concat([moved, events.select("account", "market", "type").unique()])
