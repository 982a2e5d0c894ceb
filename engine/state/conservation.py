"""Nothing appears or vanishes (docs/semantics.md, section 4)."""

import numpy as np

from crashsim.engine.arrays import Floats, Indices, dot, plain_sum, sum_by
from crashsim.engine.errors import ConservationError
from crashsim.engine.state.state import State

TOLERANCE_FRAC = 1e-9
FUND_TOLERANCE_FRAC = 1e-12  # of absorbers' cash: float64 adds cents to a fund of 1e12 coarsely


class Conservation:
    """Checks at every step that wealth changed only by deposits less withdrawals paid.

    The totals follow the units that were touched, and are summed afresh from all positions by
    `close`, so that a change of an untouched unit is found too. Residuals are relative to the gross
    notional and cash at the start (positions are only closed after it) and the flows since, so that
    rounding of closed positions is not measured against an empty book.
    """

    def __init__(self, state: State, mark: Floats) -> None:
        self._state = state
        self._sum_all()
        self._start_usd = self._wealth(mark)
        gross = dot(np.abs(state.size), mark[state.row_market])
        funds = plain_sum(abs(absorber.cash_usd) for absorber in state.absorbers)
        self._gross_usd = max(
            gross,
            float(np.abs(state.cash).sum()),
            funds * (FUND_TOLERANCE_FRAC / TOLERANCE_FRAC),
        )
        self.net_flows_usd = 0.0
        self.largest_frac = 0.0

    def check(self, step: int, mark: Floats, touched: Indices | None) -> None:
        """Raise ConservationError when a residual exceeds 1e-9 of gross.

        touched: units whose cash or sizes changed, and maybe absorbers, outside or platform; None
        when any unit may have changed.
        """
        if touched is None:
            self._sum_all()
        elif touched.size:
            self._follow(touched)
        self._note(step, "wealth", self._wealth(mark) - self._start_usd - self.net_flows_usd)
        self._note(step, "sizes", dot(np.abs(self._net_size()), mark))

    def check_quiet(self, first: int, marks: Floats) -> None:
        """`check` for the steps from `first` on, at which nothing changed but marks, (k, M)."""
        net = self._net_size()
        wealth = self._fixed_usd() + (net * marks).sum(axis=1)
        self._note_worst(first, "wealth", wealth - self._start_usd - self.net_flows_usd)
        self._note_worst(first, "sizes", (np.abs(net) * marks).sum(axis=1))

    def close(self, step: int, mark: Floats) -> None:
        """The check once more, from all units."""
        self.check(step, mark, None)

    def _sum_all(self) -> None:
        state = self._state
        self._seen_size, self._seen_cash = state.size.copy(), state.cash.copy()
        self._units_net = sum_by(state.row_market, state.size, len(state.markets))
        self._units_fixed_usd = float(state.cash.sum()) - dot(state.size, state.entry)

    def _follow(self, units: Indices) -> None:
        state = self._state
        rows = state.expand(units)
        change = state.size[rows] - self._seen_size[rows]
        self._units_net += sum_by(state.row_market[rows], change, len(state.markets))
        cash = float((state.cash[units] - self._seen_cash[units]).sum())
        self._units_fixed_usd += cash - dot(change, state.entry[rows])
        self._seen_size[rows], self._seen_cash[units] = state.size[rows], state.cash[units]

    def _net_size(self) -> Floats:
        net = self._units_net + self._state.outside.size
        net += self._state.absorber_size.sum(axis=0)
        return net

    def _wealth(self, mark: Floats) -> float:
        return self._fixed_usd() + dot(self._net_size(), mark)

    def _fixed_usd(self) -> float:
        """The part of all wealth that does not move with marks."""
        state = self._state
        fixed = self._units_fixed_usd + state.outside.cash_usd + state.platform_cash_usd
        holding = set(state.holding_absorbers())
        for place, absorber in enumerate(state.absorbers):
            entry_usd = dot(absorber.size, absorber.entry) if place in holding else 0.0
            fixed += absorber.cash_usd - entry_usd
        return fixed

    def _note_worst(self, first: int, what: str, residual_usd: Floats) -> None:
        worst = int(np.abs(residual_usd).argmax())
        self._note(first + worst, what, float(residual_usd[worst]))

    def _note(self, step: int, what: str, residual_usd: float) -> None:
        scale = max(self._gross_usd, abs(self.net_flows_usd))
        residual = abs(residual_usd) / scale if scale > 0.0 else abs(residual_usd)
        self.largest_frac = max(self.largest_frac, residual)
        if not residual <= TOLERANCE_FRAC:
            raise ConservationError(
                f"conservation of {what} is broken at step {step}: off by {residual_usd:.6g} USD, "
                f"{residual:.3g} of gross; at most {TOLERANCE_FRAC:g} is allowed"
            )
