"""Rule 1: deposits and withdrawals."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from crashsim.data.schema import Flows, Tape
from crashsim.engine.arrays import index_in
from crashsim.engine.record.events import FlowResult, LossShare
from crashsim.engine.run import Run
from crashsim.engine.state.step import Step
from crashsim.engine.state.unit import credit, measure, touch, upnl_usd


@dataclass(frozen=True, slots=True)
class Flow:
    """One deposit or withdrawal."""

    time_ms: int
    account: int
    kind: str
    amount_usd: float


def flows_by_step(flows: Flows | None, tape: Tape, accounts: pl.Series) -> dict[int, list[Flow]]:
    """Flows with time in (t_{k-1}, t_k] under step k, by time, then file order.

    Flows after the last step are not part of the replay.
    """
    if flows is None or flows.frame.is_empty():
        return {}
    frame = flows.frame.sort("time", maintain_order=True)
    frame = frame.with_columns(id=index_in("account", accounts))
    times = frame["time"].dt.epoch("ms").to_numpy()
    steps = np.searchsorted(tape.time_ms, times, side="left")
    found: dict[int, list[Flow]] = {}
    columns = (frame[name].to_list() for name in ("id", "kind", "amount"))
    for step, *flow in zip(steps.tolist(), times.tolist(), *columns, strict=True):
        if step < tape.time_ms.size:
            found.setdefault(step, []).append(Flow(*flow))
    return found


def apply_flow(run: Run, step: Step, flow: Flow, settled_marks: list[float] | None) -> None:
    """Carry out one flow and record what became of it.

    settled_marks: marks of the last settlement of profits, (M,), where the venue settles them.
    """
    if flow.kind == "deposit":
        to_debt = credit(run.state, step, flow.account, flow.amount_usd, run.nets_debt)
        credited, refused = flow.amount_usd - to_debt, 0.0
    else:
        to_debt = 0.0
        allowed = _allowed(run, step, flow, settled_marks)
        credited = allowed - _haircut(run, step, flow, allowed)
        unit = int(run.state.cross_unit[flow.account])
        run.state.cash_at[unit] -= allowed
        touch(step, unit)
        refused = flow.amount_usd - allowed
    run.events.flows.append(
        FlowResult(
            time_ms=flow.time_ms,
            account=flow.account,
            kind=flow.kind,
            amount_usd=flow.amount_usd,
            credited_usd=credited,
            to_debt_usd=to_debt,
            refused_usd=refused,
        )
    )


def _allowed(run: Run, step: Step, flow: Flow, settled_marks: list[float] | None) -> float:
    """What may be withdrawn: no more than cash and settled profit, nor what the margin leaves."""
    unit = int(run.state.cross_unit[flow.account])
    margin = measure(run.state, run.tables, unit, step.prices)
    free = margin.equity_usd - run.venue.withdraw_margin * margin.mm_usd
    spendable = run.state.cash_at[unit]
    if settled_marks is not None:
        spendable += upnl_usd(run.state, unit, settled_marks)
    return min(flow.amount_usd, max(0.0, min(spendable, free)))


def _haircut(run: Run, step: Step, flow: Flow, allowed_usd: float) -> float:
    """What a withdrawal is charged while losses are taken from withdrawals.

    The fraction is pool / (cash of all units + pool), after Paradex's socialised loss factor.
    """
    pool = run.haircut_pool_usd
    if pool <= 0.0 or allowed_usd <= 0.0:
        return 0.0
    cash = float(np.maximum(run.state.cash, 0.0).sum())
    charge = min(pool, allowed_usd * (pool / (cash + pool)))
    run.haircut_pool_usd -= charge
    run.state.platform_cash_usd += charge
    run.events.loss_shares.append(LossShare(step.index, flow.account, charge))
    return charge
