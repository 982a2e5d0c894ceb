"""A seeded population of accounts: who holds what at the start of a bundled night.

No account in it exists. It is drawn from stated parameters, in columns, and looks at nothing of the
tape but its markets' first marks.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from crashsim.data.schema import ACCOUNT_COLUMNS, POSITION_COLUMNS, Book, Tape
from crashsim.data.synthetic.open_interest import first_of, open_interest_usd
from crashsim.data.synthetic.streams import stream
from crashsim.data.tape.grid import Bools, Floats, Ints
from crashsim.scenarios.errors import InputError
from crashsim.scenarios.models.generate import Population

_POSITION_SIGMA = 0.5  # log spread of the positions of one account around its own scale
_TOP_SPARSITY = 0.4  # part of the markets that a top account is in
_AGE_SIGMA, _AGE_MAX_H = 1.5, 24.0 * 90
_HOUR_MS = 3_600_000


@dataclass(frozen=True)
class _Positions:
    """P positions, ascending by account, then market.

    account: (P,) number from 0; the first `top_shorts` are the top shorts. market: (P,) column of
    the tape. side: (P,) +1 or -1. usd: (P,) notional at the first marks.
    """

    account: Ints
    market: Ints
    side: Ints
    usd: Floats


def generate_book(population: Population, tape: Tape, seed: int) -> Book:
    """Accounts and positions for the first step of the tape.

    Longs and shorts have the same total size in every market (to rounding). Cash is what makes
    each account's leverage, so entry prices move profit already made, never equity. Raises
    InputError where the population is too small to hold both sides of every market.
    """
    interest_usd = open_interest_usd(population, tape)
    slots = _slots(population, interest_usd, seed)
    positions = _sized(population, slots, interest_usd, seed)
    isolated = _isolated(population, positions, seed)
    most = _most_of_positions(population, positions, tape.markets)
    least = _least_leverage(population, positions, isolated)
    by_account = np.maximum(_leverage(population, positions, most, seed), least)
    leverage = by_account[positions.account]
    # Isolated margin stands alone: no other position of the account makes up for it.
    alone = np.maximum(np.minimum(leverage, most), least[positions.account])
    leverage = np.where(isolated, alone, leverage)
    frame = _position_columns(population, positions, isolated, leverage, tape, seed)
    names = _account_names(population.accounts, seed)
    margin_usd = positions.usd / leverage
    upnl_usd = frame["upnl_usd"].to_numpy()
    own_usd = np.where(isolated, population.idle_cash_frac * margin_usd, margin_usd - upnl_usd)
    cash = np.bincount(positions.account, own_usd, minlength=population.accounts)
    accounts = pl.DataFrame({"account": names, "cash": cash}, schema=pl.Schema(ACCOUNT_COLUMNS))
    frame = frame.with_columns(account=names.gather(positions.account))
    return Book(
        accounts=accounts.sort("account"),
        positions=frame.select(list(POSITION_COLUMNS))
        .cast(pl.Schema(POSITION_COLUMNS))
        .sort("account", "market", "margin_mode"),
        provenance="assumed",
        source=f"seeded population of {population.accounts:,} accounts, seed {seed}",
    )


def _slots(population: Population, interest_usd: Floats, seed: int) -> _Positions:
    """Who is in which market on which side; usd is a weight still. Top shorts come later."""
    crowd = population.accounts - population.top_shorts
    draw = stream(seed, "book.sides")
    first_side = np.where(draw.random(max(crowd, 0)) < population.short_share, -1, 1)
    counts = _position_counts(population, crowd, seed)
    account = np.repeat(np.arange(crowd), counts)
    is_first = np.diff(account, prepend=-1) > 0
    flips = ~is_first & (draw.random(account.size) < population.mixed_share)
    side = np.where(flips, -1, 1) * first_side[account]
    market = _markets_drawn(population, interest_usd, account.size, seed)
    _cover_every_market(population, interest_usd, first_side, np.flatnonzero(is_first), market)
    # A market drawn twice by one account is one position.
    key = account * interest_usd.size + market
    kept = np.unique(key, return_index=True)[1]
    return _Positions(
        account=account[kept] + population.top_shorts,
        market=market[kept],
        side=side[kept],
        usd=_weights(population, crowd, account, seed)[kept],
    )


def _position_counts(population: Population, crowd: int, seed: int) -> Ints:
    shares = np.array(population.position_shares)
    draw = stream(seed, "book.counts").random(max(crowd, 0))
    return np.asarray(np.searchsorted(np.cumsum(shares / shares.sum())[:-1], draw, "right") + 1)


def _markets_drawn(population: Population, interest_usd: Floats, size: int, seed: int) -> Ints:
    popular = np.where(interest_usd > 0, interest_usd, 0.0) ** population.market_power
    popular[interest_usd <= 0] = 0.0
    ends = np.cumsum(popular / popular.sum())
    draw = stream(seed, "book.markets").random(size) * ends[-1]
    return np.asarray(np.searchsorted(ends, draw, "right"))


def _cover_every_market(
    population: Population, interest_usd: Floats, first_side: Ints, first_slot: Ints, market: Ints
) -> None:
    """Give the first long and short accounts one market each, so that both sides are held."""
    held = np.flatnonzero(interest_usd > 0)
    for side, name in ((1, "long"), (-1, "short")):
        accounts = np.flatnonzero(first_side == side)
        if accounts.size < held.size:
            raise InputError(
                f"book.generate.accounts: {population.accounts} accounts hold {accounts.size} "
                f"{name} accounts, expected at least one for each of {held.size} markets; "
                "raise accounts"
            )
        market[first_slot[accounts[: held.size]]] = held


def _weights(population: Population, crowd: int, account: Ints, seed: int) -> Floats:
    draw = stream(seed, "book.sizes")
    scale = population.size_sigma * draw.standard_normal(crowd)
    return np.exp(scale[account] + _POSITION_SIGMA * draw.standard_normal(account.size))


def _sized(
    population: Population, slots: _Positions, interest_usd: Floats, seed: int
) -> _Positions:
    """The crowd's positions with their notional, and those of the top shorts before them."""
    top_frac = population.top_short_share
    is_long = slots.side > 0
    book = slots.market * 2 + is_long  # a side of a market
    total = np.bincount(book, slots.usd, minlength=2 * interest_usd.size)
    wanted_usd = np.where(is_long, 1.0, 1.0 - top_frac) * interest_usd[slots.market]
    usd = slots.usd * wanted_usd / total[book]
    top = _top_usd(population.top_shorts, interest_usd * top_frac, seed)
    top_account, top_market = np.nonzero(top)
    return _Positions(
        account=np.concatenate([top_account, slots.account]),
        market=np.concatenate([top_market, slots.market]),
        side=np.concatenate([np.full(top_account.size, -1), slots.side]),
        usd=np.concatenate([top[top_account, top_market], usd]),
    )


def _top_usd(tops: int, wanted_usd: Floats, seed: int) -> Floats:
    """Notional of the top shorts, (tops, M): each is in a part of the markets, someone in each."""
    draw = stream(seed, "book.tops")
    chance = draw.random((tops, wanted_usd.size))
    weight = np.exp(draw.standard_normal((tops, wanted_usd.size)))
    if tops == 0:
        return weight
    is_in = (chance < _TOP_SPARSITY) | (chance == chance.min(axis=0))
    weight = np.where(is_in, weight, 0.0)
    return np.asarray(weight / weight.sum(axis=0) * wanted_usd)


def _leverage(population: Population, positions: _Positions, most: Floats, seed: int) -> Floats:
    """Gross notional over equity by account, (N,): lognormal by side, within the initial margin.

    Who draws more than the maximum gets between half of it and the whole of it.
    """
    draw = stream(seed, "book.leverage")
    normal, part = draw.standard_normal(population.accounts), draw.random(population.accounts)
    net = np.bincount(positions.account, positions.side * positions.usd, population.accounts)
    is_long = net > 0
    median = np.where(is_long, population.long_leverage_median, population.short_leverage_median)
    sigma = np.where(is_long, population.long_leverage_sigma, population.short_leverage_sigma)
    median[: population.top_shorts] = population.top_leverage_median
    sigma[: population.top_shorts] = population.top_leverage_sigma
    wished = median * np.exp(sigma * normal)
    allowed = _most_leverage(population, positions, most)
    within = np.where(wished > allowed, allowed * (1.0 + part) / 2.0, wished)
    return np.maximum(within, population.min_leverage)


def _least_leverage(population: Population, positions: _Positions, isolated: Bools) -> Floats:
    """The leverage by account at which its equity is the most that one may have, (N,).

    Beside isolated margin there is idle cash, so that it counts for more than its notional.
    """
    usd = positions.usd * np.where(isolated, 1.0 + population.idle_cash_frac, 1.0)
    most_usd = population.max_equity_frac_oi * population.open_interest_usd
    return np.asarray(np.bincount(positions.account, usd, population.accounts) / most_usd)


def _isolated(population: Population, positions: _Positions, seed: int) -> Bools:
    """Which positions are on isolated margin, (P,); none of the top shorts' is."""
    draw = stream(seed, "book.isolated").random(positions.usd.size)
    return np.asarray(
        (draw < population.isolated_share) & (positions.account >= population.top_shorts)
    )


def _most_of_positions(
    population: Population, positions: _Positions, markets: tuple[str, ...]
) -> Floats:
    """The largest leverage by position that its market and its size allow, (P,)."""
    most, large_usd = (
        np.array([first_of(table, market, table["*"]) for market in markets])[positions.market]
        for table in (population.max_leverage, population.large_notional_usd)
    )
    return np.asarray(most / np.sqrt(np.maximum(1.0, positions.usd / large_usd)))


def _most_leverage(population: Population, positions: _Positions, most: Floats) -> Floats:
    """The largest leverage by account that its positions and its sides allow, (N,)."""
    accounts = population.accounts
    gross = np.bincount(positions.account, positions.usd, accounts)
    initial_usd = np.bincount(positions.account, positions.usd / most, accounts)
    allowed = gross / np.where(initial_usd > 0, initial_usd, 1.0)
    net = np.bincount(positions.account, positions.side * positions.usd, accounts)
    # Sums of one side differ from the gross by rounding at most; a second side is no rounding.
    is_mixed = np.abs(net) < gross * (1.0 - 1e-9)
    allowed[is_mixed] = np.minimum(allowed[is_mixed], population.mixed_max_leverage)
    return np.asarray(allowed)


def _position_columns(
    population: Population,
    positions: _Positions,
    isolated: Bools,
    leverage: Floats,
    tape: Tape,
    seed: int,
) -> pl.DataFrame:
    """The columns of POSITION_COLUMNS but account, and upnl_usd; leverage is by position, (P,)."""
    mark = tape.mark[0, positions.market]
    # An entry further away than half the margin would leave no cash; young positions are near.
    entry = stream(seed, "book.entries").standard_normal(mark.size) * population.entry_spread
    offset = np.clip(entry, -0.5 / np.maximum(leverage, 1.0), 0.5 / leverage)
    upnl_usd = -positions.side * positions.usd * offset
    margin = pl.Series(positions.usd / leverage - upnl_usd, dtype=pl.Float64)
    modes = np.where(isolated, "isolated", "cross").tolist()
    age = stream(seed, "book.ages").standard_normal(mark.size) * _AGE_SIGMA
    age_h = np.minimum(population.age_median_h * np.exp(age), _AGE_MAX_H)
    opened_ms = tape.time_ms[0] - 1000 - (age_h * _HOUR_MS).astype(np.int64)
    return pl.DataFrame(
        {
            "market": pl.Series(tape.markets).gather(positions.market),
            "size": positions.side * positions.usd / mark,
            "entry_price": mark * (1.0 + offset),
            "margin_mode": pl.Series(modes, dtype=pl.String),
            "isolated_margin": margin.set(pl.Series(~isolated), None),
            "opened_at": pl.Series(opened_ms).cast(pl.Datetime("ms", "UTC")),
            "upnl_usd": upnl_usd,
        }
    )


def _account_names(accounts: int, seed: int) -> pl.Series:
    """Names acct-00001, ... in an order that says nothing about the account."""
    numbers = pl.Series(stream(seed, "book.names").permutation(accounts) + 1)
    width = max(5, len(str(accounts)))
    return "acct-" + numbers.cast(pl.String).str.zfill(width)
