"""Rules 6 and 7: auto-deleveraging against winners, of units due for it and breached absorbers."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from crashsim.engine.adl.allocation import close_against_winners
from crashsim.engine.adl.candidates import SideRows, key_code, key_codes
from crashsim.engine.adl.losers import Loser
from crashsim.engine.adl.ranking import Ranking
from crashsim.engine.arrays import Flags, Indices, plain_sum
from crashsim.engine.rules.order import legs
from crashsim.engine.rules.takeover import Due
from crashsim.engine.run import Run
from crashsim.engine.state.absorber_state import AbsorberState
from crashsim.engine.state.flagged import Flagged
from crashsim.engine.state.step import Step
from crashsim.engine.state.unit import OpenRow, UnitMargin, measure

BREACH_FRAC = 1e-9  # of gross: what rounding may take an absorber below its floor


def deleverage(run: Run, step: Step, flagged: Flagged, due: Due, side_rows: SideRows) -> None:
    """Rule 6 for the units that are due, in order, then rule 7 for breached absorbers."""
    if not run.venue.adl.enabled:
        return
    watched = _absorbers_to_watch(run, step, due.units.size > 0)
    if not due.units.size and not watched:
        return
    in_list = np.zeros(run.state.cash.size, dtype=bool)
    in_list[flagged.units[flagged.in_list]] = True
    ranking = Ranking(run, step, side_rows, in_list)
    asking = _Asking(run, due.units)
    ranking.prepare([*asking.codes(), *_absorber_codes(run, watched)])
    _deleverage_units(run, step, ranking, due, asking.answered(ranking.answered()))
    for index in watched:
        if _is_breached(run.state.absorbers[index], step):
            margin = _measure_absorber(run, step, index)
            for row in margin.rows:
                _close(run, step, ranking, _loser(run, step, margin, row, absorber=index))
    ranking.record_inputs()


def _deleverage_units(run: Run, step: Step, ranking: Ranking, due: Due, answered: Flags) -> None:
    first_time = ~run.deficit_noted[due.units] & ~due.early
    run.deficit_noted[due.units[first_time]] = True
    for place in np.flatnonzero(answered | first_time).tolist():
        unit = int(due.units[place])
        margin = measure(run.state, run.tables, unit, step.prices)
        if first_time[place]:
            run.events.deficit_usd += max(0.0, -margin.equity_usd)
        if answered[place] and due.early[place]:
            _close_early(run, step, ranking, unit, margin)
        elif answered[place]:
            for row in legs(run, step, margin):
                _close(run, step, ranking, _loser(run, step, margin, row))


def _close_early(run: Run, step: Step, ranking: Ranking, unit: int, margin: UnitMargin) -> None:
    """Close a unit before bankruptcy, until it is no longer due, at prices that leave no debt."""
    looks_again = run.venue.liquidation.legs != "parallel"
    for number, row in enumerate(legs(run, step, margin)):
        if looks_again or number == 0:
            now = measure(run.state, run.tables, unit, step.prices)
            if not run.is_due(now.equity_usd, now.mm_usd):
                return
        loser = _loser(run, step, margin, row)
        no_worse = max if loser.side > 0 else min
        price = no_worse(loser.price, loser.bankruptcy_price)
        _close(run, step, ranking, replace(loser, price=price))


class _Asking:
    """The open positions of units that are due, and whom they ask."""

    def __init__(self, run: Run, units: Indices) -> None:
        state = run.state
        rows = state.expand(units)
        is_open = state.size[rows] != 0.0
        rows = rows[is_open]
        self._owner = state.owners(units)[is_open]
        self._units = units.size
        self._code = key_codes(state.row_market[rows], state.size[rows] < 0.0)
        self._is_asked = np.zeros(2 * len(state.markets), dtype=bool)
        self._is_asked[self._code] = True

    def codes(self) -> list[int]:
        """The keys that are asked, without repeats."""
        codes: list[int] = np.flatnonzero(self._is_asked).tolist()
        return codes

    def answered(self, codes: list[int]) -> Flags:
        """Whether any candidate of these keys stands on the other side of each unit, (n,).

        Thousands may wait where no winner is left, so they are passed over together.
        """
        live = np.zeros_like(self._is_asked)
        live[codes] = True
        found = np.zeros(self._units, dtype=bool)
        found[self._owner[live[self._code]]] = True
        return found


def _absorbers_to_watch(run: Run, step: Step, rule_6_runs: bool) -> list[int]:
    """Absorbers with positions that may be in breach when rule 7 comes.

    Rule 6 changes an absorber only where absorbers are candidates themselves.
    """
    may_change = rule_6_runs and run.venue.adl.absorbers_eligible
    absorbers = run.state.absorbers
    return [
        index
        for index in run.state.holding_absorbers()
        if absorbers[index].rules.on_breach == "adl"
        and (may_change or _is_breached(absorbers[index], step))
    ]


def _is_breached(absorber: AbsorberState, step: Step) -> bool:
    margin = BREACH_FRAC * absorber.net_notional_usd(step.mark)
    return absorber.equity_usd(step.mark) < absorber.floor_usd - margin


def _absorber_codes(run: Run, indices: list[int]) -> Iterator[int]:
    for index in indices:
        held = run.state.absorbers[index].size
        for market in np.flatnonzero(held).tolist():
            yield key_code(market, held[market] < 0)


def _price(run: Run, step: Step, market: int, bankruptcy_price: float) -> float:
    match run.venue.adl.price:
        case "bankruptcy":
            return bankruptcy_price
        case "mark":
            return step.prices[market]
        case "previous_mark":
            return step.previous[market]


def _loser(run: Run, step: Step, margin: UnitMargin, row: OpenRow, absorber: int = -1) -> Loser:
    """A position to be closed, at the venue's price as of this measure of its unit."""
    bankruptcy = margin.bankruptcy_price(row, step.prices[row.market])
    price = _price(run, step, row.market, bankruptcy)
    return Loser(row.row, absorber, row.market, row.size, price=price, bankruptcy_price=bankruptcy)


def _close(run: Run, step: Step, ranking: Ranking, loser: Loser) -> None:
    close_against_winners(run, step, ranking.queue(loser.asks), loser)


def _measure_absorber(run: Run, step: Step, index: int) -> UnitMargin:
    """An absorber as if it were a unit whose equity is what stands above its floor."""
    absorber = run.state.absorbers[index]
    rows = []
    for market in np.flatnonzero(absorber.size).tolist():
        size = float(absorber.size[market])
        notional = abs(size) * step.prices[market]
        rows.append(OpenRow(-1, market, size, notional, mm_usd=run.tables.one(market, notional)))
    rows.sort(key=lambda row: (-row.notional_usd, row.market))
    above_floor = absorber.equity_usd(step.mark) - absorber.floor_usd
    mm = plain_sum(row.mm_usd for row in rows)
    return UnitMargin(above_floor, mm, plain_sum(row.notional_usd for row in rows), rows)
