"""Every venue's spellings, and what a name stands for among them."""

import re
from collections.abc import Iterable, Mapping
from functools import cache

from crashsim.scenarios.errors import InputError
from crashsim.scenarios.instruments.instrument import DOLLARS, Instrument, Kind
from crashsim.scenarios.instruments.spelling import Spelling
from crashsim.scenarios.instruments.venues import (
    backpack,
    binance,
    bitget,
    bitmex,
    bybit,
    ccxt,
    coinbase,
    deribit,
    dydx,
    hyperliquid,
    kraken,
    okx,
    plain,
)

VENUES: Mapping[str, tuple[Spelling, ...]] = {
    "backpack": backpack.SPELLINGS,
    "binance": binance.SPELLINGS,
    "bitget": bitget.SPELLINGS,
    "bitmex": bitmex.SPELLINGS,
    "bybit": bybit.SPELLINGS,
    "ccxt": ccxt.SPELLINGS,
    "coinbase": coinbase.SPELLINGS,
    "deribit": deribit.SPELLINGS,
    "dydx": dydx.SPELLINGS,
    "hyperliquid": hyperliquid.SPELLINGS + hyperliquid.COINS,
    "kraken": kraken.SPELLINGS,
    "okx": okx.SPELLINGS,
}
# Without a venue a coin's bare name is the last resort, and Hyperliquid's are no reading of others.
_ANY_VENUE = tuple(
    dict.fromkeys(
        spelling
        for spellings in VENUES.values()
        for spelling in spellings
        if spelling not in hyperliquid.COINS
    )
)
_ORDER = tuple(Kind)
_NOT_LINEAR = ("inverse", "quanto")
# Without a venue and a separator a cross is told from a coin's name by its first half: COTIBTC and
# ETHBTC are pairs; WBTC, STETH, SOLVBTC and what only ends like a currency are coins.
_MAJORS = re.compile("BTC|ETH|SOL|BNB|XRP|DOGE|ADA|LTC|LINK|AVAX|TRX|DOT|BCH|XLM|SUI")
_WRAPPERS = re.compile(".{1,2}|WST|SFRX|FRX|ANKR|PUF|STK|SLIS|REN|SOLV|PUMP")
_COIN_QUOTES = ("BTC", "ETH", "BNB")


@cache
def readings(name: str, venue: str | None = None) -> tuple[Instrument, ...]:
    """All that a name may stand for, perpetuals first; empty where no spelling fits.

    venue: a key of VENUES, also with `-spot` or `-contracts` behind it for one part of it; None
    for any. What a venue would not write is read as ccxt and then as any venue would, and what
    nobody would as the bare name of a coin.
    """
    house, _, part = (venue or "").partition("-")
    own = _part(_read(name, VENUES[house]), part) or _read(name, ccxt.SPELLINGS) if house else ()
    found = own or _of_any_venue(name) or _read(name, plain.SPELLINGS)
    return found or _read(name, plain.COINS)


def parse(name: str, venue: str | None = None) -> Instrument:
    """The instrument of a name; a perpetual where it may be a spot pair too.

    Raises InputError for a name of no spelling, and where its readings differ in the contract.
    """
    found = readings(name, venue)
    if not found:
        raise InputError(f'"{name}" is the name of no market in any spelling that is known')
    if len({_contract(each) for each in found}) > 1:
        raise InputError(
            f'"{name}" may be {" or ".join(str(each) for each in found)}: say whose spelling it is '
            f"with --names-of VENUE ({', '.join(VENUES)})"
        )
    return found[0]


def is_spelled(name: str) -> bool:
    """Whether a name is more than the bare name of a coin: some venue would write it so."""
    return bool(_of_any_venue(name) or _read(name, plain.SPELLINGS))


def is_in_dollars(name: str, venue: str | None = None) -> bool:
    """Whether a market of this name may be priced in a dollar."""
    return any(each.is_in_dollars for each in readings(name, venue))


def venue_of(source: str) -> str | None:
    """The venue of a source of the store (`bybit-spot`, `tardis-okex-swap`), if known."""
    name = source.removeprefix("tardis-")
    head = name.partition("-")[0]
    venue = _OTHER_NAMES.get(head, head)
    if venue not in VENUES:
        return None
    if venue == "ccxt":
        return venue
    is_spot = name.endswith("-spot") or source in _SPOT_SOURCES
    return f"{venue}-{'spot' if is_spot else 'contracts'}"


_OTHER_NAMES = {"freqtrade": "ccxt", "okex": "okx", "cryptofacilities": "kraken"}
_SPOT_SOURCES = ("tardis-binance", "tardis-bitget", "tardis-kraken", "tardis-okex")


def _read(name: str, spellings: Iterable[Spelling]) -> tuple[Instrument, ...]:
    found = {each for spelling in spellings if (each := spelling.read(name)) is not None}
    # No venue has a contract on a dollar paid in that dollar: USDCUSD is a pair.
    real = [each for each in found if not (each.base in DOLLARS and each.contract in _NOT_LINEAR)]
    kept = real if name.isalnum() else found
    return tuple(sorted(kept, key=lambda each: (_ORDER.index(each.kind), str(each))))


def _of_any_venue(name: str) -> tuple[Instrument, ...]:
    if name in DOLLARS:
        return ()
    found = _read(name, _ANY_VENUE)
    return tuple(each for each in found if each.is_in_dollars or _is_cross(name, each))


def _is_cross(name: str, each: Instrument) -> bool:
    if not name.isalnum() or _MAJORS.fullmatch(each.base):
        return True
    return each.quote in _COIN_QUOTES and not _WRAPPERS.fullmatch(each.base)


def _part(found: tuple[Instrument, ...], part: str) -> tuple[Instrument, ...]:
    if not part:
        return found
    wanted = tuple(each for each in found if (each.kind is Kind.SPOT) == (part == "spot"))
    return wanted or found


def _contract(each: Instrument) -> tuple[object, ...]:
    """What two readings share that differ in spot and perpetual, or in the dollar, only."""
    kind = Kind.PERPETUAL if each.kind is Kind.SPOT else each.kind
    contract = "linear" if each.kind is Kind.SPOT else each.contract
    quote = "USD" if each.is_in_dollars else each.quote
    return kind, contract, quote, each.base, each.multiplier, each.expiry, each.strike, each.right
