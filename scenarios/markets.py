"""Market names: from a venue's spelling of a perpetual to the coin that it is a contract on."""

import re
from collections.abc import Iterator

_EXPIRY = re.compile(r"[-_]\d{6}$")  # BTCUSDT_251226
_QUOTES = ("USDT", "USDC", "FDUSD", "BUSD", "USD", "PERP")  # BTCUSDT, BTCUSD, BTCPERP
_MULTIPLE = re.compile(r"^(?:1000+|1M|k(?=[A-Z]))(?=[A-Z])")  # 1000PEPE, 1MBABYDOGE, kPEPE


def base_of(market: str) -> str:
    """The base of a market's name: BTCUSDT, BTC/USDT:USDT, BTC_USDC_PERP, BTC-PERP -> BTC.

    A name that follows none of these forms is its own base.
    """
    if "/" in market:
        return market.split("/")[0]
    name = _EXPIRY.sub("", market)
    parts = re.split(r"[-_]", name)
    if len(parts) > 1 and parts[0]:
        return parts[0]
    return next(
        (cut for quote in _QUOTES if (cut := name.removesuffix(quote)) != name and cut), name
    )


def table_keys(market: str) -> Iterator[str]:
    """Names under which a venue may keep a market's table, the most exact first.

    Exact name, base, then the coin under its other multiples: a contract on a thousand PEPE is
    1000PEPE on one venue and kPEPE on the next, and margin goes by notional, not by size.
    """
    base = base_of(market)
    coin = _MULTIPLE.sub("", base)
    yield from dict.fromkeys((market, base, coin, f"k{coin}", f"1000{coin}", "*"))
