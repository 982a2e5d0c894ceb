"""Rule 2: funding between longs and shorts."""

from crashsim.engine.arrays import Floats, dot, sum_by
from crashsim.engine.run import Run
from crashsim.engine.state.step import Step


def apply_funding(run: Run, step: Step, rate: Floats) -> None:
    """Every position pays size * mark * rate; `rate` is (M,), 0 where none is given."""
    state = run.state
    per_qty = step.mark * rate
    paid = sum_by(state.row_unit, state.size * per_qty[state.row_market], state.cash.size)
    state.cash -= paid
    state.funding_usd -= paid
    for absorber in state.absorbers:
        absorber.cash_usd -= dot(absorber.size, per_qty)
    state.outside.cash_usd -= dot(state.outside.size, per_qty)
    step.all_touched = True
