"""One account's statement: every item that moved its equity or its debt, and a sum that holds."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import polars as pl

from crashsim.engine.arrays import plain_sum
from crashsim.engine.readings import Tables
from crashsim.engine.record.tables import INPUT

ROUNDING_USD = 0.005


@dataclass(frozen=True)
class Item:
    """One line. equity_usd, debt_usd: by how much it changed the account's equity and debt.

    kind: price (moves of the mark on what was later closed, or is still open), liquidation,
    takeover, adl_winner, adl_loser (fills against mark), fee, funding, deposit, deposit_to_debt,
    withdrawal, withdrawal_refused, shortfall, debt, loss_share, collateral, isolated_to_debt. size
    is signed as the position was (long > 0). counterparty: the other account, absorber or `book`;
    of a shortfall, who bore it. candidates, score_inputs: how many were ranked and what the score
    read by name, of an adl_winner.
    """

    kind: str
    time: datetime | None = None
    market: str = ""
    size: float | None = None
    price: float | None = None
    mark_price: float | None = None
    equity_usd: float = 0.0
    debt_usd: float = 0.0
    amount_usd: float | None = None
    rank: int | None = None
    score: float | None = None
    counterparty: str = ""
    candidates: int | None = None
    score_inputs: Mapping[str, float] | None = None

    @property
    def ahead(self) -> int | None:
        """How many were asked before; None for what is no place in a queue."""
        return None if self.rank is None else self.rank - 1


@dataclass(frozen=True)
class Statement:
    """An account from the first marks to the last ones.

    The items' equity_usd lead from opening to closing equity and their debt_usd from 0 to the
    closing debt: residual_usd and debt_residual_usd are what is missing, gross_usd the notional
    that rounding is measured by.
    """

    account: str
    opening_equity_usd: float
    closing_equity_usd: float
    closing_debt_usd: float
    items: tuple[Item, ...]
    gross_usd: float

    @property
    def residual_usd(self) -> float:
        """Closing equity less opening equity and items."""
        moved = plain_sum(item.equity_usd for item in self.items)
        return self.closing_equity_usd - self.opening_equity_usd - moved

    @property
    def debt_residual_usd(self) -> float:
        """Closing debt less what the items say."""
        return self.closing_debt_usd - plain_sum(item.debt_usd for item in self.items)

    def moved_usd(self, *kinds: str) -> float:
        """What the items of these kinds did to equity together, USD."""
        return plain_sum(item.equity_usd for item in self.items if item.kind in kinds)

    def amount_usd(self, kind: str) -> float:
        """The amounts of the items of one kind together, USD."""
        return plain_sum(item.amount_usd or 0.0 for item in self.items if item.kind == kind)


def statement_of(tables: Tables, account: str) -> Statement | None:
    """The statement of one account; None where the book has no such account."""
    own = tables["accounts"].filter(pl.col("account") == account)
    if own.is_empty():
        return None
    row = own.row(0, named=True)
    start = tables["positions_start"].filter(pl.col("account") == account)
    first = dict(start.select("market", "mark_price").iter_rows())
    items = [
        *_closings(tables, account, first),
        *_deleveraging(tables, account, first),
        *_still_open(tables, account, first),
    ]
    items += [*_flows(tables, account), *_losses(tables, account), *_collateral(tables, account)]
    if row["funding_usd"]:
        items.append(Item("funding", equity_usd=row["funding_usd"]))
    items += _isolated_to_debt(row, items)
    return Statement(
        account=account,
        opening_equity_usd=row["equity_start"],
        closing_equity_usd=row["equity_end"],
        closing_debt_usd=row["debt_end"],
        items=tuple(sorted(items, key=_order)),
        gross_usd=_gross_usd(tables, account),
    )


_ORDER = (
    "price",
    "deposit",
    "deposit_to_debt",
    "withdrawal",
    "withdrawal_refused",
    "liquidation",
    "fee",
    "takeover",
    "adl_winner",
    "adl_loser",
    "shortfall",
    "debt",
    "loss_share",
    "isolated_to_debt",
    "collateral",
    "funding",
)


def _order(item: Item) -> tuple[bool, float, int]:
    """By time, as the rules of a step follow one another; items over the whole run last."""
    seconds = item.time.timestamp() if item.time else 0.0
    return item.time is None, seconds, _ORDER.index(item.kind)


def _gross_usd(tables: Tables, account: str) -> float:
    units = tables["units"].filter(pl.col("account") == account)
    held = float(units.select(pl.col("notional_start_usd").sum()).item())
    row = tables["accounts"].filter(pl.col("account") == account).row(0, named=True)
    cash = abs(row["equity_start"]) + row["deposits_usd"] + row["withdrawals_usd"]
    return float(held + cash + row["liquidated_notional_usd"] + row["adl_notional_usd"])


def _closed(kind: str, row: Mapping[str, Any], size: float, against: float, who: str) -> Item:
    """A fill: what its price made of it against the mark of its step."""
    return Item(
        kind,
        row["time"],
        row["market"],
        size,
        price=row["price"],
        mark_price=row["mark_price"],
        equity_usd=size * (against - row["mark_price"]),
        counterparty=who,
    )


def _price(item: Item, first_mark: float) -> Item:
    """What the moves of the mark made of the closed part, from the first mark to the fill's."""
    assert item.size is not None and item.mark_price is not None
    gain = item.size * (item.mark_price - first_mark)
    return replace(item, kind="price", price=first_mark, equity_usd=gain, counterparty="")


def _closings(tables: Tables, account: str, first: dict[str, float]) -> Iterable[Item]:
    """Each closing: the move of the mark until then, and the fill against the mark."""
    own = tables["liquidations"].filter(
        (pl.col("account") == account) & (pl.col("stage") != "unwind")
    )
    for row in own.iter_rows(named=True):
        size = row["size"] if row["side"] == "sell" else -row["size"]
        taken = row["stage"] == "takeover"
        # A takeover is at mark and hands the unit's equity over, each position its share of it.
        against = row["bankruptcy_price"] if taken else row["price"]
        kind = "takeover" if taken else "liquidation"
        item = _closed(kind, row, size, against, row["counterparty"])
        yield _price(item, first[row["market"]])
        yield item
        if row["fee_usd"]:
            yield Item("fee", row["time"], row["market"], equity_usd=-row["fee_usd"])


def _deleveraging(tables: Tables, account: str, first: dict[str, float]) -> Iterable[Item]:
    fills = tables["adl_fills"]
    for row in fills.filter(pl.col("winner") == account).iter_rows(named=True):
        size = row["size"] if row["side"] == "long" else -row["size"]
        item = _closed("adl_winner", row, size, row["price"], row["loser"])
        yield _price(item, first[row["market"]])
        ranked = {name: row[name] for name in ("rank", "score", "candidates")}
        yield replace(item, **ranked, score_inputs=_score_inputs(row))
    for row in fills.filter(pl.col("loser") == account).iter_rows(named=True):
        size = -row["size"] if row["side"] == "long" else row["size"]
        item = _closed("adl_loser", row, size, row["price"], row["winner"])
        yield _price(item, first[row["market"]])
        yield item


def _score_inputs(fill: Mapping[str, Any]) -> dict[str, float]:
    read = {name: value for name, value in fill.items() if name.startswith(INPUT)}
    return {name.removeprefix(INPUT): value for name, value in read.items() if value is not None}


def _still_open(tables: Tables, account: str, first: dict[str, float]) -> Iterable[Item]:
    end: datetime = tables["timeline"]["time"][-1]
    own = tables["positions_end"].filter(pl.col("account") == account)
    for row in own.iter_rows(named=True):
        held = Item("price", end, row["market"], row["size"], mark_price=row["mark_price"])
        yield _price(held, first[row["market"]])


def _flows(tables: Tables, account: str) -> Iterable[Item]:
    own = tables["flows"].filter(pl.col("account") == account)
    for row in own.iter_rows(named=True):
        time, amount, to_debt = row["time"], row["amount_usd"], row["to_debt_usd"]
        if row["kind"] == "deposit":
            yield Item("deposit", time, equity_usd=amount, amount_usd=amount)
            if to_debt > 0:
                yield _repaid("deposit_to_debt", time, to_debt)
            continue
        if row["credited_usd"] > 0:
            yield Item(
                "withdrawal", time, equity_usd=-row["credited_usd"], amount_usd=row["credited_usd"]
            )
        if row["refused_usd"] > 0:
            yield Item("withdrawal_refused", time, amount_usd=row["refused_usd"])


_COVER = (
    ("paid_by_absorbers_usd", "absorbers"),
    ("written_off_usd", "platform"),
    ("shared_usd", "other accounts"),
)


def _losses(tables: Tables, account: str) -> Iterable[Item]:
    own = tables["shortfalls"].filter(pl.col("account") == account)
    for row in own.iter_rows(named=True):
        time = row["time"]
        for column, who in _COVER:
            if row[column] > 0:
                paid = row[column]
                yield Item("shortfall", time, equity_usd=paid, amount_usd=paid, counterparty=who)
        if row["carried_usd"] > 0:
            owed = row["carried_usd"]
            yield Item("debt", time, equity_usd=owed, debt_usd=owed, amount_usd=owed)
    for row in tables["loss_shares"].filter(pl.col("account") == account).iter_rows(named=True):
        charged = row["amount_usd"]
        yield Item("loss_share", row["time"], equity_usd=-charged, amount_usd=charged)


def _collateral(tables: Tables, account: str) -> Iterable[Item]:
    """What became of pledged assets: value at the end and what sales brought, less the start."""
    units = tables["units"].filter(pl.col("account") == account)
    start, end = units.select(
        pl.col("collateral_start_usd").sum(), pl.col("collateral_end_usd").sum()
    ).row(0)
    sold = tables["collateral_sales"].filter(pl.col("account") == account)
    brought = float(sold.select(pl.col("proceeds_usd").sum()).item())
    if start or end or brought:
        yield Item("collateral", equity_usd=end + brought - start, amount_usd=brought)


def _isolated_to_debt(row: dict[str, float], items: list[Item]) -> list[Item]:
    """Money of closed isolated positions that repaid debt: what the debt lost beyond deposits."""
    repaid = plain_sum(item.debt_usd for item in items) - row["debt_end"]
    if repaid < ROUNDING_USD:
        return []
    return [_repaid("isolated_to_debt", None, repaid)]


def _repaid(kind: str, time: datetime | None, usd: float) -> Item:
    return Item(kind, time, equity_usd=-usd, debt_usd=-usd, amount_usd=usd)
