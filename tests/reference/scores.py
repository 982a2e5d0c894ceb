"""Section 6: ADL scores, the presets as functions and some expressions beside their SQL."""

from collections.abc import Callable
from math import inf, isnan, nan

from tests.reference.chance import draw
from tests.reference.margin import bankruptcy_prices, maintenance
from tests.reference.model import Absorber, Market, Row, Unit, World

Score = Callable[[Row], float]


def columns(world: World, holder: Unit | Absorber, market: Market) -> Row:
    """Section 6: the columns of a candidate position and its unit.

    Divisions by an equity below 1e-9 use 1e-9. `seeded_place` comes later, with the whole list.
    """
    position, mark = holder.positions[market], world.mark[market]
    equity, margin = holder.equity(world.mark), maintenance(world, holder)
    divisor = equity
    if equity < 1e-9:
        world.reached("a score divides by the least equity")
        divisor = 1e-9
    upnl, notional = position.upnl(mark), position.notional(mark)
    return {
        "side": position.side,
        "size": position.size,
        "notional": notional,
        "entry_price": position.entry,
        "mark_price": mark,
        "bankruptcy_price": bankruptcy_prices(world, holder, equity)[market],
        "upnl": upnl,
        "pnl_frac": upnl / (abs(position.size) * position.entry),
        "equity": equity,
        "cash": holder.cash,
        "mm": margin,
        "margin_ratio": margin / divisor,
        "unit_notional": holder.notional(world.mark),
        "leverage": holder.notional(world.mark) / divisor,
        "position_leverage": notional / divisor,
        "unit_upnl": holder.upnl(world.mark),
        "opened_at": _opened_ms(world, holder, market),
        "rand": draw(world.case.seed, world.step, holder.name, market),
    }


def _opened_ms(world: World, holder: Unit | Absorber, market: Market) -> float:
    """When a position was opened; nan where that is not known, as of an absorber's."""
    for row in world.case.positions:
        if (row["account"], row["market"], row["margin_mode"]) == (
            holder.name,
            market,
            holder.mode,
        ):
            opened = row.get("opened_at_ms")
            return nan if opened is None else float(opened)
    return nan


def divide(numerator: float, denominator: float) -> float:
    """IEEE division, as a column's."""
    if denominator != 0:
        return numerator / denominator
    return nan if numerator == 0 or isnan(numerator) else (inf if numerator > 0 else -inf)


def bitmex(c: Row) -> float:
    """Section 6: pnl_frac times the effective leverage if positive, else over it."""
    distance = c["side"] * (c["mark_price"] - c["bankruptcy_price"])
    effective_leverage = divide(c["mark_price"], distance)
    if c["pnl_frac"] > 0:
        return float(c["pnl_frac"] * effective_leverage)
    return divide(c["pnl_frac"], effective_leverage)


def binance(c: Row) -> float:
    """Section 6: `(max(0, upnl) / max(1, cash)) * margin_ratio`."""
    return float(max(0.0, c["upnl"]) / max(1.0, c["cash"]) * c["margin_ratio"])


def hyperliquid(c: Row) -> float:
    """Section 6: `(mark / entry)^side * position_leverage`."""
    return float((c["mark_price"] / c["entry_price"]) ** c["side"] * c["position_leverage"])


def okx(c: Row) -> float:
    """Section 6: `pnl_frac * margin_ratio` in profit, `pnl_frac / margin_ratio` in loss."""
    if c["pnl_frac"] > 0:
        return float(c["pnl_frac"] * c["margin_ratio"])
    return divide(c["pnl_frac"], c["margin_ratio"])


PRESETS: dict[str, Score] = {
    "bitmex": bitmex,
    "binance": binance,
    "hyperliquid": hyperliquid,
    "bybit": lambda c: float(c["pnl_frac"] * c["leverage"]),
    "okx": okx,
    "aster": lambda c: 0.0 if c["equity"] <= 0 else binance(c),
    "ethereal": lambda c: float(c["leverage"]),
    "lowest_leverage": lambda c: -float(c["leverage"]),
    "profit_usd": lambda c: float(c["upnl"]),
    "profit_frac": lambda c: float(c["pnl_frac"]),
    "leverage": lambda c: float(c["leverage"]),
    "size": lambda c: float(c["notional"]),
    "newest": lambda c: c["opened_at"],
    "oldest": lambda c: -c["opened_at"],
    "random": lambda c: float(c["rand"]),
    "dydx": lambda c: -float(c["seeded_place"]),
}

EXPRESSIONS: dict[str, Score] = {
    "upnl * 2 - notional": lambda c: c["upnl"] * 2 - c["notional"],
    "-leverage": lambda c: -c["leverage"],
    "CASE WHEN side > 0 THEN pnl_frac ELSE position_leverage END": lambda c: (
        c["pnl_frac"] if c["side"] > 0 else c["position_leverage"]
    ),
    "ABS(size) + 0.5 * rand": lambda c: abs(c["size"]) + 0.5 * c["rand"],
    "(mark_price - bankruptcy_price) * side / entry_price": lambda c: (
        (c["mark_price"] - c["bankruptcy_price"]) * c["side"] / c["entry_price"]
    ),
    "unit_upnl + cash - equity + mm": lambda c: c["unit_upnl"] + c["cash"] - c["equity"] + c["mm"],
    "margin_ratio * unit_notional": lambda c: c["margin_ratio"] * c["unit_notional"],
    "notional * 0": lambda c: 0.0,
    "seeded_place * 2 + side": lambda c: c["seeded_place"] * 2 + c["side"],
}


def score_of(name: str) -> Score:
    """A preset by its name, else an expression by its SQL text."""
    return PRESETS[name] if name in PRESETS else EXPRESSIONS[name]
