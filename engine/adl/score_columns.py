"""The columns that a score may read of deleveraging candidates: given, drawn, and derived."""

import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cached_property

import numpy as np

from crashsim.engine.adl.candidates import Candidates
from crashsim.engine.arrays import Floats, Indices, Lazily, dot
from crashsim.engine.run import Run
from crashsim.engine.state.health import RowsOf
from crashsim.engine.state.step import Step

Columns = Mapping[str, Floats]

# docs/semantics.md, section 6: divisions by an equity below this use this.
MIN_EQUITY_USD = 1e-9
_MANY_FRAC = 0.25  # of all units: from there on to sum everyone is faster than to gather these


def _equity(base: Columns) -> Floats:
    return np.maximum(base["equity"], MIN_EQUITY_USD)


def bankruptcy_price(base: Columns) -> Floats:
    """Price that takes exactly the position's share of its unit's equity; not clipped.

    The share goes by maintenance margin, by notional where the unit has none. Shapes (n,).
    """
    by_margin = base["mm"] > 0
    share = np.where(by_margin, base["position_mm"], base["notional"]) / np.where(
        by_margin, base["mm"], base["unit_notional"]
    )
    return base["mark_price"] - base["equity"] * share / base["size"]


_DERIVED: Mapping[str, Callable[[Columns], Floats]] = {
    "bankruptcy_price": bankruptcy_price,
    "pnl_frac": lambda base: base["upnl"] / (np.abs(base["size"]) * base["entry_price"]),
    "margin_ratio": lambda base: base["mm"] / _equity(base),
    "leverage": lambda base: base["unit_notional"] / _equity(base),
    "position_leverage": lambda base: base["notional"] / _equity(base),
}


def derived_columns(needed: Collection[str], base: Columns) -> dict[str, Floats]:
    """The columns of `needed`, each (n,): from `base` where it has them, else computed from it.

    base: side, size (signed), entry_price, mark_price, upnl, notional, equity, cash, mm,
    position_mm, unit_notional, unit_upnl, and opened_at and rand where a score reads them; all
    float64 of shape (n,), in the units of `engine.adl.scores.COLUMNS`.

    Raises KeyError for a column that is neither given nor derived.
    """
    return {name: base[name] if name in base else _DERIVED[name](base) for name in needed}


def rand_column(seed: int, step: int, accounts: Sequence[str], markets: Sequence[str]) -> Floats:
    """Uniform draws in [0, 1), shape (n,): first 53 bits of SHA-256 of the row's key over 2^53.

    The key is "seed|step|account|market", so a draw depends on nothing else in the book.
    """
    prefix = f"{seed}|{step}|"
    pairs = zip(accounts, markets, strict=True)
    return np.array([unit_draw(f"{prefix}{account}|{market}") for account, market in pairs])


def unit_draw(key: str) -> float:
    """A uniform draw in [0, 1) from the SHA-256 of a key."""
    first_64_bits = int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big")
    return (first_64_bits >> 11) / 2.0**53


def candidate_columns(run: Run, step: Step, found: Candidates) -> Lazily[Floats]:
    """The columns of these candidates that `derived_columns` starts from, made when read."""
    sums = _UnitSums(run, step, found)
    return Lazily(
        {
            "side": lambda _: np.sign(found.size),
            "size": lambda _: found.size,
            "entry_price": lambda _: found.entry,
            "mark_price": lambda _: step.mark[found.market],
            "notional": lambda columns: np.abs(found.size) * columns["mark_price"],
            "upnl": lambda columns: found.size * (columns["mark_price"] - found.entry),
            "position_mm": lambda columns: run.tables.many(found.market, columns["notional"]),
            "opened_at": lambda _: _opened_at(run, found),
            "rand": lambda _: _rand(run, step, found),
            "seeded_place": lambda _: _seeded_place(run, step, found),
            "equity": lambda _: sums.of("equity"),
            "cash": lambda _: sums.of("cash"),
            "mm": lambda _: sums.of("mm"),
            "unit_notional": lambda _: sums.of("unit_notional"),
            "unit_upnl": lambda _: sums.of("unit_upnl"),
        }
    )


def _opened_at(run: Run, found: Candidates) -> Floats:
    opened = run.state.row_opened_ms[found.row]
    return np.where(found.row >= 0, opened, np.nan)


def _seeded_place(run: Run, step: Step, found: Candidates) -> Floats:
    """Place in the list of unit ids of each market and side, counted from a seeded start."""
    order = np.lexsort((found.tie, found.place))
    counts = np.bincount(found.place)
    place = np.empty(order.size)
    for key in np.flatnonzero(counts).tolist():
        part = order[found.place[order] == key]
        market = run.state.markets[int(found.market[part[0]])]
        side = "long" if found.size[part[0]] > 0 else "short"
        draw = unit_draw(f"{run.seed}|{step.index}|{market}|{side}")
        start = int(draw * part.size)
        place[part] = (np.arange(part.size) - start) % part.size
    return place


def _rand(run: Run, step: Step, found: Candidates) -> Floats:
    state = run.state
    accounts = [
        state.account_name(int(state.row_unit[row]))
        if row >= 0
        else state.absorbers[-1 - row].rules.name
        for row in found.row.tolist()
    ]
    markets = [state.markets[m] for m in found.market.tolist()]
    return rand_column(run.seed, step.index, accounts, markets)


class _UnitSums:
    """Sums over all positions of the unit, or absorber, that each candidate belongs to."""

    def __init__(self, run: Run, step: Step, found: Candidates) -> None:
        self._run = run
        self._mark = step.mark
        self._count = found.row.size
        self._is_unit = found.row >= 0
        self._absorber = (-1 - found.row[~self._is_unit]).tolist()
        self._unit = run.state.row_unit[found.row[self._is_unit]]

    def of(self, name: str) -> Floats:
        """One of the sums of `RowsOf.sums`, (n,)."""
        sums, place = self._of_units
        if not self._absorber:
            return sums[name][place]
        values = np.empty(self._count)
        values[self._is_unit] = sums[name][place]
        values[~self._is_unit] = [self._of_absorber(index)[name] for index in self._absorber]
        return values

    @cached_property
    def _of_units(self) -> tuple[Lazily[Floats], Indices]:
        """The sums of these units, and the place of each candidate's among them."""
        state = self._run.state
        wanted = np.zeros(state.cash.size, dtype=bool)
        wanted[self._unit] = True
        units = np.flatnonzero(wanted)
        if units.size > _MANY_FRAC * wanted.size:
            units, place = np.arange(wanted.size, dtype=np.intp), self._unit
        else:
            place = (np.cumsum(wanted) - 1)[self._unit]
        return RowsOf(state, self._run.tables, units).sums(self._mark), place

    def _of_absorber(self, index: int) -> Mapping[str, float]:
        absorber = self._run.state.absorbers[index]
        notional = np.abs(absorber.size) * self._mark
        upnl = dot(absorber.size, self._mark - absorber.entry)
        mm = self._run.tables.many(np.arange(self._mark.size, dtype=np.intp), notional)
        return {
            "equity": absorber.cash_usd + upnl,
            "cash": absorber.cash_usd,
            "mm": float(mm.sum()),
            "unit_notional": float(notional.sum()),
            "unit_upnl": upnl,
        }
