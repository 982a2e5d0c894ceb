"""Collateral other than USD (docs/semantics.md, section 9): its value, and its sale."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from crashsim.data.schema import Book
from crashsim.engine.arrays import Floats, Indices, index_in, plain_sum, sum_by
from crashsim.engine.errors import PolicyError
from crashsim.scenarios.models.venue import Venue


@dataclass(slots=True)
class Collateral:
    """Lots of assets pledged by cross units: arrays (C,), ordered by unit, then asset.

    qty: in units of the asset. weight: the part of its mark that counts as equity.
    """

    unit: Indices
    market: Indices
    qty: Floats
    weight: Floats

    @property
    def is_empty(self) -> bool:
        """Whether nobody pledged anything, as in most books."""
        return self.unit.size == 0

    def lots_of(self, unit: int) -> range:
        """Indices of one unit's lots."""
        first, end = np.searchsorted(self.unit, [unit, unit + 1]).tolist()
        return range(first, end)

    def price(self, lot: int, prices: list[float]) -> float:
        """What a lot's asset counts for, and is sold at: its mark less the weight's haircut."""
        return float(self.weight[lot]) * prices[int(self.market[lot])]

    def value_usd(self, unit: int, prices: list[float]) -> float:
        """What one unit's lots add to its equity at these marks."""
        return plain_sum(
            float(self.qty[lot]) * self.price(lot, prices) for lot in self.lots_of(unit)
        )


class LotsOf:
    """The lots of some units, gathered once for several evaluations. `units` ascend."""

    def __init__(self, collateral: Collateral, units: Indices) -> None:
        self._collateral = collateral
        self._count = units.size
        place = np.searchsorted(units, collateral.unit)
        inside = place < units.size
        inside[inside] = units[place[inside]] == collateral.unit[inside]
        self._lots = np.flatnonzero(inside)
        self._local = place[self._lots]

    def value_usd(self, mark: Floats) -> Floats | float:
        """What the lots add to each unit's equity at marks (M,): (n,), or 0 where none are."""
        if not self._lots.size:
            return 0.0
        held = self._collateral
        price = held.weight[self._lots] * mark[held.market[self._lots]]
        return sum_by(self._local, held.qty[self._lots] * price, self._count)


def open_collateral(
    book: Book, venue: Venue, accounts: pl.Series, cross_unit: Indices, markets: tuple[str, ...]
) -> Collateral:
    """The lots of a book. Raises PolicyError for an asset without a weight at this venue."""
    frame = book.collateral
    if frame.is_empty():
        nobody = np.zeros(0, dtype=np.intp)
        return Collateral(nobody, nobody, qty=np.zeros(0), weight=np.zeros(0))
    assets = frame["asset"].unique().sort().to_list()
    weights = {asset: _weight(venue, asset) for asset in assets}
    lots = (
        frame.with_columns(owner=index_in("account", accounts), market=index_in("asset", markets))
        .drop_nulls(["owner", "market"])
        .sort("owner", "market")
    )
    return Collateral(
        unit=cross_unit[lots["owner"].to_numpy()],
        market=lots["market"].to_numpy().astype(np.intp),
        qty=lots["quantity"].to_numpy().astype(np.float64, copy=True),
        weight=np.array([weights[asset] for asset in lots["asset"]], dtype=np.float64),
    )


def _weight(venue: Venue, asset: str) -> float:
    weight = venue.collateral.weight_of(asset)
    if weight is None:
        raise PolicyError(
            f"venue {venue.name} gives no weight for the collateral asset {asset}; add "
            f"[collateral.assets.{asset}] with weight = 0..1 (0: it does not count)"
        )
    return weight
