"""The replay: a loop over the tape that applies docs/semantics.md, section 3, rule by rule."""

from collections.abc import Callable
from dataclasses import replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from crashsim.data.schema import Book, Flows, Tape
from crashsim.engine.adl.candidates import SideRows
from crashsim.engine.adl.scores import Score, compile_score
from crashsim.engine.arrays import Indices
from crashsim.engine.record.equity_path import PathRecorder
from crashsim.engine.record.events import TimelineRow
from crashsim.engine.record.outcome import Outcome
from crashsim.engine.record.results import outcome_of
from crashsim.engine.record.snapshot import Snapshot
from crashsim.engine.rules.book_liquidation import liquidate_on_book
from crashsim.engine.rules.deleveraging import deleverage
from crashsim.engine.rules.flows import Flow, apply_flow, flows_by_step
from crashsim.engine.rules.funding import apply_funding
from crashsim.engine.rules.shortfalls import settle_shortfalls
from crashsim.engine.rules.takeover import NOBODY_DUE, take_over
from crashsim.engine.rules.unwind import unwind
from crashsim.engine.run import Run
from crashsim.engine.search import DenseSearch, PrunedSearch, Search
from crashsim.engine.sharing import Rule, rule_named
from crashsim.engine.state.conservation import Conservation
from crashsim.engine.state.flagged import flag
from crashsim.engine.state.margin import MarginTables
from crashsim.engine.state.state import open_state
from crashsim.engine.state.step import OrderBook, Step
from crashsim.scenarios.models.venue import Venue

Progress = Callable[[int, int], None]
_QUIET_STEPS = 1_000  # whose conservation is checked at once


def replay(
    tape: Tape,
    book: Book,
    flows: Flows | None,
    venue: Venue,
    seed: int = 0,
    *,
    search: Literal["pruned", "dense"] = "pruned",
    score: Score | None = None,
    sharing: Rule | None = None,
    keep_path: bool = False,
    progress: Progress | None = None,
) -> Outcome:
    """Replay a tape over a book under one venue's rules.

    `search` changes the time taken, never the result. `score` ranks candidates in the place of
    the venue's `adl.score`, and `sharing` shares losses in that of its `loss.rule`. `keep_path`
    adds `Outcome.equity_path`. `progress(done, total)` is called after each
    step, and after each stretch of steps at which nothing happens.

    Raises PolicyError for an ADL score or sharing rule that cannot be evaluated, and
    ConservationError if money or sizes do not add up.
    """
    state = open_state(tape, book, venue)
    units = state.cash.size
    run = Run(
        state=state,
        venue=venue,
        tables=MarginTables(venue.margin, tape.markets),
        score=score or compile_score(venue.adl.score),
        sharing=sharing or rule_named(venue.loss.rule),
        seed=seed,
        due_since_ms=np.zeros(units, dtype=np.int64),
        due_last_step=np.full(units, -2, dtype=np.int64),
        deficit_noted=np.zeros(units, dtype=bool),
    )
    recorder = PathRecorder(state) if keep_path else None
    return _Replay(run, tape, flows, search, recorder).run_all(progress)


class _Replay:
    """The loop and what it needs at every step."""

    def __init__(
        self, run: Run, tape: Tape, flows: Flows | None, search: str, recorder: PathRecorder | None
    ) -> None:
        state, tables, venue = run.state, run.tables, run.venue
        self._run = run
        self._tape = tape
        # Markets without a price yet hold no position; any number will do for them.
        is_known = np.isfinite(tape.mark).all()
        self._marks = tape.mark if is_known else np.nan_to_num(tape.mark, nan=1.0)
        self._settled = _settlement_steps(tape.time_ms, venue.pnl_settlement_s)
        self._flows = flows_by_step(flows, tape, state.accounts)
        self._has_funding = np.any(tape.funding_rate, axis=1)
        self._eventful = np.union1d(np.flatnonzero(self._has_funding), sorted(self._flows))
        self._side_rows = SideRows(state)
        self._search: Search = (
            DenseSearch(state, tables)
            if search == "dense"
            else PrunedSearch(state, tables, self._marks)
        )
        self._opening = Snapshot.of(state, tables, self._marks[0])
        self._conservation = Conservation(state, self._marks[0])
        self._recorder = recorder

    def run_all(self, progress: Progress | None) -> Outcome:
        """Every step, then the tables."""
        steps = self._tape.time_ms.size
        index = 0
        while index < steps:
            step = self._step(index)
            self._advance(step)
            self._record(step)
            index = self._pass_quiet(index + 1)
            if progress:
                progress(index, steps)
        self._conservation.close(steps - 1, self._marks[-1])
        residual_frac = self._conservation.largest_frac
        outcome = outcome_of(self._run, self._tape, self._marks, self._opening, residual_frac)
        path = self._recorder.path(steps) if self._recorder else None
        return replace(outcome, equity_path=path)

    def _pass_quiet(self, first: int) -> int:
        """Pass over the steps from this one on at which nothing can happen; the first that is not.

        No absorber holds anything then, nothing is paid in or out, and nobody meets the trigger.
        """
        run = self._run
        if run.charged_units or run.state.holding_absorbers() or first >= len(self._marks):
            return first
        place = int(np.searchsorted(self._eventful, first))
        event = int(self._eventful[place]) if place < self._eventful.size else len(self._marks)
        end = min(event, self._search.quiet_until(first)) if event > first else first
        if end > first:
            self._record_quiet(first, end)
        return end

    def _record_quiet(self, first: int, end: int) -> None:
        """Rule 10 for the quiet steps first : end, at which nothing but marks changes."""
        absorbers = self._run.state.absorbers
        self._run.events.note_quiet(len(absorbers), end - first)
        for absorber in absorbers:
            absorber.note_equity(int(self._tape.time_ms[end - 1]), absorber.cash_usd)
        for start in range(first, end, _QUIET_STEPS):
            marks = self._marks[start : min(start + _QUIET_STEPS, end)]
            self._conservation.check_quiet(start, marks)

    def _step(self, index: int) -> Step:
        mark = self._marks[index]
        rules = self._run.venue.liquidation
        capacity = (rules.participation * self._tape.volume_usd[index]).tolist()
        return Step(
            index,
            int(self._tape.time_ms[index]),
            mark,
            mark.tolist(),
            previous=self._marks[max(0, index - 1)].tolist(),
            book=OrderBook(rules, capacity, [0.0] * (2 * mark.size)),
        )

    def _advance(self, step: Step) -> None:
        """Rules 1 to 9."""
        run = self._run
        for absorber in run.state.absorbers:
            absorber.set_floor(step.time_ms)
        for flow in self._flows.get(step.index, ()):
            self._apply_flow(step, flow)
        if self._has_funding[step.index]:
            apply_funding(run, step, self._tape.funding_rate[step.index])
            self._search.restart()
        self._touch(step)
        flagged = flag(run, self._search.evaluate(step.index, step.mark))
        step.totals.units_below_mm = flagged.units.size
        due = NOBODY_DUE
        if flagged.units.size:
            liquidate_on_book(run, step, flagged)
            due = take_over(run, step, flagged)
        deleverage(run, step, flagged, due, self._side_rows)
        self._settle_shortfalls(step)
        unwind(run, step)
        self._touch(step)
        self._keep_path(step)

    def _keep_path(self, step: Step) -> None:
        if self._recorder is None:
            return
        # Funding changes the cash of all who hold positions, and the first step settles everyone.
        if step.index == 0 or self._has_funding[step.index]:
            self._recorder.note(step.index, None)
        elif step.touched:
            self._recorder.note(step.index, np.array(sorted(step.touched), dtype=np.intp))

    def _apply_flow(self, step: Step, flow: Flow) -> None:
        settled = self._settled[step.index] if self._settled is not None else None
        settled_marks = None if settled is None else self._marks[settled].tolist()
        apply_flow(self._run, step, flow, settled_marks)
        result = self._run.events.flows[-1]
        paid_in = result.credited_usd + result.to_debt_usd
        self._conservation.net_flows_usd += paid_in if flow.kind == "deposit" else -paid_in

    def _settle_shortfalls(self, step: Step) -> None:
        # A book may begin with negative cash and no position; later only touched units can, and
        # those whose share of the last step's losses is more than their cash: a borrow.
        due = step.touched | self._run.charged_units
        self._run.charged_units.clear()
        if step.index == 0:
            settle_shortfalls(self._run, step, range(self._run.state.cash.size))
        elif due:
            settle_shortfalls(self._run, step, due)

    def _touch(self, step: Step) -> None:
        if step.touched:
            self._search.touch(_indices(step.touched))

    def _record(self, step: Step) -> None:
        """Rule 10, and the conservation check."""
        state, totals = self._run.state, step.totals
        self._record_absorbers(step)
        self._run.events.timeline.append(
            TimelineRow(
                step=step.index,
                liquidated_usd=totals.liquidated_usd,
                taken_over_usd=totals.taken_over_usd,
                adl_usd=totals.adl_usd,
                shortfall_usd=totals.shortfall_usd,
                debt_usd=self._debt_usd(),
                units_below_mm=totals.units_below_mm,
                units_bankrupt=totals.units_bankrupt,
                platform_cash_usd=state.platform_cash_usd,
            )
        )
        touched = None if step.all_touched else _indices(step.touched)
        self._conservation.check(step.index, step.mark, touched)

    def _record_absorbers(self, step: Step) -> None:
        columns = self._run.events.absorbers
        holding = set(self._run.state.holding_absorbers())
        for index, absorber in enumerate(self._run.state.absorbers):
            equity, notional = absorber.cash_usd, 0.0
            if index in holding:
                equity = absorber.equity_usd(step.mark)
                notional = absorber.net_notional_usd(step.mark)
            absorber.note_equity(step.time_ms, equity)
            columns.cash_usd.append(absorber.cash_usd)
            columns.equity_usd.append(equity)
            columns.notional_usd.append(notional)

    def _debt_usd(self) -> float:
        """Debt after the step; summed afresh only where one changed."""
        state, timeline = self._run.state, self._run.events.timeline
        if timeline and not state.debt_touched:
            return timeline[-1].debt_usd
        for account in state.debt_touched:
            state.debt_peak[account] = max(state.debt_peak[account], state.debt[account])
        state.debt_touched.clear()
        return float(state.debt.sum())


def _indices(units: set[int]) -> Indices:
    return np.fromiter(sorted(units), dtype=np.intp, count=len(units))


def _settlement_steps(time_ms: NDArray[np.int64], every_s: float | None) -> list[int] | None:
    """For each step the last step, at or before it, at which profits were settled.

    Profits settle at the first step and then at the first step of each interval.
    """
    if every_s is None:
        return None
    interval = np.floor((time_ms - time_ms[0]) / (every_s * 1000.0))
    starts = np.concatenate(([True], interval[1:] != interval[:-1]))
    last: list[int] = np.maximum.accumulate(np.where(starts, np.arange(time_ms.size), 0)).tolist()
    return last
