"""Published price anchors and window volumes: the two CSV files of a reconstruction."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce
from pathlib import Path

import numpy as np
import polars as pl

from crashsim.data.synthetic.sourced_csv import read_sourced, refuse_rows
from crashsim.data.tape.grid import Floats, Ints
from crashsim.scenarios.errors import InputError

_BAR_MS = {"1m": 60_000, "5m": 300_000, "1h": 3_600_000}
_HOUR_MS = 3_600_000
_ANCHOR_COLUMNS = ("market", "time", "price", "kind", "resolution")
_VOLUME_COLUMNS = ("market", "start", "end", "volume_usd")


@dataclass(frozen=True)
class MarketAnchors:
    """What is published of one market's night.

    time_ms, price: (K,) prices at known times, ascending. low_price: the lowest of the hour that
    starts at hour_ms. low_bar_ms, low_bar_len_ms: the bar that holds it.
    """

    market: str
    time_ms: Ints
    price: Floats
    low_price: float
    low_bar_ms: int
    low_bar_len_ms: int

    @property
    def hour_ms(self) -> int:
        """Start of the hour of the low, UTC milliseconds."""
        return self.low_bar_ms // _HOUR_MS * _HOUR_MS

    @property
    def is_resolved(self) -> bool:
        """Whether the low's time is known better than by its hour."""
        return self.low_bar_len_ms < _HOUR_MS

    @property
    def end_of_hour_ms(self) -> int:
        """End of the hour of the low, UTC milliseconds."""
        return self.hour_ms + _HOUR_MS

    @property
    def hour_price(self) -> float:
        """The price at the start of the low's hour."""
        return float(self.price_at(self.hour_ms))

    @property
    def prices_in_hour(self) -> int:
        """How many prices are known from the start of the low's hour to its end."""
        hour = (self.time_ms >= self.hour_ms) & (self.time_ms <= self.end_of_hour_ms)
        return int(hour.sum())

    @property
    def fall(self) -> float:
        """The fall from the start of the hour to its low, in log price (>= 0)."""
        return float(np.log(self.hour_price / self.low_price))

    def price_at(self, time_ms: int | Ints) -> Floats:
        """The price at times of time_ms, which must be among them."""
        return np.asarray(self.price[np.searchsorted(self.time_ms, time_ms)])

    def by_the_hour(self) -> "MarketAnchors":
        """What would be known of the market if there were bars of an hour alone."""
        whole = self.time_ms % _HOUR_MS == 0
        return replace(
            self,
            time_ms=self.time_ms[whole],
            price=self.price[whole],
            low_bar_ms=self.hour_ms,
            low_bar_len_ms=_HOUR_MS,
        )


@dataclass(frozen=True)
class WindowVolume:
    """USD traded in one market after start_ms and up to end_ms."""

    start_ms: int
    end_ms: int
    volume_usd: float


def read_anchors(path: Path) -> tuple[MarketAnchors, ...]:
    """The anchors of every market, by market. Raises InputError naming file, market and value."""
    frame = read_sourced(path, _ANCHOR_COLUMNS, ("time",), ("price",))
    refuse_rows(path, frame, pl.col("price") <= 0, "price", "a price above 0")
    refuse_rows(path, frame, ~pl.col("kind").is_in(["price", "low"]), "kind", '"price" or "low"')
    known = list(_BAR_MS)
    refuse_rows(path, frame, ~pl.col("resolution").is_in(known), "resolution", f"one of {known}")
    key = ["market", "time", "kind"]
    refuse_rows(
        path, frame, pl.struct(key).is_duplicated(), "time", "one row a market, time and kind"
    )
    parts = frame.sort("market", "time").partition_by("market", maintain_order=True)
    return tuple(_market(path, part) for part in parts)


def common_times_ms(markets: Sequence[MarketAnchors]) -> Ints:
    """The times at which every one of these markets has a price, ascending."""
    return reduce(np.intersect1d, (facts.time_ms for facts in markets))


def read_window_volume(path: Path) -> dict[str, WindowVolume]:
    """The window volume of every market. Raises InputError naming file, market and value."""
    frame = read_sourced(path, _VOLUME_COLUMNS, ("start", "end"), ("volume_usd",))
    refuse_rows(path, frame, pl.col("volume_usd") < 0, "volume_usd", "a volume of at least 0")
    refuse_rows(path, frame, pl.col("end") <= pl.col("start"), "end", "an end after the start")
    refuse_rows(path, frame, pl.col("market").is_duplicated(), "market", "one row a market")
    return {
        row["market"]: WindowVolume(row["start"], row["end"], row["volume_usd"])
        for row in frame.iter_rows(named=True)
    }


def _market(path: Path, rows: pl.DataFrame) -> MarketAnchors:
    market = rows["market"][0]
    is_low = (rows["kind"] == "low").to_numpy()
    if is_low.sum() != 1:
        raise InputError(f"{path}: {market} has {is_low.sum()} low rows, expected one")
    low = rows.row(int(np.argmax(is_low)), named=True)
    facts = MarketAnchors(
        market=market,
        time_ms=rows["time"].to_numpy()[~is_low],
        price=rows["price"].to_numpy()[~is_low],
        low_price=low["price"],
        low_bar_ms=low["time"],
        low_bar_len_ms=_BAR_MS[low["resolution"]],
    )
    if facts.hour_ms not in facts.time_ms:
        raise InputError(f"{path}: {market} has no price at the start of the hour of its low")
    if facts.low_price > facts.price.min():
        raise InputError(f"{path}: {market} has a price below its low {facts.low_price:g}")
    return facts
