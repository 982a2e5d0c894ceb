"""A market's name on a venue, from the name it has in a scenario."""

import re

from crashsim.data.pull.feeds import Feed
from crashsim.scenarios.errors import InputError
from crashsim.scenarios.instruments.market_names import readings

_COIN = re.compile(r"[A-Za-z0-9]+")
_THOUSAND = 1000


def coin_on(feed: Feed, market: str) -> str:
    """The coin as the venue writes it: `1000PEPE`, `kPEPE` and `PEPE` are one coin."""
    return coin_in(market, feed.thousand)


def coin_in(market: str, thousand: str) -> str:
    """The coin of a market where 1000 units of a cheap one are written with this prefix.

    Raises InputError for a name that no coin can be read from.
    """
    each = next(iter(readings(market)), None)
    if each is None or not _COIN.fullmatch(each.base):
        raise InputError(
            f"market {market!r}: no coin can be read from it; write it as BTC, BTCUSDT or"
            " BTC/USDT:USDT"
        )
    if each.multiplier == 1:
        return each.base
    return (thousand if each.multiplier == _THOUSAND else str(each.multiplier)) + each.base


def symbol_on(feed: Feed, market: str) -> str:
    """The venue's own name of the perpetual, e.g. `BTC-USDT-SWAP`."""
    coin = coin_on(feed, market)
    return feed.own_symbols.get(coin, feed.symbol.format(base=coin))


def stored_name(feed: Feed, market: str) -> str:
    """The name under which rows are stored: the market as it was asked for.

    A venue that quotes one coin where the market means 1000 of them (or the other way round) has
    prices a thousand times apart, so such rows keep the venue's own name.
    """
    asked = readings(market)[0].multiplier
    served = readings(coin_on(feed, market))[0].multiplier
    return market if asked == served else symbol_on(feed, market)
