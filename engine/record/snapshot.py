"""The book at one moment: what was open, and how far each unit stood from liquidation."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from crashsim.engine.arrays import Floats
from crashsim.engine.record.journal import Names, fit
from crashsim.engine.state.collateral import LotsOf
from crashsim.engine.state.health import RowsOf
from crashsim.engine.state.margin import MarginTables
from crashsim.engine.state.state import State


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Sizes (P,), marks (M,), and per unit (U,) in USD: cash, equity, mm, notional, collateral."""

    mark: Floats
    size: Floats
    cash_usd: Floats
    equity_usd: Floats
    mm_usd: Floats
    notional_usd: Floats
    collateral_usd: Floats

    @classmethod
    def of(cls, state: State, tables: MarginTables, mark: Floats) -> "Snapshot":
        """The present state at these marks, (M,) without NaN."""
        every = np.arange(state.cash.size, dtype=np.intp)
        sums = RowsOf(state, tables, every).sums(mark)
        return cls(
            mark=mark,
            size=state.size.copy(),
            cash_usd=state.cash.copy(),
            equity_usd=sums["equity"],
            mm_usd=sums["mm"],
            notional_usd=sums["unit_notional"],
            collateral_usd=np.zeros(every.size) + LotsOf(state.collateral, every).value_usd(mark),
        )


def positions_table(table: str, state: State, names: Names, at: Snapshot) -> pl.DataFrame:
    """The open positions of a snapshot as `positions_start` or `positions_end`."""
    rows = np.flatnonzero(at.size)
    row, market = pl.Series(rows), pl.Series(state.row_market[rows])
    size, entry = at.size[rows], state.entry[rows]
    mark = at.mark[state.row_market[rows]]
    columns = {
        "account": names.holder(row),
        "market": names.market(market),
        "margin_mode": names.mode(row),
        "size": pl.Series(size),
        "entry_price": pl.Series(entry),
        "mark_price": pl.Series(mark),
        "upnl_usd": pl.Series(size * (mark - entry)),
    }
    return fit(table, columns).sort("account", "market", "margin_mode")


def units_table(state: State, names: Names, start: Snapshot, end: Snapshot) -> pl.DataFrame:
    """One row a unit, columns of `engine.record.tables`, in the order of unit ids."""
    columns = {
        "account": names.account(pl.Series(state.unit_account)),
        "margin_mode": names.unit_mode(np.arange(state.cash.size)),
        "market": names.market(pl.Series(state.unit_market)).fill_null(""),
        **_amounts("start", start),
        **_amounts("end", end),
    }
    return fit("units", columns)


def _amounts(when: str, at: Snapshot) -> dict[str, pl.Series]:
    amounts = ("cash", "equity", "mm", "notional", "collateral")
    return {f"{name}_{when}_usd": pl.Series(getattr(at, f"{name}_usd")) for name in amounts}
