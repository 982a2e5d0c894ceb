"""Absorbers while a book is replayed: what each starts with, its markets, and its state."""

from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from crashsim.data.schema import Book, Tape
from crashsim.engine.arrays import Flags, Floats, dot, index_in, plain_sum, sum_by
from crashsim.engine.errors import PolicyError
from crashsim.scenarios.models.absorber import Absorber, serving
from crashsim.scenarios.models.venue import Venue


@dataclass(slots=True)
class AbsorberState:
    """One absorber: its rules, cash and net position per market, (M,) arrays in base units.

    size is a row of `State.absorber_size` and changes in place. serves: (M,) the markets whose
    positions and shortfalls are its own; None for every market.
    """

    rules: Absorber
    cash_usd: float
    size: Floats
    entry: Floats
    floor_usd: float
    serves: Flags | None = None
    peaks: deque[tuple[int, float]] = field(default_factory=deque)

    def set_floor(self, now_ms: int) -> None:
        """The floor at a step: the venue's, raised by the drawdown limit from the window's peak."""
        limit = self.rules.max_drawdown_frac
        if limit is None:
            return
        oldest_ms = now_ms - self.rules.drawdown_window_s * 1000.0
        while len(self.peaks) > 1 and self.peaks[0][0] < oldest_ms:
            self.peaks.popleft()
        peak = self.peaks[0][1] if self.peaks else self.cash_usd
        self.floor_usd = max(self.rules.floor, (1.0 - limit) * peak)

    def note_equity(self, now_ms: int, equity_usd: float) -> None:
        """Keep the falling sequence of equities that may yet be the window's peak."""
        if self.rules.max_drawdown_frac is None:
            return
        while self.peaks and self.peaks[-1][1] <= equity_usd:
            self.peaks.pop()
        self.peaks.append((now_ms, equity_usd))

    def equity_usd(self, mark: Floats) -> float:
        """Cash and unrealised profit at these marks, (M,)."""
        return self.cash_usd + dot(self.size, mark - self.entry)

    def net_notional_usd(self, mark: Floats) -> float:
        """Sum of the net notionals at these marks, (M,)."""
        return dot(np.abs(self.size), mark)


@dataclass(frozen=True, slots=True)
class Fund:
    """An absorber as a book finds it.

    rules: its name, and its cash, floor and bound in USD. entry: the name in the venue's file.
    serves: (M,), None for every market. open_interest_usd: that of its markets, where its size
    depends on it.
    """

    rules: Absorber
    entry: str
    cash_usd: float
    serves: Flags | None
    open_interest_usd: float | None = None


def funds(venue: Venue, tape: Tape, book: Book) -> tuple[Fund, ...]:
    """The absorbers of a venue beside a book, in the order of its file, each with its USD.

    Raises PolicyError where two of them come to have one name.
    """
    entries = venue.absorber
    sized = any(each.cash_frac_oi is not None or each.per for each in entries)
    interest = open_interest_usd(tape, book) if sized else np.zeros(0)
    found = [
        fund
        for entry, serves in zip(entries, _served(entries, tape.markets), strict=True)
        for fund in _of_entry(entry, serves, tape.markets, interest)
    ]
    twice = [name for name, n in Counter(fund.rules.name for fund in found).items() if n > 1]
    if twice:
        raise PolicyError(f"venue {venue.name}: two absorbers come to be {twice[0]}; rename one")
    return tuple(found)


def open_interest_usd(tape: Tape, book: Book) -> Floats:
    """Open interest of each market at the first marks, USD, one side, (M,).

    The larger of the longs and the shorts: the outside world holds what the other side lacks.
    """
    rows = (
        book.positions.sort("account", "market", "margin_mode")  # one order, so the same bits
        .select(market=index_in("market", tape.markets), size="size")
        .drop_nulls()
    )
    market, size = rows["market"].to_numpy(), rows["size"].cast(pl.Float64).to_numpy()
    longs = sum_by(market, np.maximum(size, 0.0), len(tape.markets))
    shorts = sum_by(market, np.maximum(-size, 0.0), len(tape.markets))
    interest: Floats = np.maximum(longs, shorts) * np.nan_to_num(tape.mark[0], nan=1.0)
    return interest


def open_absorbers(venue: Venue, tape: Tape, book: Book) -> list[AbsorberState]:
    """The absorbers before the first step. Raises PolicyError where two come to have one name."""
    count = len(tape.markets)
    return [
        AbsorberState(
            fund.rules,
            fund.cash_usd,
            np.zeros(count),
            np.zeros(count),
            floor_usd=fund.rules.floor,
            serves=fund.serves,
        )
        for fund in funds(venue, tape, book)
    ]


def by_market(absorbers: Sequence[AbsorberState], markets: int) -> list[list[int]] | None:
    """For each market its absorbers, in their order; None where all serve every market."""
    if all(each.serves is None for each in absorbers):
        return None
    return [
        [i for i, each in enumerate(absorbers) if each.serves is None or each.serves[market]]
        for market in range(markets)
    ]


def _served(entries: Sequence[Absorber], markets: Sequence[str]) -> list[Flags | None]:
    """The markets of each entry, (M,); None for an entry that serves every market."""
    if all(each.markets is None for each in entries):
        return [None] * len(entries)
    places = [serving(entries, market) for market in markets]
    return [
        None if entry.markets is None else np.array([i in each for each in places], dtype=bool)
        for i, entry in enumerate(entries)
    ]


def _of_entry(
    entry: Absorber, serves: Flags | None, markets: Sequence[str], interest: Floats
) -> Iterator[Fund]:
    """The fund of one entry of the file, or a fund for each of its markets that is in the book."""
    if entry.cash_frac_oi is None and entry.per is None:
        assert entry.cash is not None  # one of the two is given
        yield Fund(entry, entry.name, entry.cash, serves)
        return
    own = interest if serves is None else np.where(serves, interest, 0.0)
    total = plain_sum(own.tolist())
    cash = entry.cash if entry.cash_frac_oi is None else entry.cash_frac_oi * total
    assert cash is not None
    if entry.per is None:
        yield Fund(entry, entry.name, cash, serves, open_interest_usd=total)
        return
    for place in np.flatnonzero(own).tolist():
        part = float(own[place])
        only = np.zeros(len(markets), dtype=bool)
        only[place] = True
        rules = _shared_out(entry, markets[place], part / total)
        yield Fund(rules, entry.name, cash * (part / total), only, open_interest_usd=part)


def _shared_out(entry: Absorber, market: str, share: float) -> Absorber:
    """The rules of one market's fund: what the entry states in USD, times its share."""
    bound = entry.max_notional
    return entry.model_copy(
        update={
            "name": f"{entry.name} {market}",
            "floor": entry.floor * share,
            "max_notional": None if bound is None else bound * share,
        }
    )
