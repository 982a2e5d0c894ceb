"""Who is asked first in auto-deleveraging: candidates, their scores and their order (rule 6)."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from crashsim.engine.adl.candidates import Candidates, SideRows
from crashsim.engine.adl.score_columns import candidate_columns, derived_columns
from crashsim.engine.arrays import Flags, Floats, Indices, first_places, sum_by
from crashsim.engine.record.events import FillInputs, Held, Ranked
from crashsim.engine.run import Run
from crashsim.engine.state.step import Step

_FIRST_HEAD = 32  # a queue is sorted this far when it is first asked, then four times further


@dataclass(frozen=True, slots=True)
class Readings:
    """What the score read of the step's candidates, (n,) by name, and who of them was filled.

    place: (n,) of each candidate's key. filled: indices of candidates, in the order of the fills.
    """

    columns: Mapping[str, Floats]
    place: Indices
    filled: list[Indices] = field(default_factory=list)

    def of(self, candidates: Indices) -> dict[str, Floats]:
        """What was read of these, and how many were ranked with each."""
        counts = np.bincount(self.place).astype(np.float64)
        read = {name: values[candidates] for name, values in self.columns.items()}
        return read | {"candidates": counts[self.place[candidates]]}


@dataclass(slots=True)
class Queue:
    """Candidates of one key, as they were when the rule began, sorted as far as they are asked.

    found, score: (n,) in the order of their rows; start: the index of the first among the step's
    candidates. order: (k,) the first k from the top, of which row, score_at and size_at_start tell
    as lists, the cheaper way to read one. `head`: everyone before it is closed.
    """

    readings: Readings
    found: Candidates
    score: Floats
    start: int
    order: Indices = field(default_factory=lambda: np.zeros(0, dtype=np.intp))
    row: list[int] = field(default_factory=list)
    score_at: list[float] = field(default_factory=list)
    size_at_start: list[float] = field(default_factory=list)
    head: int = 0
    _ranked: Ranked | None = None

    @property
    def is_live(self) -> bool:
        """Whether anyone is left to ask."""
        return self.head < self.score.size

    def places(self) -> Iterator[int]:
        """Places from the head to the end, sorted while they are asked for."""
        place = self.head
        while self.reaches(place):
            yield place
            place += 1

    def reaches(self, place: int) -> bool:
        """Whether there is such a place; if so, the lists reach it from now on."""
        if place >= self.score.size:
            return False
        while place >= len(self.row):
            self._sort(max(_FIRST_HEAD, 4 * len(self.row)))
        return True

    def ranked(self) -> Ranked:
        """All candidates from the top."""
        if self._ranked is None:
            self.order = order = first_places(-self.score, self.score.size)
            every = self.found.take(order)
            self._ranked = Ranked(
                every.row,
                every.size,
                every.entry,
                every.tie,
                score=self.score[order],
                inputs=self.readings.of(self.start + order),
            )
        return self._ranked

    def note_fills(self, places: list[int]) -> None:
        """The candidates at these places were filled, once each."""
        self.readings.filled.append(self.start + self.order[places])

    def _sort(self, count: int) -> None:
        """Sort at least so many from the top."""
        if self.order.size < min(count, self.score.size):
            self.order = first_places(-self.score, count)
        more = self.order[len(self.row) :]
        self.row += self.found.row[more].tolist()
        self.score_at += self.score[more].tolist()
        self.size_at_start += self.found.size[more].tolist()


class Ranking:
    """The queues of one step. All keys are ranked before the first fill of the step."""

    def __init__(self, run: Run, step: Step, side_rows: SideRows, in_list: Flags) -> None:
        self._run = run
        self._step = step
        self._side_rows = side_rows
        self._in_list = in_list
        self._queues: dict[int, Queue] = {}

    def prepare(self, codes: Iterable[int]) -> None:
        """Score the candidates of the keys of these codes in the present state."""
        wanted = sorted(set(codes))
        found = self._found = self._gather(wanted)
        self._readings, self._score = self._scores(found)
        held = np.abs(found.size) * self._step.mark[found.market]
        held_usd = sum_by(found.place, held, len(wanted))
        self._run.events.held.append(Held(self._step.index, np.array(wanted), held_usd))
        bounds = np.searchsorted(found.place, np.arange(len(wanted) + 1)).tolist()
        self._part = {code: slice(*bounds[i : i + 2]) for i, code in enumerate(wanted)}

    def queue(self, code: int) -> Queue:
        """The candidates of one prepared key, from the top."""
        if code not in self._queues:
            part = self._part[code]
            found, score = self._found.take(part), self._score[part]
            self._queues[code] = Queue(self._readings, found, score, part.start)
        return self._queues[code]

    def answered(self) -> list[int]:
        """Codes of the prepared keys that anybody can be asked of."""
        return [code for code, part in self._part.items() if part.start < part.stop]

    def record_inputs(self) -> None:
        """Journal what the score read for each single fill of the step."""
        filled = self._readings.filled
        if filled:
            read = self._readings.of(np.concatenate(filled))
            self._run.events.score_inputs.append(FillInputs(read, slice(None)))

    def _gather(self, codes: list[int]) -> Candidates:
        """The eligible positions of these keys whose units are not in L."""
        state = self._run.state
        place, row = self._open_rows(codes)
        unit = state.row_unit[row]
        units = Candidates(
            place,
            row,
            np.array(codes, dtype=np.intp)[place] // 2,
            state.size[row],
            entry=state.entry[row],
            tie=unit.astype(np.float64),
        )
        units = units.take(np.flatnonzero(self._is_eligible(units) & ~self._in_list[unit]))
        if not self._run.venue.adl.absorbers_eligible:
            return units
        absorbers = self._absorber_candidates(codes)
        return units.with_more(absorbers.take(np.flatnonzero(self._is_eligible(absorbers))))

    def _open_rows(self, codes: list[int]) -> tuple[Indices, Indices]:
        """The open rows of these keys, and the place of each row's key; none that cannot win."""
        if self._run.venue.adl.eligible == "opposite":
            return self._side_rows.open_rows(codes)
        prices = self._step.prices
        asked = [i for i, code in enumerate(codes) if self._side_rows.may_profit(code, prices)]
        place, row = self._side_rows.open_rows([codes[i] for i in asked])
        return np.array(asked, dtype=np.intp)[place], row

    def _absorber_candidates(self, codes: list[int]) -> Candidates:
        found = [
            (place, -1 - a, code // 2, size, float(absorber.entry[code // 2]), self._tie(a))
            for place, code in enumerate(codes)
            for a, absorber in enumerate(self._run.state.absorbers)
            if (size := float(absorber.size[code // 2])) * (2 * (code % 2) - 1) > 0.0
        ]
        columns = np.array(found, dtype=np.float64).reshape(-1, 6).T
        place, row, market = (column.astype(np.intp) for column in columns[:3])
        return Candidates(place, row, market, columns[3], entry=columns[4], tie=columns[5])

    def _tie(self, absorber: int) -> float:
        """An absorber's place among unit ids: its id is (name, empty)."""
        state = self._run.state
        name = state.absorbers[absorber].rules.name
        account = int((state.accounts < name).sum())
        after = state.cross_unit[account] if account < len(state.accounts) else state.cash.size
        others = sorted(a.rules.name for a in state.absorbers)
        return float(after) - 1.0 + (1.0 + others.index(name)) / (1.0 + len(others))

    def _is_eligible(self, found: Candidates) -> Flags:
        if self._run.venue.adl.eligible == "opposite":
            return np.ones(found.row.size, dtype=bool)
        upnl = found.size * (self._step.mark[found.market] - found.entry)
        return upnl > 0.0

    def _scores(self, found: Candidates) -> tuple[Readings, Floats]:
        if not found.row.size:
            return Readings({}, found.place), np.zeros(0)
        base = candidate_columns(self._run, self._step, found)
        read = derived_columns(self._run.score.columns, base)
        return Readings(read, found.place), self._run.score.evaluate(read)
