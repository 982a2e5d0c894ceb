"""What absorbers are asked for in rule 5: a unit, or the part of it that is in their markets."""

from typing import NamedTuple

import numpy as np

from crashsim.engine.arrays import Floats, Indices, plain_sum
from crashsim.engine.run import Run
from crashsim.engine.state.absorber_state import AbsorberState
from crashsim.engine.state.step import Step
from crashsim.engine.state.unit import OpenRow, UnitMargin


class Part(NamedTuple):
    """Positions that go to one absorber together, and the equity that goes with them, USD."""

    rows: list[OpenRow]
    equity_usd: float


class Offer:
    """What is left of one unit's turn in rule 5: its positions, and its equity.

    Equity is shared over positions as for bankruptcy prices, as of the moment the turn begins;
    whoever takes the last position gets all that is left of it.
    """

    def __init__(self, margin: UnitMargin) -> None:
        self._margin = margin
        self.rows = margin.rows
        self._equity_usd = margin.equity_usd

    def part_of(self, absorber: AbsorberState) -> Part:
        """What this absorber is asked for; no rows where nothing is in its markets."""
        if absorber.serves is None:
            return Part(self.rows, self._equity_usd)
        rows = [row for row in self.rows if absorber.serves[row.market]]
        if len(rows) == len(self.rows):
            return Part(rows, self._equity_usd)
        share = plain_sum(self._margin.share(row) for row in rows)
        return Part(rows, self._margin.equity_usd * share)

    def take(self, part: Part) -> None:
        """This part is gone."""
        taken = {row.row for row in part.rows}
        self.rows = [row for row in self.rows if row.row not in taken]
        self._equity_usd -= part.equity_usd


class Asked(NamedTuple):
    """One absorber that one unit asks, and about what equity goes with what it is asked for."""

    absorber: int
    equity_usd: float


def asked_by(run: Run, step: Step, units: Indices, equity_usd: Floats) -> list[list[Asked]]:
    """For each of these units the absorbers that serve one of its markets, in their order."""
    state, serving = run.state, run.state.serving
    if serving is None:
        everyone = range(len(state.absorbers))
        return [[Asked(i, usd) for i in everyone] for usd in equity_usd.tolist()]
    rows = state.expand(units)
    owner = state.owners(units)
    is_open = state.size[rows] != 0.0
    rows, owner = rows[is_open], owner[is_open]
    share = _shares(run, step, rows, owner, units.size)
    found: list[dict[int, float]] = [{} for _ in range(units.size)]
    for place, market, part in zip(
        owner.tolist(), state.row_market[rows].tolist(), share.tolist(), strict=True
    ):
        mine = found[place]
        for absorber in serving[market]:
            mine[absorber] = mine.get(absorber, 0.0) + part
    return [
        [Asked(i, usd * each[i]) for i in sorted(each)]
        for each, usd in zip(found, equity_usd.tolist(), strict=True)
    ]


def _shares(run: Run, step: Step, rows: Indices, owner: Indices, units: int) -> Floats:
    """Each row's share of its unit's equity."""
    market = run.state.row_market[rows]
    notional = np.abs(run.state.size[rows]) * step.mark[market]
    mm = run.tables.many(market, notional)
    total = np.bincount(owner, mm, units)
    by_notional = total[owner] <= 0.0
    weight = np.where(by_notional, notional, mm)
    share: Floats = weight / np.bincount(owner, weight, units)[owner]
    return share
