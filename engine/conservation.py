"""Nothing appears or vanishes (SEMANTICS section 4)."""

from dataclasses import dataclass

import numpy as np

from crashsim.engine.arrays import Floats, dot
from crashsim.engine.errors import ConservationError
from crashsim.engine.state import State

TOLERANCE_FRAC = 1e-9


@dataclass(frozen=True, slots=True)
class Totals:
    """Wealth as a function of marks: fixed_usd + net_size . mark; net_size is (M,)."""

    fixed_usd: float
    net_size: Floats


class Conservation:
    """Checks at every step that wealth changed only by deposits less withdrawals paid.

    Wealth is summed afresh from all positions whenever anything moved. Residuals are relative to
    the gross notional and cash at the start (positions are only closed after it) and the flows
    since, so that rounding of closed positions is not measured against an empty book.
    """

    def __init__(self, state: State, mark: Floats) -> None:
        self._state = state
        self._by_market = np.argsort(state.row_market, kind="stable")
        self._held, self._first = np.unique(state.row_market[self._by_market], return_index=True)
        self._totals = self._sum()
        self._start_usd = self._wealth(mark)
        gross = dot(np.abs(state.size), mark[state.row_market])
        self._gross_usd = max(gross, float(np.abs(state.cash).sum()))
        self.net_flows_usd = 0.0
        self.largest_frac = 0.0

    def check(self, step: int, mark: Floats, anything_moved: bool) -> None:
        """Raise ConservationError when the residual exceeds 1e-9 of gross."""
        if anything_moved:
            self._totals = self._sum()
        self._note(step, "wealth", self._wealth(mark) - self._start_usd - self.net_flows_usd)
        if anything_moved:
            self._note(step, "sizes", dot(np.abs(self._totals.net_size), mark))

    def _note(self, step: int, what: str, residual_usd: float) -> None:
        scale = max(self._gross_usd, abs(self.net_flows_usd))
        residual = abs(residual_usd) / scale if scale > 0.0 else abs(residual_usd)
        self.largest_frac = max(self.largest_frac, residual)
        if not residual <= TOLERANCE_FRAC:
            raise ConservationError(
                f"conservation of {what} is broken at step {step}: off by {residual_usd:.6g} USD, "
                f"{residual:.3g} of gross; at most {TOLERANCE_FRAC:g} is allowed"
            )

    def _wealth(self, mark: Floats) -> float:
        return self._totals.fixed_usd + dot(self._totals.net_size, mark)

    def _sum(self) -> Totals:
        state = self._state
        net = state.outside.size.copy()
        if self._held.size:
            net[self._held] += np.add.reduceat(state.size[self._by_market], self._first)
        fixed = float(state.cash.sum()) - dot(state.size, state.entry)
        fixed += state.outside.cash_usd + state.platform_cash_usd
        for absorber in state.absorbers:
            net += absorber.size
            fixed += absorber.cash_usd - dot(absorber.size, absorber.entry)
        return Totals(fixed, net)
