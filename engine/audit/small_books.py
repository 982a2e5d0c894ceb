"""Small made-up books for the audit of policies: one bankrupt long, a few shorts."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl

from crashsim.data.schema import POSITION_COLUMNS, Book, MarketOrigin, Tape
from crashsim.engine.arrays import plain_sum

MARKET, OTHER = "A", "B"
START_PRICE = 100.0
SPLIT = 10
LOSER = "loser"


@dataclass(frozen=True)
class Holder:
    """One account: cash, a signed size and entry in MARKET, a size in OTHER from the start."""

    name: str
    cash: float
    size: float
    entry: float
    other_size: float
    opened_ms: int

    def scaled(self, share: float, name: str) -> "Holder":
        """This share of everything, under another name."""
        return Holder(
            name,
            self.cash * share,
            self.size * share,
            self.entry,
            other_size=self.other_size * share,
            opened_ms=self.opened_ms,
        )


@dataclass(frozen=True)
class SmallBook:
    """crash: mark of MARKET after the fall from START_PRICE; OTHER keeps its price."""

    loser: Holder
    winners: tuple[Holder, ...]
    crash: float

    @property
    def holders(self) -> tuple[Holder, ...]:
        """Everyone."""
        return (self.loser, *self.winners)

    def book(self) -> Book:
        """As the engine takes it."""
        holders = sorted(self.holders, key=lambda holder: holder.name)
        accounts = pl.DataFrame(
            {"account": [h.name for h in holders], "cash": [h.cash for h in holders]}
        )
        rows = [
            (h.name, market, size, entry, "cross", None, h.opened_ms)
            for h in holders
            for market, size, entry in (
                (MARKET, h.size, h.entry),
                (OTHER, h.other_size, START_PRICE),
            )
            if size != 0.0
        ]
        schema = {**POSITION_COLUMNS, "opened_at": pl.Int64()}
        positions = pl.DataFrame(rows, schema=schema, orient="row")
        positions = positions.with_columns(pl.col("opened_at").cast(POSITION_COLUMNS["opened_at"]))
        return Book(accounts, positions, "assumed", "audit")

    def tape(self) -> Tape:
        """Two steps: before and after the fall."""
        origin = MarketOrigin("mark", "assumed", "audit")
        return Tape(
            time_ms=np.array([0, 1000], dtype=np.int64),
            markets=(MARKET, OTHER),
            mark=np.array([[START_PRICE, START_PRICE], [self.crash, START_PRICE]]),
            volume_usd=np.zeros((2, 2)),
            funding_rate=np.zeros((2, 2)),
            origins={MARKET: origin, OTHER: origin},
        )


def split_names(name: str) -> list[str]:
    """Names of the parts of a split account; they sort where the account did."""
    return [f"{name}.{part}" for part in range(SPLIT)]


def books(count: int, seed: int) -> Iterator[SmallBook]:
    """Seeded books, from 2 winners up to 7, in round numbers."""
    draw = np.random.Generator(np.random.PCG64(seed))
    for number in range(count):
        yield _book(draw, winners=2 + number * 6 // count)


def _book(draw: np.random.Generator, winners: int) -> SmallBook:
    crash = float(draw.integers(70, 91))
    shorts = tuple(_winner(draw, f"winner{n}") for n in range(1, winners + 1))
    held = -plain_sum(winner.size for winner in shorts)
    size = max(1.0, float(np.round(held * draw.uniform(0.2, 0.9))))
    loss = size * (START_PRICE - crash)
    cash = float(np.floor(loss * draw.uniform(0.5, 0.95)))
    loser = Holder(LOSER, cash, size, START_PRICE, other_size=0.0, opened_ms=0)
    return SmallBook(loser, shorts, crash)


def _winner(draw: np.random.Generator, name: str) -> Holder:
    size = float(draw.integers(1, 21))
    entry = float(draw.integers(95, 121))
    leverage = float(draw.choice([0.5, 1.0, 2.0, 5.0, 8.0]))
    cash = float(np.ceil(size * START_PRICE / leverage))
    other = float(draw.integers(-5, 6)) if draw.random() < 0.3 else 0.0
    return Holder(
        name, cash, -size, entry, other_size=other, opened_ms=int(draw.integers(1, 1_000_000_000))
    )
