"""What absorbers start with whose size depends on the book, in dollars and in words."""

from dataclasses import dataclass
from itertools import groupby

from crashsim.data import Inputs
from crashsim.engine.arrays import plain_sum
from crashsim.engine.state.absorber_state import Fund, funds
from crashsim.lab.figures import many
from crashsim.scenarios.models.absorber import CASH_KEYS, Absorber, serving
from crashsim.scenarios.models.venue import Venue


@dataclass(frozen=True)
class SizedEntry:
    """An absorber of the venue's file and the funds it stands for beside this book.

    is_grounded: whether the file gives a source or an assumption for its size.
    """

    entry: Absorber
    funds: tuple[Fund, ...]
    is_grounded: bool

    @property
    def text(self) -> str:
        """The entry, what it starts with and why, as a sentence without its full stop."""
        cash = plain_sum(fund.cash_usd for fund in self.funds)
        parts = f" in {many(len(self.funds), 'fund')}, one a market" if self.entry.per else ""
        return f"{self.entry.name} starts with ${cash:,.0f}{parts}: {self._size}"

    @property
    def _size(self) -> str:
        fraction = self.entry.cash_frac_oi
        interest = plain_sum(fund.open_interest_usd or 0.0 for fund in self.funds)
        if fraction is None:
            return f"shared over them by their open interest of ${interest:,.0f}"
        whose = "the book's" if self.entry.markets is None else "its markets'"
        return f"{fraction:.4g} of {whose} open interest of ${interest:,.0f}"


def sized_by_book(venue: Venue, inputs: Inputs) -> tuple[SizedEntry, ...]:
    """The absorbers of a venue whose size depends on the book, in the order of its file."""
    entries = {
        each.name: each for each in venue.absorber if each.cash_frac_oi is not None or each.per
    }
    if not entries:
        return ()
    found = groupby(funds(venue, inputs.tape, inputs.book), key=lambda fund: fund.entry)
    by_entry = {name: tuple(each) for name, each in found}
    return tuple(
        SizedEntry(entry, by_entry.get(name, ()), _is_grounded(venue, name))
        for name, entry in entries.items()
    )


def _is_grounded(venue: Venue, name: str) -> bool:
    keys = {f"absorber.{name}.{key}" for key in CASH_KEYS}
    return any(fact.key in keys and (fact.source or fact.assumption) for fact in venue.facts())


def markets_without_absorber(venue: Venue, inputs: Inputs) -> tuple[str, ...]:
    """Markets of the tape that none of the absorbers serves; () where each serves every one."""
    if all(each.markets is None for each in venue.absorber):
        return ()
    return tuple(each for each in inputs.tape.markets if not serving(venue.absorber, each))
