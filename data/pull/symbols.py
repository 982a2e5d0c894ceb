"""A market's name on a venue, from the name it has in a scenario."""

import re

from crashsim.data.pull.feeds import Feed
from crashsim.scenarios.errors import InputError
from crashsim.scenarios.markets import base_of

_COIN = re.compile(r"[A-Za-z0-9]+")
_THOUSAND = re.compile(r"^(?:1000|k)(?=[A-Z])")


def coin_on(feed: Feed, market: str) -> str:
    """The coin as the venue writes it: `1000PEPE`, `kPEPE` and `PEPE` are one coin."""
    return coin_in(market, feed.thousand)


def coin_in(market: str, thousand: str) -> str:
    """The coin of a market where 1000 units of a cheap one are written with this prefix.

    Raises InputError for a name that no coin can be read from.
    """
    base = base_of(market)
    if not _COIN.fullmatch(base):
        raise InputError(
            f"market {market!r}: no coin can be read from it; write it as BTC, BTCUSDT or"
            " BTC/USDT:USDT"
        )
    coin = _THOUSAND.sub("", base)
    return base if coin == base else thousand + coin


def symbol_on(feed: Feed, market: str) -> str:
    """The venue's own name of the perpetual, e.g. `BTC-USDT-SWAP`."""
    coin = coin_on(feed, market)
    return feed.own_symbols.get(coin, feed.symbol.format(base=coin))


def stored_name(feed: Feed, market: str) -> str:
    """The name under which rows are stored: the market as it was asked for.

    A venue that quotes one coin where the market means 1000 of them (or the other way round) has
    prices a thousand times apart, so such rows keep the venue's own name.
    """
    base, coin = base_of(market), coin_on(feed, market)
    same_unit = _THOUSAND.sub("", base) == base or coin != _THOUSAND.sub("", coin)
    return market if same_unit else symbol_on(feed, market)
