"""Whose turn it is on the order book: the flagged units in order of distress (rule 4)."""

from heapq import heapify, heappop, heappush
from math import inf

import numpy as np

from crashsim.engine.run import Run
from crashsim.engine.state.flagged import Flagged
from crashsim.engine.state.step import Step

ANY_SIDE = -1


class Turns:
    """Which flagged units still have something to do on the book, in order.

    Thousands of units may wait on book sides that are used up. Each open book side therefore has
    its own list of places, and a side that is used up stops asking.
    """

    def __init__(self, run: Run, step: Step, flagged: Flagged) -> None:
        self._used = step.book.used_frac
        self._queues = _places_by_book_side(run, step, flagged)
        self._heap = [(places[0], key) for key, places in self._queues.items()]
        heapify(self._heap)
        self._next = dict.fromkeys(self._queues, 1)
        self._last = -1
        self.left = inf  # how many turns may still be taken

    def next(self) -> int | None:
        """The next place whose unit may trade, or None."""
        while self._heap:
            place, key = heappop(self._heap)
            if key != ANY_SIDE:
                if self._used[key] >= 1.0:
                    continue
                self._advance(key)
            if place > self._last:
                self._last = place
                return place
        return None

    def recheck(self, place: int) -> None:
        """Give this place a turn even if its book sides are used up."""
        if place > self._last:
            heappush(self._heap, (place, ANY_SIDE))

    def _advance(self, key: int) -> None:
        places, following = self._queues[key], self._next[key]
        if following < len(places):
            heappush(self._heap, (places[following], key))
            self._next[key] = following + 1


def _places_by_book_side(run: Run, step: Step, flagged: Flagged) -> dict[int, list[int]]:
    """Places of the units that could trade on each open book side, ascending."""
    state = run.state
    able = np.arange(flagged.units.size)
    rules = run.venue.liquidation
    if rules.limit == "bankruptcy" and rules.half_spread + rules.impact > 0.0:
        # Below zero no limit lies below the mark, where a book with any discount fills nothing.
        able = able[flagged.equity_usd >= 0.0]
    units = flagged.units[able]
    rows = state.expand(units)
    place = able[state.owners(units)]
    market = state.row_market[rows]
    capacity = np.array(step.book.capacity_usd)
    live = (state.size[rows] != 0.0) & (capacity[market] > 0.0)
    key = 2 * market[live] + (state.size[rows[live]] < 0.0)
    place = place[live]
    order = np.argsort(key, kind="stable")  # places are ascending within a key already
    keys, starts = np.unique(key[order], return_index=True)
    places = place[order].tolist()
    bounds = [*starts.tolist(), len(places)]
    return {k: places[bounds[i] : bounds[i + 1]] for i, k in enumerate(keys.tolist())}


class FirstTurns:
    """Every flagged unit in order until so many turns are taken; then those credited since."""

    def __init__(self, places: int, turns: int) -> None:
        self._places = places
        self._next = 0
        self._credited: list[int] = []
        self.left: float = turns  # how many turns may still be taken

    def next(self) -> int | None:
        """The next place whose unit may trade or may have been saved, or None."""
        if self.left > 0:
            place = self._next
        else:
            while self._credited and self._credited[0] < self._next:
                heappop(self._credited)
            place = self._credited[0] if self._credited else self._places
        self._next = place + 1
        return place if place < self._places else None

    def recheck(self, place: int) -> None:
        """Look at this place again even if no turn is left."""
        heappush(self._credited, place)


def turns_of(run: Run, step: Step, flagged: Flagged) -> Turns | FirstTurns:
    """The turns of a step, of all flagged units or of so many as the venue works on."""
    most = run.venue.liquidation.units_per_step
    return Turns(run, step, flagged) if most is None else FirstTurns(flagged.units.size, most)
