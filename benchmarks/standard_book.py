"""The standard book and its night: seeded accounts in 171 markets that fall by a third.

437,723 accounts hold 1,139,810 positions, which is as many as one venue's public book had; smaller
books are drawn the same way. About a quarter of the accounts are so deep in leverage that the fall
reaches them: severe on purpose.
"""

import numpy as np
import polars as pl

from crashsim.data.schema import POSITION_COLUMNS, Book, MarketOrigin, Tape

ACCOUNTS, POSITIONS, MARKETS = 437_723, 1_139_810, 171
START_MS = 1_760_130_000_000
SEED = 11
_FALL = 0.45  # of the log price, for a market that moves with the rest

Rng = np.random.Generator


def tape_of(steps: int, *, quiet: bool = False) -> Tape:
    """The marks of every market on a grid of this many steps of a second; quiet: hardly a move."""
    rng = np.random.Generator(np.random.PCG64(SEED))
    along = np.linspace(0.0, 1.0, steps)[:, None]
    fall = -_FALL * (along + 0.15 * np.sin(along * 40.0) * along)
    beta = rng.uniform(0.6, 1.3, MARKETS)
    noise = rng.normal(0.0, 0.03 / np.sqrt(steps), (steps, MARKETS)).cumsum(axis=0)
    path = 0.02 * noise if quiet else fall * beta + noise
    mark = 10.0 ** rng.uniform(-1.0, 4.0, MARKETS) * np.exp(path - path[0])
    markets = tuple(f"M{m:03d}USDT" for m in range(MARKETS))
    return Tape(
        time_ms=START_MS + 1000 * np.arange(steps, dtype=np.int64),
        markets=markets,
        mark=mark,
        volume_usd=np.full((steps, MARKETS), 720.0 / steps) * rng.lognormal(16.0, 1.0, MARKETS),
        funding_rate=np.zeros((steps, MARKETS)),
        origins=dict.fromkeys(markets, MarketOrigin("mark", "assumed", "benchmark")),
    )


def book_of(accounts: int, tape: Tape) -> Book:
    """The standard book with this many accounts, its positions in proportion."""
    rng = np.random.Generator(np.random.PCG64([SEED, accounts]))
    owner, market = _held(rng, accounts, round(POSITIONS * accounts / ACCOUNTS))
    side = np.where(rng.random(owner.size) < 0.55, 1.0, -1.0)
    notional = rng.lognormal(7.0, 2.0, owner.size)
    price = tape.mark[0, market]
    entry = price * np.exp(rng.normal(0.0, 0.05, owner.size))
    gross = np.bincount(owner, weights=notional, minlength=accounts)
    gain = np.bincount(owner, weights=side * notional * (1.0 - entry / price), minlength=accounts)
    leverage = np.exp(rng.normal(0.9, 0.9, accounts)).clip(0.2, 25.0)
    names = np.array([f"acct-{number:06d}" for number in range(accounts)], dtype=object)
    positions = {
        "account": names[owner],
        "market": np.array(tape.markets, dtype=object)[market],
        "size": side * notional / price,
        "entry_price": entry,
        "margin_mode": ["cross"] * owner.size,
        "isolated_margin": [None] * owner.size,
        "opened_at": [None] * owner.size,
    }
    return Book(
        pl.DataFrame({"account": names.astype(str), "cash": gross / leverage - gain}),
        pl.DataFrame(positions, schema=dict(POSITION_COLUMNS)),
        "assumed",
        "benchmark",
    )


def _held(rng: Rng, accounts: int, positions: int) -> tuple[np.ndarray, np.ndarray]:
    """Owner and market of each position, sorted: one each, the rest drawn, large markets more."""
    weight = 1.0 / np.arange(1, MARKETS + 1) ** 0.8
    chances = np.cumsum(weight) / weight.sum()

    def drawn(count: int) -> np.ndarray:
        return np.minimum(np.searchsorted(chances, rng.random(count)), MARKETS - 1)

    codes = np.arange(accounts) * MARKETS + drawn(accounts)
    while codes.size < positions:
        more = rng.integers(0, accounts, positions - codes.size)
        codes = np.unique(np.concatenate((codes, more * MARKETS + drawn(more.size))))
    return codes // MARKETS, codes % MARKETS
