"""The fill price that keeps an account's equity over its maintenance margin."""

from dataclasses import replace as with_fields
from typing import Any

from tests.vectors.adapters.inputs import Case, first, side_of
from tests.vectors.replays.accounts import bankruptcy_price
from tests.vectors.replays.scene import (
    AT_MARK,
    Holder,
    Market,
    Position,
    Reading,
    altered,
    flat,
    margins,
    only,
    replay,
    venue_named,
)


def zero_price(case: Case) -> Reading:
    """The price that keeps equity over maintenance: the bankruptcy price of one of two positions.

    What else the account holds is one position in another market, of the rest of the requirement.
    The named position is sold on the book at that price, or, below zero, by auto-deleveraging.
    """
    inputs = case["inputs"]
    side, mark, rate = side_of(inputs), float(inputs["mark"]), inputs["mmf"]
    value = float(inputs["account_value"])
    required = float(first(inputs, "maintenance_requirement", "maintenance_requirement_total"))
    size = float(first(inputs, "size", "size_closed"))
    closed = float(first(inputs, "size_closed", "size"))
    rest = required - size * mark * rate
    held = [Position("M", side * size)]
    if rest > 1e-9 * required:
        held.append(Position("OTHER", rest))
    holder = Holder("account", value, tuple(held))
    table = margins(flat(rate), OTHER=flat(1.0))
    markets = {"M": Market([mark]), "OTHER": Market([1.0])}
    price = bankruptcy_price(venue_named(case["venue"]), holder, markets, table, "M")
    after = _closed_at(case["venue"], holder, table, side * closed, mark, price)
    ratio = after["equity_end_usd"] / after["mm_end_usd"] if after["mm_end_usd"] else None
    alone = bankruptcy_price(
        venue_named(case["venue"]),
        with_fields(holder, positions=(Position("M", side * closed),)),
        markets,
        margins(flat(rate)),
        "M",
    )
    return Reading(
        {
            "zero_price": price,
            "account_value_after": after["equity_end_usd"],
            "maintenance_after": after["mm_end_usd"],
            "ratio": ratio,
            "equals_bankruptcy_price": abs(price - alone) <= 1e-9 * mark,
        }
    )


def _closed_at(
    venue_name: str, holder: Holder, table: Any, size: float, mark: float, price: float
) -> dict[str, Any]:
    """The unit after this size was closed at the zero price."""
    side = 1 if size > 0 else -1
    discount = side * (1 - price / mark)
    markets = {"M": Market([mark], volume_usd=abs(size) * mark), "OTHER": Market([1.0])}
    venue = altered(
        venue_named(venue_name),
        margin=table,
        liquidation={**AT_MARK, "half_spread": max(0.0, discount), "limit": "none"},
        adl={"eligible": "opposite", "price": "bankruptcy"},
    )
    holders = [holder]
    if discount < 0.0:
        venue = altered(venue, liquidation={"participation": 0.0})
        holders.append(Holder("other side", 1e6 * mark * abs(size), (Position("M", -size),)))
    return only(replay(venue, markets, holders).units, account=holder.account)


REPLAYS = {
    ("Extended", "deleverage_fill"): zero_price,
    ("Lighter", "liquidation_price"): zero_price,
}
