"""Rule 1: deposits and withdrawals."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl

from crashsim.data.schema import Flows, Tape
from crashsim.engine.events import FlowResult
from crashsim.engine.run import Run
from crashsim.engine.step import Step
from crashsim.engine.unit import credit, measure, touch


@dataclass(frozen=True, slots=True)
class Flow:
    """One deposit or withdrawal."""

    time_ms: int
    account: int
    kind: str
    amount_usd: float


def flows_by_step(flows: Flows | None, tape: Tape, accounts: list[str]) -> dict[int, list[Flow]]:
    """Flows with time in (t_{k-1}, t_k] under step k, by time, then file order.

    Flows after the last step are not part of the replay.
    """
    if flows is None or flows.frame.is_empty():
        return {}
    frame = flows.frame.sort("time", maintain_order=True)
    ids = pl.DataFrame({"account": accounts}).with_row_index("id")
    frame = frame.join(ids, on="account", how="left", maintain_order="left")
    times = frame["time"].dt.epoch("ms").to_numpy()
    steps = np.searchsorted(tape.time_ms, times, side="left")
    found: dict[int, list[Flow]] = {}
    for step, flow in zip(steps.tolist(), _rows(frame, times), strict=True):
        if step < tape.time_ms.size:
            found.setdefault(step, []).append(flow)
    return found


def _rows(frame: pl.DataFrame, times: np.ndarray) -> Iterator[Flow]:
    columns = (frame[name].to_list() for name in ("id", "kind", "amount"))
    for time_ms, account, kind, amount in zip(times.tolist(), *columns, strict=True):
        yield Flow(time_ms, account, kind, amount)


def apply_flow(run: Run, step: Step, flow: Flow) -> None:
    """Carry out one flow and record what became of it."""
    if flow.kind == "deposit":
        to_debt = credit(run.state, step, flow.account, flow.amount_usd, run.nets_debt)
        credited, refused = flow.amount_usd - to_debt, 0.0
    else:
        to_debt = 0.0
        credited = _withdraw(run, step, flow)
        refused = flow.amount_usd - credited
    run.events.flows.append(
        FlowResult(
            flow.time_ms, flow.account, flow.kind, flow.amount_usd, credited, to_debt, refused
        )
    )


def _withdraw(run: Run, step: Step, flow: Flow) -> float:
    unit = int(run.state.cross_unit[flow.account])
    margin = measure(run.state, run.tables, unit, step.prices)
    free = margin.equity_usd - run.venue.withdraw_margin * margin.mm_usd
    paid = min(flow.amount_usd, max(0.0, min(float(run.state.cash[unit]), free)))
    run.state.cash[unit] -= paid
    touch(step, unit)
    return paid
