"""Equity, maintenance margin and bankruptcy prices of one unit, and the closing of a position."""

from typing import NamedTuple

from crashsim.engine.state.margin import MarginTables
from crashsim.engine.state.shape import CROSS
from crashsim.engine.state.state import State
from crashsim.engine.state.step import Step

DUST_FRAC = 1e-12  # a remainder of this part of a size is nothing (docs/semantics.md, section 3)


# Tens of thousands of these are made in a replay; a named tuple costs a third of a frozen class.
class OpenRow(NamedTuple):
    """One open position of a unit at the step's mark."""

    row: int
    market: int
    size: float
    notional_usd: float
    mm_usd: float


class UnitMargin(NamedTuple):
    """A unit measured at one moment. Rows are by notional descending, ties by market name."""

    equity_usd: float
    mm_usd: float
    gross_usd: float
    rows: list[OpenRow]

    def share(self, row: OpenRow) -> float:
        """This position's share of the unit's equity.

        In proportion to maintenance margin, or to notional where there is none.
        """
        return row.mm_usd / self.mm_usd if self.mm_usd > 0.0 else row.notional_usd / self.gross_usd

    def bankruptcy_price(self, row: OpenRow, mark: float) -> float:
        """The price that loses exactly this position's share of the unit's equity."""
        return mark - self.equity_usd * self.share(row) / row.size


def measure(state: State, tables: MarginTables, unit: int, prices: list[float]) -> UnitMargin:
    """Measure one unit at these marks (a list of M prices)."""
    fixed = state.fixed
    first, end = fixed.first_row[unit], fixed.first_row[unit + 1]
    upnl = mm = gross = 0.0
    rows = []
    for row in range(first, end):
        size = state.size_at[row]
        if size == 0.0:
            continue
        market = fixed.row_market[row]
        price = prices[market]
        notional = abs(size) * price
        row_mm = tables.one(market, notional)
        upnl += size * (price - fixed.entry[row])
        mm += row_mm
        gross += notional
        rows.append(OpenRow(row, market, size, notional, mm_usd=row_mm))
    if len(rows) > 1:
        rows.sort(key=lambda row: (-row.notional_usd, row.market))
    equity = state.cash_at[unit] + upnl
    if not state.collateral.is_empty:
        equity += state.collateral.value_usd(unit, prices)
    return UnitMargin(equity, mm, gross, rows)


def upnl_usd(state: State, unit: int, prices: list[float]) -> float:
    """The unrealised profit of one unit at these marks (a list of M prices)."""
    fixed = state.fixed
    first, end = fixed.first_row[unit], fixed.first_row[unit + 1]
    upnl = 0.0
    for row in range(first, end):
        upnl += state.size_at[row] * (prices[fixed.row_market[row]] - fixed.entry[row])
    return upnl


def equity_usd(state: State, unit: int, prices: list[float]) -> float:
    """The equity of one unit at these marks: that of `measure`, without the work for its margin."""
    equity = state.cash_at[unit] + upnl_usd(state, unit, prices)
    if not state.collateral.is_empty:
        equity += state.collateral.value_usd(unit, prices)
    return equity


def health_of(
    state: State, tables: MarginTables, unit: int, prices: list[float]
) -> tuple[float, float]:
    """Equity and maintenance margin of one unit: those of `measure`, without its list of rows."""
    fixed = state.fixed
    mm = 0.0
    for row in range(fixed.first_row[unit], fixed.first_row[unit + 1]):
        size = state.size_at[row]
        if size != 0.0:
            market = fixed.row_market[row]
            mm += tables.one(market, abs(size) * prices[market])
    return equity_usd(state, unit, prices), mm


def settle(amount: float, reference: float) -> float:
    """`amount`, or 0 where it is at most a rounding remainder of `reference`."""
    return 0.0 if abs(amount) <= DUST_FRAC * abs(reference) else amount


def close_row(state: State, step: Step, row: int, qty: float, price: float, start: float) -> None:
    """Close qty of a unit's position at this price; `start` is its size when the rule began."""
    fixed = state.fixed
    unit = fixed.row_unit[row]
    size = state.size_at[row]
    side = 1.0 if size > 0 else -1.0
    state.cash_at[unit] += side * qty * (price - fixed.entry[row])
    state.size_at[row] = settle(size - side * qty, start)
    market = fixed.row_market[row]
    step.closed_gross.add(unit, qty * step.prices[market], market)
    touch(step, unit)


def touch(step: Step, unit: int) -> None:
    """Note that the unit's cash or size changed."""
    step.touched.add(unit)


def return_isolated(state: State, step: Step, unit: int, net_debt: bool) -> None:
    """A closed isolated unit gives its positive cash back to its account's cross unit at once."""
    if state.fixed.unit_market[unit] == CROSS:
        return
    cash = state.cash_at[unit]
    if cash <= 0.0 or state.has_position(unit):
        return
    state.cash_at[unit] = 0.0
    credit(state, step, state.fixed.unit_account[unit], cash, net_debt)


def credit(state: State, step: Step, account: int, amount_usd: float, net_debt: bool) -> float:
    """Money comes to a cross account; what repaid its debt first is returned (rule "Credits")."""
    repaid = min(amount_usd, float(state.debt[account])) if net_debt else 0.0
    if repaid > 0.0:
        state.debt[account] -= repaid
        state.platform_cash_usd += repaid
        state.debt_touched.add(account)
    unit = int(state.cross_unit[account])
    state.cash_at[unit] += amount_usd - repaid
    step.credited.append(unit)
    touch(step, unit)
    return repaid
