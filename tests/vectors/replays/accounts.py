"""Cross accounts of cases as holders of a book."""

from collections.abc import Mapping
from typing import Any

from crashsim.scenarios.models.venue import Venue
from tests.vectors.adapters.inputs import Inputs, first, signed_size
from tests.vectors.replays.scene import (
    SMALL_RATE,
    Holder,
    Market,
    NotExpressibleError,
    Position,
    altered,
    flat,
    margins,
    only,
    replay,
)

OPEN_ARMS = {"name": "taker", "cash": 0.0, "floor": -1e18}  # an absorber that accepts everything


def price_of(position: Inputs) -> float:
    """The mark of a position."""
    return float(first(position, "oracle_price_usd", "oracle_price", "mark"))


def cross_holder(account: str, inputs: Inputs) -> tuple[Holder, dict[str, Market]]:
    """The account, entered at the marks, and its markets; one "M" where it holds nothing.

    A case states the quote balance (negative after buying); cash is that and the value bought.
    """
    rows = inputs["positions"]
    names = [row["market"] for row in rows]
    if len(set(names)) < len(names):
        raise NotExpressibleError("positions[].market twice")
    held = tuple(Position(row["market"], signed_size(row)) for row in rows)
    balance = float(first(inputs, "usdc_balance", "usdc", "collateral"))
    value = sum(at.size * price_of(row) for at, row in zip(held, rows, strict=True))
    markets = {row["market"]: Market([price_of(row)]) for row in rows} or {"M": Market([1.0])}
    return Holder(account, balance + value, held), markets


def cross_margins(inputs: Inputs, shared: Inputs | None = None) -> Mapping[str, Any]:
    """The `margin` table by the fractions of a case, given once or by position."""
    common = {**(shared or {}), **inputs}
    tables = {
        row["market"]: flat(float({**common, **row}["mmf"]))
        for row in inputs["positions"]
        if "mmf" in {**common, **row}
    }
    return margins(flat(SMALL_RATE), **tables)


def bankruptcy_price(
    venue: Venue, holder: Holder, markets: dict[str, Market], margin: Any, market: str
) -> float:
    """Bankruptcy price of one position: of a takeover, or, of a healthy account, as a score."""
    taken = altered(
        venue,
        margin=margin,
        liquidation={"participation": 0.0, "trigger": "at_or_below"},
        takeover={"below_mm_fraction": 1.0},
        absorber=[OPEN_ARMS],
    )
    rows = replay(taken, markets, [holder]).liquidations.filter(market=market)
    if rows.height:
        return float(rows["bankruptcy_price"][0])
    (position,) = (held for held in holder.positions if held.market == market)
    ranked = altered(
        venue,
        margin=margin,
        liquidation={"participation": 0.0},
        absorber=[],
        adl={"score": "bankruptcy_price", "eligible": "opposite"},
    )
    fills = replay(ranked, markets, [holder, bankrupt(market, -position.size)]).adl_fills
    return float(only(fills, winner=holder.account)["score"])


def bankrupt(market: str, size: float) -> Holder:
    """An account with nothing left behind a position of this size, entered at the mark."""
    return Holder("~bankrupt", 0.0, (Position(market, size),))


def position_in(inputs: Inputs, *names: str) -> str:
    """The market that a case names, or its only one."""
    for name in names:
        if inputs.get(name) is not None:
            return str(inputs[name])
    markets = [row["market"] for row in inputs["positions"]]
    if len(markets) != 1:
        raise NotExpressibleError(f"none of {', '.join(names)}")
    return str(markets[0])
