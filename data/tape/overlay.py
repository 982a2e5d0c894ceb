"""Laying one tape over another, market by market."""

from dataclasses import replace

import numpy as np

from crashsim.data.book.market_match import MarketIndex
from crashsim.data.schema import Tape
from crashsim.scenarios.errors import InputError


def lay_over(base: Tape, over: Tape, source: str) -> Tape:
    """`base` with the markets of `over`, which is on the same grid and named `source` in errors.

    A market of `over` replaces the base's of the same name, else the only one of the same base
    that no exact name claims (BTC-PERP is laid over BTCUSDT, which keeps its name). Others are
    added under their own name. Raises InputError where a replacing market has no price at the
    first step, since that would take a known price away, or where a name is ambiguous.
    """
    names = _targets(base, over, source)
    late = [m for m in over.markets if names[m] in base.markets and not _known(over, m)]
    if late:
        raise InputError(
            f"{source}: has no price at or before the first step for {', '.join(late[:5])}, "
            "expected prices that cover the start of the window"
        )
    renamed = replace(
        over,
        markets=tuple(names[m] for m in over.markets),
        origins={names[m]: origin for m, origin in over.origins.items()},
    )
    return _joined(base, renamed)


def _known(tape: Tape, market: str) -> bool:
    return bool(np.isfinite(tape.mark[0, tape.markets.index(market)]))


def _targets(base: Tape, over: Tape, source: str) -> dict[str, str]:
    exact = set(base.markets) & set(over.markets)
    index = MarketIndex(m for m in base.markets if m not in exact)
    try:
        names = {m: m if m in exact else index.find(m) or m for m in over.markets}
    except InputError as problem:
        raise InputError(f"{source}: {problem}") from None
    claimed: dict[str, str] = {}
    for market, target in names.items():
        if target in claimed:
            raise InputError(
                f"{source}: {claimed[target]} and {market} would both replace {target}, "
                "expected one market for it"
            )
        claimed[target] = market
    return names


def _joined(base: Tape, over: Tape) -> Tape:
    markets = tuple(sorted({*base.markets, *over.markets}))
    origins = {**base.origins, **over.origins}
    place = {market: (over, column) for column, market in enumerate(over.markets)}
    for column, market in enumerate(base.markets):
        place.setdefault(market, (base, column))
    chosen = [place[market] for market in markets]
    return Tape(
        time_ms=base.time_ms,
        markets=markets,
        mark=np.column_stack([tape.mark[:, c] for tape, c in chosen]),
        volume_usd=np.column_stack([tape.volume_usd[:, c] for tape, c in chosen]),
        funding_rate=np.column_stack([tape.funding_rate[:, c] for tape, c in chosen]),
        origins={market: origins[market] for market in markets},
    )
