"""Who is asked first in auto-deleveraging: candidates, their scores and their order (rule 6)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from crashsim.engine.adl.candidates import Candidates
from crashsim.engine.adl.score_columns import derived_columns, rand_column, unit_draw
from crashsim.engine.arrays import Flags, Floats, Indices, dot
from crashsim.engine.record.events import Held
from crashsim.engine.run import Run
from crashsim.engine.state.health import RowsOf
from crashsim.engine.state.step import Step

UNIT_COLUMNS = frozenset(
    [
        "equity",
        "cash",
        "mm",
        "margin_ratio",
        "unit_notional",
        "leverage",
        "position_leverage",
        "unit_upnl",
        "bankruptcy_price",
    ]
)


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """A market index and a side (+1 long, -1 short): whose positions are asked."""

    market: int
    side: int


@dataclass(slots=True)
class Queue:
    """Candidates of one key from the top, as they were when the rule began.

    row: position row, or -1 - a for absorber a. `head`: everyone before it is closed. rows, sizes
    and scores, (n,), are row, size_at_start and score for those who ask all candidates at once.
    candidates: (n,) their indices among the step's candidates; filled: shared by the step's queues,
    those indices of each fill.
    """

    rows: Indices
    sizes: Floats
    scores: Floats
    row: list[int]
    score: list[float]
    size_at_start: list[float]
    tie: list[float]
    candidates: Indices
    filled: list[Indices]
    head: int = 0

    @property
    def is_live(self) -> bool:
        """Whether anyone is left to ask."""
        return self.head < len(self.row)

    def note_fills(self, places: Indices | slice) -> None:
        """The candidates at these places were filled, once each."""
        self.filled.append(self.candidates[places])


class SideRows:
    """Rows of each market and side. Units never open positions, so a row's side never changes."""

    def __init__(self, market: Indices, size: Floats, markets: int) -> None:
        key = 2 * market + (size < 0)
        order = np.argsort(key, kind="stable")
        bounds = np.searchsorted(key[order], np.arange(2 * markets + 1))
        self._parts = [order[bounds[i] : bounds[i + 1]] for i in range(2 * markets)]

    def rows(self, key: Key) -> Indices:
        """Rows, ascending, that began on this side of this market."""
        return self._parts[2 * key.market + (key.side < 0)]


class Ranking:
    """The queues of one step. All keys are ranked before the first fill of the step."""

    def __init__(self, run: Run, step: Step, side_rows: SideRows, in_list: Flags) -> None:
        self._run = run
        self._step = step
        self._side_rows = side_rows
        self._in_list = in_list
        self._queues: dict[Key, Queue] = {}
        self._inputs: Mapping[str, Floats] = {}
        self._filled: list[Indices] = []

    def prepare(self, keys: Iterable[Key]) -> None:
        """Rank the candidates of these keys from the present state."""
        wanted = sorted(set(keys))
        found = self._eligible(self._gather(wanted))
        score = self._scores(found)
        order = np.lexsort((found.tie, -score, found.place))
        found, score = found.take(order), score[order]
        bounds = np.searchsorted(found.place, np.arange(len(wanted) + 1))
        held = np.abs(found.size) * self._step.mark[found.market]
        for i, key in enumerate(wanted):
            part = slice(int(bounds[i]), int(bounds[i + 1]))
            ranked = found.take(np.arange(*bounds[i : i + 2]))
            self._queues[key] = Queue(
                rows=ranked.row,
                sizes=ranked.size,
                scores=score[part],
                row=ranked.row.tolist(),
                score=score[part].tolist(),
                size_at_start=ranked.size.tolist(),
                tie=ranked.tie.tolist(),
                candidates=order[part],
                filled=self._filled,
            )
            self._run.events.held.append(
                Held(self._step.index, key.market, key.side, float(held[part].sum()))
            )

    def queue(self, key: Key) -> Queue:
        """The candidates of one prepared key, from the top."""
        return self._queues[key]

    def record_inputs(self) -> None:
        """Journal what the score read for each fill of the step, in the order of the fills."""
        if self._filled:
            fills = np.concatenate(self._filled)
            read = {name: values[fills] for name, values in self._inputs.items()}
            self._run.events.score_inputs.append(read)

    def _gather(self, keys: list[Key]) -> Candidates:
        state = self._run.state
        parts = [self._side_rows.rows(key) for key in keys]
        row = np.concatenate(parts) if parts else np.zeros(0, dtype=np.intp)
        place = np.repeat(np.arange(len(keys), dtype=np.intp), [part.size for part in parts])
        open_outside = (state.size[row] != 0.0) & ~self._in_list[state.row_unit[row]]
        row, place = row[open_outside], place[open_outside]
        units = Candidates(
            place,
            row,
            state.row_market[row],
            state.size[row],
            entry=state.entry[row],
            tie=state.row_unit[row].astype(np.float64),
        )
        if not self._run.venue.adl.absorbers_eligible:
            return units
        return units.with_more(self._absorber_candidates(keys))

    def _absorber_candidates(self, keys: list[Key]) -> Candidates:
        found = [
            (place, -1 - a, key.market, size, float(absorber.entry[key.market]), self._tie(a))
            for place, key in enumerate(keys)
            for a, absorber in enumerate(self._run.state.absorbers)
            if (size := float(absorber.size[key.market])) * key.side > 0.0
        ]
        columns = np.array(found, dtype=np.float64).reshape(-1, 6).T
        place, row, market = (column.astype(np.intp) for column in columns[:3])
        return Candidates(place, row, market, columns[3], entry=columns[4], tie=columns[5])

    def _tie(self, absorber: int) -> float:
        """An absorber's place among unit ids: its id is (name, empty)."""
        state = self._run.state
        name = state.absorbers[absorber].rules.name
        account = int(np.searchsorted(np.array(state.accounts, dtype=object), name))
        after = state.cross_unit[account] if account < len(state.accounts) else state.cash.size
        others = sorted(a.rules.name for a in state.absorbers)
        return float(after) - 1.0 + (1.0 + others.index(name)) / (1.0 + len(others))

    def _eligible(self, found: Candidates) -> Candidates:
        if self._run.venue.adl.eligible == "opposite":
            return found
        upnl = found.size * (self._step.mark[found.market] - found.entry)
        return found.take(np.flatnonzero(upnl > 0.0))

    def _scores(self, found: Candidates) -> Floats:
        if not found.row.size:
            return np.zeros(0)
        needed = self._run.score.columns
        base = self._position_columns(found, needed)
        if needed & UNIT_COLUMNS:
            base.update(self._unit_columns(found))
        columns = derived_columns(needed, base)
        counts = np.bincount(found.place).astype(np.float64)
        self._inputs = columns | {"candidates": counts[found.place]}
        return self._run.score.evaluate(columns)

    def _position_columns(self, found: Candidates, needed: frozenset[str]) -> dict[str, Floats]:
        mark = self._step.mark[found.market]
        notional = np.abs(found.size) * mark
        columns = {
            "side": np.sign(found.size),
            "size": found.size,
            "entry_price": found.entry,
            "mark_price": mark,
            "notional": notional,
            "upnl": found.size * (mark - found.entry),
        }
        if "bankruptcy_price" in needed:
            columns["position_mm"] = self._run.tables.many(found.market, notional)
        if "opened_at" in needed:
            opened = self._run.state.row_opened_ms[found.row]
            columns["opened_at"] = np.where(found.row >= 0, opened, np.nan)
        if "rand" in needed:
            columns["rand"] = self._rand(found)
        if "seeded_place" in needed:
            columns["seeded_place"] = self._seeded_place(found)
        return columns

    def _seeded_place(self, found: Candidates) -> Floats:
        """Place in the list of unit ids of each market and side, counted from a seeded start."""
        order = np.lexsort((found.tie, found.place))
        counts = np.bincount(found.place)
        place = np.empty(order.size)
        for key in np.flatnonzero(counts).tolist():
            part = order[found.place[order] == key]
            market = self._run.state.markets[int(found.market[part[0]])]
            side = "long" if found.size[part[0]] > 0 else "short"
            draw = unit_draw(f"{self._run.seed}|{self._step.index}|{market}|{side}")
            start = int(draw * part.size)
            place[part] = (np.arange(part.size) - start) % part.size
        return place

    def _rand(self, found: Candidates) -> Floats:
        state = self._run.state
        accounts = [
            state.account_name(int(state.row_unit[row]))
            if row >= 0
            else state.absorbers[-1 - row].rules.name
            for row in found.row.tolist()
        ]
        markets = [state.markets[m] for m in found.market.tolist()]
        return rand_column(self._run.seed, self._step.index, accounts, markets)

    def _unit_columns(self, found: Candidates) -> dict[str, Floats]:
        state = self._run.state
        is_unit = found.row >= 0
        unit = np.where(is_unit, state.row_unit[found.row], 0)
        wanted = np.zeros(state.cash.size, dtype=bool)
        wanted[unit[is_unit]] = True
        units = np.flatnonzero(wanted)
        sums = RowsOf(state, self._run.tables, units).sums(self._step.mark)
        local = np.zeros(state.cash.size, dtype=np.intp)
        local[units] = np.arange(units.size)
        place = local[unit]
        columns = {
            name: values[place] if units.size else np.zeros(unit.size)
            for name, values in sums.items()
        }
        for i in np.flatnonzero(~is_unit):
            absorber_sums = self._absorber_sums(-1 - int(found.row[i]))
            for name, value in absorber_sums.items():
                columns[name][i] = value
        return columns

    def _absorber_sums(self, index: int) -> Mapping[str, float]:
        absorber = self._run.state.absorbers[index]
        mark = self._step.mark
        notional = np.abs(absorber.size) * mark
        upnl = dot(absorber.size, mark - absorber.entry)
        mm = self._run.tables.many(np.arange(mark.size, dtype=np.intp), notional)
        return {
            "equity": absorber.cash_usd + upnl,
            "cash": absorber.cash_usd,
            "mm": float(mm.sum()),
            "unit_notional": float(notional.sum()),
            "unit_upnl": upnl,
        }
