"""The fixed shape of a state: its units, and the rows of positions that each of them holds."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from crashsim.data.schema import Book
from crashsim.engine.arrays import Flags, Floats, Indices, index_in

CROSS = -1  # unit_market of a cross unit


@dataclass(frozen=True, slots=True)
class Shape:
    """N accounts, U units ascending by (account, market of an isolated position), P rows by unit.

    accounts: (N,) ids, ascending. unit_account, unit_market, cash: (U,). cross_unit: (N,).
    unit_first_row: (U + 1,). position: (P,) the book's position of each row, ordered by unit, then
    market. row_unit, row_market: (P,).
    """

    accounts: pl.Series
    unit_account: Indices
    unit_market: Indices
    cash: Floats
    cross_unit: Indices
    unit_first_row: Indices
    position: Indices
    row_unit: Indices
    row_market: Indices


def shape_of(book: Book, markets: tuple[str, ...]) -> Shape:
    """The units and rows of a book. Frames are as `data.schema` documents them, in any order.

    Names become numbers here, once. Positions in a market that is not among these have no row.
    """
    accounts = book.accounts.sort("account")
    held = _Held(book.positions, accounts["account"], markets)
    width = len(markets) + 1  # an account's cross unit, then one for each market
    cross = np.arange(accounts.height, dtype=np.intp) * width
    margins = book.positions["isolated_margin"].to_numpy()[held.position[held.is_isolated]]
    unit = held.owner * width + np.where(held.is_isolated, held.market + 1, 0)
    code = np.concatenate((cross, unit[held.is_isolated]))
    order = np.argsort(code, kind="stable")
    code = code[order]
    rows = _ascending(unit * width + held.market)
    row_unit = np.searchsorted(code, unit[rows])
    counts = np.bincount(row_unit, minlength=code.size)
    unit_market = code % width - 1
    return Shape(
        accounts=accounts["account"],
        unit_account=code // width,
        unit_market=unit_market,
        cash=np.concatenate((accounts["cash"].to_numpy(), margins))[order].astype(np.float64),
        cross_unit=np.flatnonzero(unit_market == CROSS),
        unit_first_row=np.concatenate(([0], np.cumsum(counts))).astype(np.intp),
        position=held.position[rows],
        row_unit=row_unit,
        row_market=held.market[rows],
    )


class _Held:
    """The positions that have a row, in the order of the book; arrays (P,)."""

    position: Indices
    owner: Indices
    market: Indices
    is_isolated: Flags

    def __init__(self, positions: pl.DataFrame, accounts: pl.Series, markets: tuple[str, ...]):
        places = _owners(positions["account"], accounts)
        market = positions.select(index_in("market", markets)).to_series()
        self.position = np.flatnonzero((places.is_not_null() & market.is_not_null()).to_numpy())
        self.owner = places.fill_null(0).to_numpy().astype(np.intp)[self.position]
        self.market = market.fill_null(0).to_numpy().astype(np.intp)[self.position]
        isolated = (positions["margin_mode"] == "isolated").to_numpy()
        self.is_isolated = isolated[self.position]


def _owners(account: pl.Series, accounts: pl.Series) -> pl.Series:
    """The place of each id among these. An account's positions lie together: it is asked once."""
    runs = account.rle_id()
    first = account.filter(runs.diff(null_behavior="ignore").fill_null(1) > 0)
    known = pl.DataFrame({"account": accounts}).with_row_index("place")
    asked = pl.DataFrame({"account": first})
    return asked.join(known, on="account", how="left", maintain_order="left")["place"].gather(runs)


def _ascending(key: Indices) -> Indices:
    """What sorts these keys, (n,); most books come sorted."""
    if np.all(key[1:] >= key[:-1]):
        return np.arange(key.size, dtype=np.intp)
    return np.argsort(key, kind="stable")
