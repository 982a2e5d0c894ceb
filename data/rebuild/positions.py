"""Positions at a moment: the snapshot's, moved by every fill since."""

from collections.abc import Callable
from dataclasses import astuple, dataclass

import polars as pl

_KEY = ["account", "market"]
_FIELDS = (*_KEY, "size", "entry_price", "is_cross", "leverage", "margin")
_DUST = 1e-9  # of the larger size: decimal text does not add up exactly in binary


@dataclass(frozen=True)
class Held:
    """Positions after the last fill, and what the fills did not explain.

    frame: account, market, size (signed, not 0), entry_price, is_cross, leverage, margin (isolated,
    USD; null for cross and where it is unknown), is_moved (by a fill); ascending by account and
    market. breaks: fills whose start position is not where the one before it (or the
    snapshot) ended: a fill is missing or the snapshot is of another moment. The fill is believed.
    """

    frame: pl.DataFrame
    breaks: int


def positions_after(
    snapshot: pl.DataFrame,
    fills: pl.DataFrame,
    report: Callable[[int, int], None] | None = None,
) -> Held:
    """Fold fills, in order, into the positions of the snapshot.

    An opening fill averages the entry price, a closing one keeps it, one that turns the position
    around sets it. A position that was closed in between is opened again as cross: the fills do not
    say how it is margined. Isolated margin grows by what is opened at the position's leverage and
    is released in proportion to what is closed. report: told the markets done, and all of them.
    """
    start = snapshot.select(*_FIELDS)
    if fills.is_empty():
        return Held(start.with_columns(is_moved=False).sort(_KEY), 0)
    moves = fills.select(*_KEY, "side", "start_position", "price", "size")
    traded = fills["market"].unique().cast(pl.String)
    markets = pl.concat([start["market"], traded]).unique()
    # A market at a time: states of millions of pairs as objects take a gigabyte.
    held = []
    for number, name in enumerate(markets, 1):
        held.append(_of_market(name, start, moves))
        if report:
            report(number, len(markets))
    return Held(pl.concat([each.frame for each in held]).sort(_KEY), sum(h.breaks for h in held))


def _of_market(market: str, snapshot: pl.DataFrame, fills: pl.DataFrame) -> Held:
    """`positions_after` of one market, unsorted."""
    of_market = pl.col("market") == market
    start = snapshot.filter(of_market).drop("market")
    states = {account: _State(*values) for account, *values in start.iter_rows()}
    delta = pl.when(pl.col("side") == "buy").then(pl.col("size")).otherwise(-pl.col("size"))
    moves = fills.filter(of_market).select("account", "start_position", "price", delta=delta)
    # One pass over all fills: their order within an account is all that counts.
    breaks = 0
    for account, said_start, price, delta_qty in moves.iter_rows():
        state = states.get(account)
        if state is None:
            state = states[account] = _State(0.0, price, is_cross=True, leverage=None, margin=None)
        breaks += _apply(state, said_start, price, delta_qty)
    rows = [(account, market, *astuple(each)) for account, each in states.items() if each.size]
    schema = {**snapshot.schema, "is_moved": pl.Boolean()}
    return Held(pl.DataFrame(rows, schema=schema, orient="row"), breaks)


@dataclass(slots=True)
class _State:
    """One position while fills are applied to it."""

    size: float
    entry: float
    is_cross: bool
    leverage: float | None
    margin: float | None
    is_moved: bool = False


def _apply(state: _State, said_start: float | None, price: float, delta: float) -> bool:
    """Move a position by one fill; whether the fill begins elsewhere than the position is."""
    start = state.size if said_start is None else said_start
    is_break = abs(start - state.size) > _DUST * max(abs(start), abs(state.size))
    if is_break and start * state.size <= 0:
        state.entry = price
        _open_again(state)
    if is_break:
        state.margin = None
    end = start + delta
    if abs(end) <= _DUST * max(abs(start), abs(delta)):
        end = 0.0
    if end * start <= 0:
        _open_again(state)
    state.margin = _margin_after(state, start, end, price)
    state.entry = _entry_after(start, end, state.entry, price)
    state.size, state.is_moved = end, True
    return is_break


def _open_again(state: _State) -> None:
    state.is_cross, state.leverage, state.margin = True, None, None


def _margin_after(state: _State, start: float, end: float, price: float) -> float | None:
    if state.margin is None or abs(end) <= abs(start):
        return state.margin and state.margin * abs(end / start)
    return state.margin + (abs(end) - abs(start)) * price / (state.leverage or 1.0)


def _entry_after(start: float, end: float, entry: float, price: float) -> float:
    if start * end <= 0:  # opened, closed, or turned around
        return price
    if abs(end) > abs(start):
        return (abs(start) * entry + (abs(end) - abs(start)) * price) / abs(end)
    return entry
