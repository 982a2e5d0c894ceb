"""A statement's items gathered into few lines, which add up to the same."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from crashsim.engine.arrays import plain_sum
from crashsim.engine.readings.statement import Item

MOST_MARKETS = 6
# Kinds with one line a market; of others each item is a line.
BY_MARKET = frozenset({"price", "liquidation", "takeover", "adl_winner", "adl_loser", "fee"})


@dataclass(frozen=True)
class Line:
    """Items of one kind together. size: signed sum; price: average weighted by size."""

    kind: str
    first: datetime | None
    last: datetime | None
    market: str
    count: int
    size: float | None
    price: float | None
    equity_usd: float
    debt_usd: float
    amount_usd: float | None
    counterparty: str


def lines_of(items: Sequence[Item]) -> list[Line]:
    """The lines in the order in which their first items happened.

    Of each kind of BY_MARKET the MOST_MARKETS with the largest effect have a line of their own, the
    other markets one together.
    """
    groups: dict[tuple[str, str], list[Item]] = {}
    named = {kind: _largest_markets(items, kind) for kind in BY_MARKET}
    for place, item in enumerate(items):
        if item.kind in BY_MARKET:
            own = item.market in named[item.kind]
            groups.setdefault((item.kind, item.market if own else ""), []).append(item)
        else:
            groups[(item.kind, str(place))] = [item]
    return [_line(group) for group in groups.values()]


def _largest_markets(items: Iterable[Item], kind: str) -> set[str]:
    effect: dict[str, float] = {}
    for item in items:
        if item.kind == kind:
            effect[item.market] = effect.get(item.market, 0.0) + abs(item.equity_usd)
    order = sorted(effect, key=lambda market: (-effect[market], market))
    return set(order if len(order) <= MOST_MARKETS + 1 else order[:MOST_MARKETS])


def _line(items: Sequence[Item]) -> Line:
    first = items[0]
    markets = sorted({item.market for item in items})
    size = price = None
    if len(markets) == 1 and first.size is not None:
        size = plain_sum(item.size or 0.0 for item in items)
        priced = plain_sum((item.size or 0.0) * (item.price or 0.0) for item in items)
        price = priced / size if size else None
    amounts = [item.amount_usd for item in items if item.amount_usd is not None]
    return Line(
        kind=first.kind,
        first=first.time,
        last=items[-1].time,
        market=markets[0] if len(markets) == 1 else f"{len(markets)} other markets",
        count=len(items),
        size=size,
        price=price,
        equity_usd=plain_sum(item.equity_usd for item in items),
        debt_usd=plain_sum(item.debt_usd for item in items),
        amount_usd=plain_sum(amounts) if amounts else None,
        counterparty=first.counterparty if len({item.counterparty for item in items}) == 1 else "",
    )
