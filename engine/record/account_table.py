"""The accounts table: what happened to each account, summed from the journal."""

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from crashsim.engine.arrays import Flags, Floats, sum_by
from crashsim.engine.record.events import Closing, FlowResult, LossShare, Shortfall
from crashsim.engine.record.fill_journal import fills_frame
from crashsim.engine.record.journal import frame_of
from crashsim.engine.record.snapshot import Snapshot
from crashsim.engine.record.tables import polars_schema
from crashsim.engine.run import Run
from crashsim.engine.state.state import State

IN_DEBT_USD = 0.01
# What an account is worth after the last step, USD: an expression over this table.
NET_END_USD = pl.col("equity_end") - pl.col("debt_end")


def _by_account(state: State, by_unit: Floats) -> Floats:
    return sum_by(state.unit_account, by_unit, len(state.accounts))


def accounts_table(run: Run, opening: Snapshot, closing: Snapshot, marks: Floats) -> pl.DataFrame:
    """One row an account, columns of `engine.record.tables`; `marks` is (T, M) without NaN."""
    state = run.state
    sums = _Sums(run, marks)
    equity_end = _by_account(state, closing.equity_usd)
    columns: dict[str, Any] = {
        "account": state.accounts,
        "cash_start": opening.cash_usd[state.cross_unit],
        "equity_start": _by_account(state, opening.equity_usd),
        "cash_end": state.cash[state.cross_unit],
        "equity_end": equity_end,
        "debt_end": state.debt,
        "debt_peak_usd": state.debt_peak,
        "funding_usd": _by_account(state, state.funding_usd),
        "was_in_debt": state.debt_peak >= IN_DEBT_USD,
        "ended_in_debt": state.debt >= IN_DEBT_USD,
        "ended_underwater": (equity_end < 0.0) & _has_open(state),
        **sums.closings(),
        **sums.losses(),
        **sums.flows(),
    }
    return pl.DataFrame(
        [pl.Series(name, columns[name], dtype=t) for name, t in polars_schema("accounts").items()]
    )


def _has_open(state: State) -> Flags:
    is_open = sum_by(state.row_unit, state.size != 0.0, state.cash.size)
    return _by_account(state, is_open) > 0


class _Sums:
    """Sums of the journal by account, arrays (N,) in USD."""

    def __init__(self, run: Run, marks: Floats) -> None:
        self._run = run
        self._marks = marks
        self._row_account = run.state.unit_account[run.state.row_unit]

    def _sum(self, account: NDArray[np.integer], values: Floats) -> Floats:
        return sum_by(account, values, len(self._run.state.accounts))

    def _total(self, frame: pl.DataFrame, column: str) -> Floats:
        return self._sum(frame["account"].to_numpy(), frame[column].to_numpy())

    def closings(self) -> dict[str, Floats | Flags]:
        """Book, takeover and both sides of auto-deleveraging."""
        closed = frame_of(self._run.events.closings, Closing).filter(pl.col("account") >= 0)
        fills = fills_frame(self._run.events.adl_fills)
        won = fills.filter(pl.col("winner_row") >= 0)
        lost = fills.filter(pl.col("loser_row") >= 0)
        account = closed["account"].to_numpy()
        winner = self._row_account[won["winner_row"].to_numpy()]
        loser = self._row_account[lost["loser_row"].to_numpy()]
        cost = (won["side"] * won["qty"]).to_numpy() * (self._mark(won) - won["price"].to_numpy())
        realised = self._sum(account, self._realised(closed, "row", 1))
        realised = realised + self._sum(winner, self._realised(won, "winner_row", 1))
        realised = realised + self._sum(loser, self._realised(lost, "loser_row", -1))
        return {
            "realised_pnl_usd": realised,
            "liquidated_notional_usd": self._sum(account, self._notional(closed)),
            "fees_usd": self._total(closed, "fee_usd"),
            "was_liquidated": self._sum(account, np.ones(account.size)) > 0,
            "adl_notional_usd": self._sum(winner, self._notional(won)),
            "adl_fills": self._sum(winner, np.ones(winner.size)),
            "adl_cost_usd": self._sum(winner, cost),
            "was_deleveraged": self._sum(winner, np.ones(winner.size)) > 0,
        }

    def _mark(self, frame: pl.DataFrame) -> Floats:
        marks: Floats = self._marks[frame["step"].to_numpy(), frame["market"].to_numpy()]
        return marks

    def _notional(self, frame: pl.DataFrame) -> Floats:
        return frame["qty"].to_numpy() * self._mark(frame)

    def _realised(self, frame: pl.DataFrame, row: str, sign: int) -> Floats:
        """Profit of closing; `sign` turns the journal's side into that of this row's position."""
        side = sign * frame["side"].to_numpy()
        entry = self._run.state.entry[frame[row].to_numpy()]
        gain: Floats = side * frame["qty"].to_numpy() * (frame["price"].to_numpy() - entry)
        return gain

    def losses(self) -> dict[str, Floats]:
        """Shortfalls, and charges for those of others."""
        short = frame_of(self._run.events.shortfalls, Shortfall)
        shares = frame_of(self._run.events.loss_shares, LossShare)
        return {
            "shortfall_usd": self._total(short, "shortfall_usd"),
            "loss_share_usd": self._total(shares, "amount_usd"),
        }

    def flows(self) -> dict[str, Floats]:
        """Deposits and withdrawals."""
        flows = frame_of(self._run.events.flows, FlowResult)
        paid_in = flows.filter(pl.col("kind") == "deposit")
        paid_out = flows.filter(pl.col("kind") == "withdrawal")
        return {
            "deposits_usd": self._total(paid_in, "amount_usd"),
            "deposits_to_debt_usd": self._total(paid_in, "to_debt_usd"),
            "withdrawals_usd": self._total(paid_out, "credited_usd"),
            "withdrawals_refused_usd": self._total(paid_out, "refused_usd"),
        }
