"""Who paid whom: what changed hands beyond ordinary trading at mark."""

from collections.abc import Collection
from itertools import product

import polars as pl

from crashsim.engine.arrays import rows_by
from crashsim.engine.readings import Tables

LIQUIDATED = "liquidated accounts"
WINNERS = "deleveraged winners"
FUND = "insurance fund and vaults"
PLATFORM = "platform"
OTHERS = "other accounts"
MARKET = "traders on the order book"

_SIGNED_SIZE = pl.when(pl.col("side") == "sell").then(pl.col("size")).otherwise(-pl.col("size"))


def who_paid_whom(tables: Tables, unserved: Collection[str] = ()) -> pl.DataFrame:
    """payer, receiver, reason, amount_usd (> 0), the largest first.

    unserved: markets without an absorber, whose fees go to the platform.

    Value at mark that moved between groups: discounts on the book, fees, equity handed over or
    owed at takeovers, prices of auto-deleveraging away from mark, shortfalls and who covered them,
    and deposits that repaid debt. Profits and losses from moves of the mark are not in it.
    """
    swallowed = _total(tables["accounts"], pl.col("deposits_to_debt_usd"))
    rows = [
        *_book(tables),
        *_fees(tables, unserved),
        *_takeovers(tables),
        *_adl(tables),
        *_shortfalls(tables),
        (LIQUIDATED, PLATFORM, "deposits that went to debts", swallowed),
    ]
    schema = {
        "payer": pl.String(),
        "receiver": pl.String(),
        "reason": pl.String(),
        "amount_usd": pl.Float64(),
    }
    paid = [row for row in rows if row[3] > 0.0]
    frame = pl.DataFrame(paid, schema=schema, orient="row")
    return frame.sort(["amount_usd", "reason"], descending=[True, False])


def totals(flows: pl.DataFrame, side: str) -> dict[str, float]:
    """USD by payer or by receiver (`side`) of `who_paid_whom`, the largest first."""
    sums = rows_by(flows, side).agg(pl.col("amount_usd").sum())
    return dict(sums.sort("amount_usd", side, descending=[True, False]).iter_rows())


Row = tuple[str, str, str, float]


def _fees(tables: Tables, unserved: Collection[str]) -> list[Row]:
    """To the fund of the market; to the platform where there is none."""
    closed, reason = tables["liquidations"], "liquidation fees"
    if tables["absorbers"].is_empty():
        return [(LIQUIDATED, PLATFORM, reason, _total(closed, pl.col("fee_usd")))]
    platform = pl.col("market").is_in(list(unserved))
    return [
        (LIQUIDATED, receiver, reason, _total(closed.filter(own), pl.col("fee_usd")))
        for receiver, own in ((FUND, ~platform), (PLATFORM, platform))
    ]


def _book(tables: Tables) -> list[Row]:
    discount = _SIGNED_SIZE * (pl.col("mark_price") - pl.col("price"))
    lost, unwound = (
        _total(tables["liquidations"].filter(pl.col("stage") == stage), discount)
        for stage in ("book", "unwind")
    )
    return [
        (LIQUIDATED, MARKET, "discount to mark on the order book", lost),
        (FUND, MARKET, "discount to mark when positions taken over were sold", unwound),
    ]


def _takeovers(tables: Tables) -> list[Row]:
    """A takeover hands over the equity: side x size x (mark - bankruptcy price) a position."""
    taken = tables["liquidations"].filter(pl.col("stage") == "takeover")
    equity = _SIGNED_SIZE * (pl.col("mark_price") - pl.col("bankruptcy_price"))
    kept = _total(taken, equity.clip(lower_bound=0.0))
    covered = _total(taken, (-equity).clip(lower_bound=0.0))
    return [
        (LIQUIDATED, FUND, "equity left when positions were taken over", kept),
        (FUND, LIQUIDATED, "losses taken over with bankrupt positions", covered),
    ]


def _adl(tables: Tables) -> list[Row]:
    cost = pl.col("cost_usd")
    paid, gained = cost.clip(lower_bound=0.0), (-cost).clip(lower_bound=0.0)
    funds = tables["absorbers"]["absorber"].unique().to_list()
    worse = "closed by force at a price worse than mark"
    better = "closed by force at a price better than mark"
    rows = []
    for winner, loser in product((WINNERS, FUND), (LIQUIDATED, FUND)):
        fills = tables["adl_fills"].filter(
            pl.col("winner").is_in(funds) == (winner == FUND),
            pl.col("loser").is_in(funds) == (loser == FUND),
        )
        rows.append((winner, loser, worse, _total(fills, paid)))
        rows.append((loser, winner, better, _total(fills, gained)))
    return rows


def _shortfalls(tables: Tables) -> list[Row]:
    frame = tables["shortfalls"]
    return [
        (FUND, LIQUIDATED, "shortfalls paid", _total(frame, pl.col("paid_by_absorbers_usd"))),
        (PLATFORM, LIQUIDATED, "shortfalls advanced as debt", _total(frame, pl.col("carried_usd"))),
        (PLATFORM, LIQUIDATED, "shortfalls written off", _total(frame, pl.col("written_off_usd"))),
        (OTHERS, LIQUIDATED, "shortfalls shared", _total(frame, pl.col("shared_usd"))),
    ]


def _total(frame: pl.DataFrame, amount: pl.Expr) -> float:
    return float(frame.select(amount.sum()).item())
