"""Rankings read from replays: everybody on one side is deleveraged for one bankrupt account."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from tests.vectors.adapters import fills as formulas
from tests.vectors.adapters.inputs import Case, Computed, Inputs, first, side_of
from tests.vectors.formulas.rank_order import queue_indicator_percent
from tests.vectors.replays.accounts import bankrupt
from tests.vectors.replays.scene import (
    SMALL_RATE,
    Holder,
    Market,
    NotExpressibleError,
    Position,
    Reading,
    altered,
    flat,
    margins,
    only,
    replay,
    venue_named,
)


def everybody_asked(
    venue_name: str, holders: Sequence[Holder], mark: float, rate: float, **adl: Any
) -> pl.DataFrame:
    """The fills of a bankrupt account that is larger than all of these together, by rank."""
    sizes = sum(holder.positions[0].size for holder in holders)
    venue = altered(
        venue_named(venue_name),
        margin=margins(flat(rate)),
        liquidation={"participation": 0.0},
        absorber=[],
        adl={"eligible": "opposite", **adl},
    )
    loser = bankrupt("M", -2.0 * sizes)
    return replay(venue, {"M": Market([mark])}, [*holders, loser]).adl_fills.sort("rank")


def wallets(case: Case) -> Reading:
    """Users by wallet, profit and maintenance margin.

    All hold longs at one mark under one rate, so a user's size gives the margin, the entry the
    profit. Whoever is below maintenance is being liquidated in a replay and is not ranked: the
    venue's score puts them behind.
    """
    users = case["inputs"]["users"]
    rate = min(0.5 * u["maintenance_margin"] / max(abs(u["unrealised_pnl"]), 1.0) for u in users)
    if rate <= 0.0:
        raise NotExpressibleError("users[].maintenance_margin of 0")
    holders = []
    for user in users:
        size = user["maintenance_margin"] / rate
        entry = 1.0 - user["unrealised_pnl"] / size
        holders.append(Holder(user["id"], user["wallet_balance"], (Position("M", size, entry),)))
    # Aevo has Aster's published formula, which reads another balance by the same name.
    fills = everybody_asked(case["venue"], holders, 1.0, rate, score="aster", price="mark")
    return _ranked("scores", fills, formulas.aster_rank(case), "an account below maintenance")


def _ranked(name: str, fills: pl.DataFrame, computed: Computed, unranked: str) -> Reading:
    scores = dict(zip(fills["winner"].to_list(), fills["score"].to_list(), strict=True))
    order = fills["winner"].to_list()
    left = [user for user in computed["order"] if user not in scores]
    figures = {
        name: {**{user: computed[name][user] for user in left}, **scores},
        "order": [*order, *left],
    }
    return Reading(figures, lacking=unranked if left else "")


def hyperliquid(case: Case) -> Reading:
    """Users by entry, notional and account value, at one mark."""
    inputs = case["inputs"]
    side, users = side_of(inputs), inputs["users"]
    marks = {float(user["mark"]) for user in users}
    if len(marks) > 1:
        raise NotExpressibleError("users[].mark of several values")
    (mark,) = marks
    holders = []
    for user in users:
        size = side * user["notional"] / mark
        cash = user["account_value"] - size * (mark - user["entry"])
        holders.append(Holder(user["id"], cash, (Position("M", size, user["entry"]),)))
    fills = everybody_asked(case["venue"], holders, mark, SMALL_RATE)
    return _ranked("index", fills, formulas.hyperliquid_rank(case), "an account below maintenance")


def bitmex(case: Case) -> Reading:
    """One position and its bankruptcy price, or a queue of given scores."""
    inputs = case["inputs"]
    if "longs" in inputs or "shorts" in inputs:
        return _queue(case["venue"], inputs)
    side = -1 if inputs["contracts"] < 0 else side_of(inputs)
    size = side * abs(inputs["contracts"])
    cash = size * (inputs["entry"] - inputs["bankruptcy"])
    holder = Holder("account", cash, (Position("M", size, inputs["entry"]),))
    fill = only(everybody_asked(case["venue"], [holder], inputs["mark"], SMALL_RATE))
    return Reading(
        {
            "pnl_pct": fill["winner_upnl_usd"] / (fill["size"] * inputs["entry"]),
            "effective_leverage": _leverage(case["venue"], holder, float(inputs["mark"])),
            "score": fill["score"],
        }
    )


def _leverage(venue_name: str, holder: Holder, mark: float) -> float:
    outcome = replay(venue_named(venue_name), {"M": Market([mark])}, [holder])
    unit = only(outcome.units, account=holder.account)
    return float(unit["notional_start_usd"] / unit["equity_start_usd"])


def _queue(venue_name: str, inputs: Inputs) -> Reading:
    """Given scores are put in as profits and ranked by profit; the lights are a formula."""
    side = 1 if "longs" in inputs else -1
    rows: Sequence[Mapping[str, Any]] = first(inputs, "longs", "shorts")
    mark = 1.0 + max(row["score"] / row["contracts"] for row in rows)
    holders = [
        Holder(
            str(row["account"]),
            1.0 + abs(row["score"]),
            (
                Position(
                    "M", side * row["contracts"], mark - side * row["score"] / row["contracts"]
                ),
            ),
        )
        for row in rows
    ]
    fills = everybody_asked(venue_name, holders, mark, SMALL_RATE, score="upnl", price="mark")
    names = {str(row["account"]): row["account"] for row in rows}
    return Reading(
        {
            "order": [names[winner] for winner in fills["winner"].to_list()],
            "indicator_percentile": queue_indicator_percent(fills["size"].to_numpy()).tolist(),
        },
        lacking="indicator",
    )


def bitmex_fill(case: Case) -> Reading:
    """A queue in a given order, closed at the bankruptcy price of the liquidated position."""
    inputs = case["inputs"]
    side = 1 if "ranked_longs" in inputs else -1
    queue = first(inputs, "ranked_longs", "ranked_shorts")
    price, count = float(inputs["bankruptcy_price"]), len(queue)
    # Equal cash, and profits that fall along the queue: the venue's ranking gives that order.
    holders = [
        Holder(
            str(account),
            contracts * price,
            (Position("M", side * contracts, price * (1 - side * 0.01 * (count - place))),),
        )
        for place, (account, contracts) in enumerate(queue)
    ]
    loser = bankrupt("M", -side * float(inputs["contracts"]))
    venue = altered(
        venue_named(case["venue"]),
        margin=margins(flat(SMALL_RATE)),
        liquidation={"participation": 0.0},
        absorber=[],
    )
    outcome = replay(venue, {"M": Market([price])}, [*holders, loser])
    open_after = dict(zip(*outcome.positions_end.select("account", "size"), strict=True))
    names = {str(account): account for account, _ in queue}
    return Reading(
        {
            "fills": [
                {
                    "account": names[fill["winner"]],
                    "contracts": fill["size"],
                    "price": fill["price"],
                    "remaining": abs(open_after.get(fill["winner"], 0.0)),
                }
                for fill in outcome.adl_fills.sort("rank").to_dicts()
            ]
        }
    )


def dydx_orders(case: Case) -> Reading:
    """Orders of equal distance go by notional there; in a replay, ties go by account."""
    raise NotExpressibleError("order of liquidation")


def contracts_pro_rata(case: Case) -> Reading:
    """Whole contracts closed in proportion: pro rata in lots of one.

    The bankrupt position is of whole contracts too, so what is required is rounded up.
    """
    inputs = case["inputs"]
    holders = [
        Holder(f"{row:03}", 2.0 * size, (Position("M", float(size)),))
        for row, size in enumerate(inputs["contracts"])
    ]
    needed = float(np.ceil(inputs["required_contracts"]))
    venue = altered(
        venue_named(case["venue"]),
        margin=margins(flat(SMALL_RATE)),
        adl={"allocation": "pro_rata", "lot": 1.0, "eligible": "opposite"},
    )
    outcome = replay(venue, {"M": Market([1.0])}, [*holders, bankrupt("M", -needed)])
    taken = dict(zip(*outcome.adl_fills.select("winner", "size"), strict=True))
    closed = [taken.get(holder.account, 0.0) for holder in holders]
    return Reading({"contracts_closed": closed, "total": sum(closed)})


REPLAYS = {
    ("Aevo", "adl_rank_order"): wallets,
    ("Aster", "adl_rank_order"): wallets,
    ("BitMEX", "adl_rank_order"): bitmex,
    ("BitMEX", "deleverage_fill"): bitmex_fill,
    ("Hyperliquid", "adl_rank_order"): hyperliquid,
    ("dYdX v4", "adl_rank_order"): dydx_orders,
}
