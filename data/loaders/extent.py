"""What the rows of one data set span: their time, their prices and their volume."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import polars as pl

from crashsim.data.store.datasets import Dataset, time_range_ms

_LOW = ("low", "price", "mark", "entry_price")
_HIGH = ("high", "price", "mark", "entry_price")
_SIZE = ("volume", "size")


@dataclass(frozen=True, kw_only=True)
class Extent:
    """The extent of a data set. None where its rows have no such number, or no value of it.

    volume: sum of volume or size, in the source's base units. volume_usd: sum of quote volume.
    """

    dataset: Dataset
    rows: int
    first_ms: int
    last_ms: int
    low: float | None
    high: float | None
    volume: float | None
    volume_usd: float | None

    def joined(self, later: "Extent") -> "Extent":
        """Both together."""
        return replace(
            self,
            rows=self.rows + later.rows,
            first_ms=min(self.first_ms, later.first_ms),
            last_ms=max(self.last_ms, later.last_ms),
            low=min(_known(self.low, later.low), default=None),
            high=max(_known(self.high, later.high), default=None),
            volume=_total(self.volume, later.volume),
            volume_usd=_total(self.volume_usd, later.volume_usd),
        )


def extent_of(dataset: Dataset, rows: pl.DataFrame) -> Extent:
    """The extent of some rows of a data set, at least one."""
    first, last = time_range_ms(rows["time"])
    assert first is not None and last is not None  # a row has a time
    return Extent(
        dataset=dataset,
        rows=rows.height,
        first_ms=first,
        last_ms=last,
        low=_number(rows, _LOW, pl.Expr.min),
        high=_number(rows, _HIGH, pl.Expr.max),
        volume=_number(rows, _SIZE, pl.Expr.sum),
        volume_usd=_number(rows, ("volume_usd",), pl.Expr.sum),
    )


def _number(
    rows: pl.DataFrame, names: tuple[str, ...], how: Callable[[pl.Expr], pl.Expr]
) -> float | None:
    name = next((name for name in names if name in rows.columns), None)
    if name is None or rows[name].null_count() == rows.height:
        return None
    return float(rows.select(how(pl.col(name).cast(pl.Float64))).item())


def _known(*values: float | None) -> list[float]:
    return [value for value in values if value is not None]


def _total(one: float | None, other: float | None) -> float | None:
    known = _known(one, other)
    return sum(known) if known else None
