"""Which market of a tape a name means, and what must be said where the two are not the same."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from crashsim.data.checked.findings import closest
from crashsim.data.schema import Tape
from crashsim.scenarios.errors import InputError
from crashsim.scenarios.instruments.instrument import Instrument, Kind
from crashsim.scenarios.instruments.market_names import parse, readings

_SHOWN = 4
_ONLY_SPOT = re.compile(r"^@\d|_SPBL$")  # Hyperliquid's and Bitget's spelling of pairs alone


class Use(StrEnum):
    """What a name stands for in its file."""

    POSITION = "position"
    ASSET = "asset"
    PRICE = "price"


class MismatchError(InputError):
    """A name that no market of the tape may serve; the text says what was expected of it."""


class AbsentError(MismatchError):
    """A name whose instrument the tape does not have, and nothing that it could be taken for."""


@dataclass(frozen=True)
class Match:
    """A market of the tape for a name.

    own_units, tape_units: coins in one unit of each: 1000 and 1 for kPEPE on PEPE. is_dollar_apart:
    they are quoted in different dollars. is_spot_price: a contract gets the price of a spot pair.
    may_be_spot: the name is read as a perpetual but may be a spot pair.
    """

    market: str
    own_units: int = 1
    tape_units: int = 1
    is_dollar_apart: bool = False
    is_spot_price: bool = False
    may_be_spot: bool = False


@dataclass(frozen=True)
class _Name:
    """A name as written, what it is taken for, and all that it may be."""

    text: str
    instrument: Instrument
    read: tuple[Instrument, ...]
    use: Use

    @property
    def is_spot(self) -> bool:
        """Whether a spot pair prices it better than a contract does."""
        is_pair = self.instrument.kind is Kind.SPOT
        return self.use is Use.ASSET or (self.use is Use.PRICE and is_pair)


class MarketIndex:
    """Known markets, found by the instrument that a name stands for."""

    def __init__(self, venues: Mapping[str, str | None]) -> None:
        """venues: whose spelling each known market's name follows; None where that is not known."""
        self._venues = venues
        self._of = {market: _parsed(market, venue) for market, venue in venues.items()}
        self._by_coin: dict[str, list[str]] = {}
        for market, instrument in sorted(self._of.items()):
            for coin in {instrument.base} if instrument else _coins(market, venues[market]):
                self._by_coin.setdefault(coin, []).append(market)

    def find(self, text: str, venue: str | None = None, use: Use = Use.POSITION) -> Match:
        """The market that serves a name in the spelling of `venue` (None: any).

        The same instrument goes first, then another dollar, then another multiple. Raises
        MismatchError.
        """
        house = venue or self._house_of(text)
        read = readings(text, house)
        if text in self._of and (use is Use.PRICE or (use is Use.ASSET and self._of[text] is None)):
            return Match(text)  # one name in both places: the same, whatever it is
        name = _Name(text, self._taken_for(text, house), read, use)
        near = self._by_coin.get(name.instrument.base, [])
        if why := _why_not(name, venue):
            raise MismatchError(f"{self._of_the_tape(name, near)}; {why}")
        ranks = {m: _rank(name, m, each) for m in near if (each := self._serving(name, m))}
        if not ranks:
            is_new = not near or name.instrument.kind is Kind.FUTURE
            raise (AbsentError if is_new else MismatchError)(self._of_the_tape(name, near))
        best = [market for market, rank in ranks.items() if rank == min(ranks.values())]
        if len(best) > 1:
            raise MismatchError(f"one market of the tape: it may be {' or '.join(best)}")
        return _match(name, best[0], self._of[best[0]])

    def _house_of(self, market: str) -> str | None:
        """The venue of a market of the tape; that its prices are of a spot pair says no more."""
        venue = self._venues.get(market)
        return venue.removesuffix("-spot") if venue else None

    def _taken_for(self, text: str, venue: str | None) -> Instrument:
        read = readings(text, venue)
        if not read:
            raise AbsentError(f"a market of the tape{closest(text, self._of)}")
        if all(each.kind is Kind.OPTION for each in read):
            return read[0]
        try:
            return parse(text, venue)
        except InputError as problem:
            near = [market for each in read for market in self._by_coin.get(each.base, [])]
            if not near:
                raise AbsentError(f"a market of the tape{closest(text, self._of)}") from None
            raise MismatchError(f"the name of one contract: {problem}") from None

    def _serving(self, name: _Name, market: str) -> Instrument | None:
        own, other = name.instrument, self._of[market]
        if other is None or not other.is_in_dollars or other.contract not in ("linear", "spot"):
            return None
        dated = (own.kind is Kind.FUTURE, own.expiry)
        return other if (other.kind is Kind.FUTURE, other.expiry) == dated else None

    def _of_the_tape(self, name: _Name, near: list[str]) -> str:
        """`a market of the tape`, what the name is instead, and what the tape has of the coin."""
        if not near and name.instrument.kind is Kind.PERPETUAL:
            return f"a market of the tape{closest(name.text, self._of)}"
        has = f", and the tape has {', '.join(near[:_SHOWN])}" if near else ""
        other = self._of[near[0]] if near else None
        what = (
            f", {other.in_words}"
            if other
            else ", whose contract --names-of VENUE would tell"
            if near
            else ""
        )
        it = f"{name.instrument}, " if len(name.read) == 1 else ""
        return f"a market of the tape: it is {it}{name.instrument.in_words}{has}{what}"


def index_of(tape: Tape) -> MarketIndex:
    """The markets of a tape."""
    return MarketIndex(
        {m: tape.origins[m].venue if m in tape.origins else None for m in tape.markets}
    )


def match_notes(matches: Mapping[str, Match], *, are_prices: bool = False) -> tuple[str, ...]:
    """What has to be said of the names of one file, a sentence each.

    are_prices: the file prices the tape's markets, and is not priced by them.
    """
    pairs = matches.items()
    priced = {
        n: f"{m.market} is priced by {n}" if are_prices else f"{n} is priced by {m.market}"
        for n, m in pairs
    }
    multiples = [
        f"{priced[name]}: {_converted(m, are_prices)}"
        for name, m in pairs
        if m.own_units != m.tape_units
    ]
    spot = [priced[name] for name, m in pairs if m.is_spot_price]
    dollars = [
        priced[name]
        for name, m in pairs
        if m.is_dollar_apart and not m.is_spot_price and m.own_units == m.tape_units
    ]
    either = [name for name, m in pairs if m.may_be_spot]
    return (
        *multiples,
        *([_few(dollars)] if dollars else []),
        *([f"{_few(spot)}, a contract by a spot pair"] if spot else []),
        *([f"{_few(either)}: perpetual or spot by name, taken as perpetual"] if either else []),
    )


def other_names(matches: Mapping[str, Match]) -> dict[str, str]:
    """Names that the tape spells otherwise, and its own for each."""
    return {name: match.market for name, match in matches.items() if match.market != name}


def _converted(match: Match, are_prices: bool) -> str:
    if are_prices:
        return f"prices are multiplied by {match.tape_units / match.own_units:g}"
    return f"sizes are multiplied and prices divided by {match.own_units / match.tape_units:g}"


def _few(texts: Iterable[str]) -> str:
    all_of = list(texts)
    more = len(all_of) - _SHOWN
    return ", ".join(all_of[:_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _parsed(market: str, venue: str | None) -> Instrument | None:
    try:
        return parse(market, venue)
    except InputError:
        return None


def _coins(market: str, venue: str | None) -> set[str]:
    return {each.base for each in readings(market, venue)}


def _why_not(name: _Name, venue: str | None) -> str:
    """Why an instrument cannot be held, pledged or taken as a mark; empty where it can."""
    own = name.instrument
    if own.kind is Kind.OPTION:
        return "options cannot be replayed"
    if own.contract in ("inverse", "quanto"):
        return "only contracts paid in a dollar can be replayed"
    if not own.is_in_dollars:
        return f"its price is in {own.quote}, in no dollar"
    is_pair = own.kind is Kind.SPOT and (venue is not None or _ONLY_SPOT.search(name.text))
    if name.use is Use.POSITION and is_pair:
        return "a position is a contract; what is owned stands in collateral.csv"
    if name.use is Use.ASSET and own.kind is Kind.FUTURE:
        return "a dated contract is no asset"
    return ""


def _rank(name: _Name, market: str, other: Instrument) -> tuple[bool, bool, bool, bool]:
    return (
        market != name.text,
        (other.kind is Kind.SPOT) != name.is_spot,
        other.multiplier != name.instrument.multiplier,
        other.quote not in {each.quote for each in name.read},
    )


def _match(name: _Name, market: str, other: Instrument | None) -> Match:
    assert other is not None
    own = name.instrument
    own_is_spot, other_is_spot = own.kind is Kind.SPOT, other.kind is Kind.SPOT
    is_spot_price = other_is_spot and not own_is_spot
    if name.use is Use.PRICE:
        is_spot_price = own_is_spot and not other_is_spot
    return Match(
        market,
        own_units=own.multiplier,
        tape_units=other.multiplier,
        is_dollar_apart=market != name.text and other.quote not in {e.quote for e in name.read},
        is_spot_price=is_spot_price and name.use is not Use.ASSET,
        may_be_spot=name.use is Use.POSITION and any(e.kind is Kind.SPOT for e in name.read),
    )
