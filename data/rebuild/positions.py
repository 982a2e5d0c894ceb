"""Positions at a moment: the snapshot's, moved by every fill since."""

from dataclasses import dataclass

import polars as pl

_KEY = ["account", "market"]
_DUST = 1e-9  # of the larger size: decimal text does not add up exactly in binary


@dataclass(frozen=True)
class Held:
    """Positions after the last fill, and what the fills did not explain.

    frame: account, market, size (signed, not 0), entry_price, is_cross, leverage; ascending by
    account and market. breaks: fills whose start position is not where the one before it (or the
    snapshot) ended: a fill is missing or the snapshot is of another moment. The fill is believed.
    """

    frame: pl.DataFrame
    breaks: int


def positions_after(snapshot: pl.DataFrame, fills: pl.DataFrame) -> Held:
    """Fold fills, in order, into the positions of the snapshot.

    An opening fill averages the entry price, a closing one keeps it, one that turns the position
    around sets it. A position that was closed in between is opened again as cross: the fills do not
    say how it is margined.
    """
    start = snapshot.select(*_KEY, "size", "entry_price", "is_cross", "leverage")
    if fills.is_empty():
        return Held(start.sort(_KEY), 0)
    sign = pl.when(pl.col("side") == "buy").then(1.0).otherwise(-1.0)
    moves = fills.select(*_KEY, "start_position", "price", delta=sign * pl.col("size"))
    untouched = start.join(moves.select(_KEY).unique(), on=_KEY, how="anti")
    rows = []
    breaks = 0
    before = {(row[0], row[1]): row[2:] for row in start.iter_rows()}
    for key, group in moves.group_by(_KEY, maintain_order=True):
        account, market = str(key[0]), str(key[1])
        size, entry, is_cross, leverage = before.get((account, market), (0.0, 0.0, True, None))
        folded = _fold(size, entry, group)
        breaks += folded.breaks
        if folded.size:
            kept = not folded.was_closed
            mode = (is_cross, leverage) if kept else (True, None)
            rows.append((account, market, folded.size, folded.entry, *mode))
    moved = pl.DataFrame(rows, schema=start.schema, orient="row")
    return Held(pl.concat([untouched, moved]).sort(_KEY), breaks)


@dataclass(frozen=True)
class _Folded:
    size: float
    entry: float
    was_closed: bool
    breaks: int


def _fold(size: float, entry: float, moves: pl.DataFrame) -> _Folded:
    breaks = 0
    was_closed = size == 0.0
    columns = moves.select("start_position", "price", "delta").iter_rows()
    for said_start, price, delta in columns:
        start = size if said_start is None else said_start
        if abs(start - size) > _DUST * max(abs(start), abs(size)):
            breaks += 1
            was_closed = was_closed or start * size <= 0
            entry = entry if start * size > 0 else price
        end = start + delta
        if abs(end) <= _DUST * max(abs(start), abs(delta)):
            end = 0.0
        entry = _entry_after(start, end, entry, price)
        was_closed = was_closed or end * start <= 0
        size = end
    return _Folded(size, entry, was_closed, breaks)


def _entry_after(start: float, end: float, entry: float, price: float) -> float:
    if start * end <= 0:  # opened, closed, or turned around
        return price
    if abs(end) > abs(start):
        return (abs(start) * entry + (abs(end) - abs(start)) * price) / abs(end)
    return entry
