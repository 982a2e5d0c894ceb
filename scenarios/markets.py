"""Which of a venue's tables serves a market: by its name, its coin, or the coin's multiples."""

from collections.abc import Iterator

from crashsim.scenarios.instruments.market_names import readings
from crashsim.scenarios.instruments.multiples import spelled


def table_keys(market: str) -> Iterator[str]:
    """Names under which a venue may keep a market's table, the most exact first.

    Exact name, base, then the coin under its other multiples: a contract on a thousand PEPE is
    1000PEPE on one venue and kPEPE on the next, and margin goes by notional, not by size.
    """
    yield market
    for each in readings(market)[:1]:
        yield from spelled(each.multiplier, each.base)
        yield each.base
        yield from spelled(1000, each.base)
    yield "*"
