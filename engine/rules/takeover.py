"""Rule 5: absorbers take over what the book left; the rest goes on to auto-deleveraging."""

from dataclasses import dataclass

import numpy as np

from crashsim.engine.arrays import Flags, Floats, Indices, dot, plain_sum
from crashsim.engine.record.events import Closing
from crashsim.engine.rules.borrows import sell_all_collateral
from crashsim.engine.rules.offer import Asked, Offer, Part, asked_by
from crashsim.engine.run import Run
from crashsim.engine.state.absorber_state import AbsorberState
from crashsim.engine.state.flagged import Flagged
from crashsim.engine.state.step import Step
from crashsim.engine.state.unit import UnitMargin, measure, settle, touch

_DOUBT_FRAC = 1e-6  # of the equities: far more than rounding moves a unit's


@dataclass(frozen=True, slots=True)
class Due:
    """Units that go on to ADL, in order of distress; early: (n,) whether before bankruptcy."""

    units: Indices
    early: Flags


NOBODY_DUE = Due(np.zeros(0, dtype=np.intp), np.zeros(0, dtype=bool))


def take_over(run: Run, step: Step, flagged: Flagged) -> Due:
    """Ask the absorbers; returns the units that go on to ADL, in order of distress."""
    places = flagged.remaining()
    places = places[run.state.holding(flagged.units[places])]
    equity, mm = flagged.equity_usd[places], flagged.mm_usd[places]
    units = flagged.units[places]
    bankrupt = equity <= 0.0
    step.totals.units_bankrupt = int(bankrupt.sum())
    due = bankrupt | (equity < run.venue.adl.below_mm_fraction * mm)
    _note_due(run, step, units[due])
    if run.state.absorbers:
        wanted = np.flatnonzero(bankrupt | (equity < run.venue.takeover.below_mm_fraction * mm))
        funds = _Funds(run, step)
        offers = asked_by(run, step, units[wanted], equity[wanted])
        for place, asked in zip(wanted.tolist(), offers, strict=True):
            if _absorb(run, step, int(units[place]), asked, funds):
                due[place] = False
    return _past_grace(run, step, Due(units[due], ~bankrupt[due]))


class _Funds:
    """What absorbers have at this moment, so that thousands of hopeless units are refused fast."""

    def __init__(self, run: Run, step: Step) -> None:
        self._run = run
        self._mark = step.mark
        self._known: dict[int, float] = {}

    def equity_usd(self, index: int) -> float:
        """What one absorber has."""
        if index not in self._known:
            self._known[index] = self._run.state.absorbers[index].equity_usd(self._mark)
        return self._known[index]

    def note(self, index: int) -> None:
        """This absorber has changed."""
        del self._known[index]

    def all_lack(self, asked: list[Asked]) -> bool:
        """Whether each lacks the funds for what it is asked for, beyond doubt."""
        absorbers = self._run.state.absorbers
        for index, equity_usd in asked:
            have = self.equity_usd(index)
            most = have + equity_usd + _DOUBT_FRAC * (abs(have) + abs(equity_usd))
            if not most < absorbers[index].floor_usd:
                return False
        return True


def _note_due(run: Run, step: Step, units: Indices) -> None:
    """Start or continue each unit's unbroken run of steps in which it is due for ADL."""
    fresh = units[run.due_last_step[units] != step.index - 1]
    run.due_since_ms[fresh] = step.time_ms
    run.due_last_step[units] = step.index


def _past_grace(run: Run, step: Step, due: Due) -> Due:
    waited_ms = step.time_ms - run.due_since_ms[due.units]
    is_over = waited_ms >= run.venue.adl.grace_s * 1000.0
    return Due(due.units[is_over], due.early[is_over])


def _absorb(run: Run, step: Step, unit: int, asked: list[Asked], funds: _Funds) -> bool:
    """Offer one unit to the absorbers in their order; whether they took all that it holds."""
    if funds.all_lack(asked):
        for index, _ in asked:
            run.events.refusals.setdefault(index, step.index)
        return False
    margin = measure(run.state, run.tables, unit, step.prices)
    offer = Offer(margin)
    for index, _ in asked:
        absorber = run.state.absorbers[index]
        part = offer.part_of(absorber)
        if not part.rows:
            continue
        if funds.equity_usd(index) + part.equity_usd < absorber.floor_usd:
            run.events.refusals.setdefault(index, step.index)
        elif _fits(absorber, part, step.mark):
            offer.take(part)
            _transfer(run, step, unit, margin, part, index)
            funds.note(index)
            if not offer.rows:
                run.state.cash_at[unit] = 0.0
                return True
    return False


def _fits(absorber: AbsorberState, part: Part, mark: Floats) -> bool:
    bound = absorber.rules.max_notional
    if bound is None:
        return True
    after = absorber.size.copy()
    for row in part.rows:
        after[row.market] += row.size
    return dot(np.abs(after), mark) <= bound


def _transfer(run: Run, step: Step, unit: int, margin: UnitMargin, part: Part, index: int) -> None:
    """The part's positions move at mark; its equity becomes the absorber's cash."""
    state, absorber = run.state, run.state.absorbers[index]
    sell_all_collateral(run, step, unit)
    absorber.cash_usd += part.equity_usd
    state.cash_at[unit] -= part.equity_usd
    for row in part.rows:
        mark = step.prices[row.market]
        side = 1 if row.size > 0 else -1
        run.events.closings.append(
            Closing(
                step=step.index,
                account=int(state.unit_account[unit]),
                row=row.row,
                absorber=index,
                market=row.market,
                side=side,
                qty=abs(row.size),
                price=mark,
                bankruptcy_price=margin.bankruptcy_price(row, mark),
                stage="takeover",
            )
        )
        step.totals.taken_over_usd += row.notional_usd
        state.cash_at[unit] += row.size * (mark - state.fixed.entry[row.row])
        state.size_at[row.row] = 0.0
        receive(absorber, row.market, row.size, mark)
    step.closed_gross.add(unit, plain_sum(row.notional_usd for row in part.rows))
    touch(step, unit)


def receive(absorber: AbsorberState, market: int, size: float, price: float) -> None:
    """Add a signed size at this price: same side averages the entry, opposite side realises."""
    held = float(absorber.size[market])
    entry = float(absorber.entry[market])
    if held == 0.0 or (held > 0) == (size > 0):
        total = held + size
        # The average as a step from the old entry: exactly the price where nothing was held or the
        # entry is the same, so that no position taken over at mark shows a profit of rounding.
        absorber.entry[market] = price if held == 0.0 else entry + (price - entry) * (size / total)
        absorber.size[market] = total
        return
    netted = min(abs(held), abs(size)) * (1.0 if held > 0 else -1.0)
    absorber.cash_usd += netted * (price - entry)
    after = settle(held + size, max(abs(held), abs(size)))
    absorber.size[market] = after
    if after == 0.0 or (after > 0) != (held > 0):
        absorber.entry[market] = price
