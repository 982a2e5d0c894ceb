"""One step of the tape: its prices, what the book can take, and what was touched."""

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from crashsim.engine.arrays import Floats, Indices
from crashsim.scenarios.models.venue import LiquidationRules


class BookFill(NamedTuple):
    """What the order book gave: quantity in base units and its average price."""

    qty: float
    price: float


NO_FILL = BookFill(0.0, 0.0)


@dataclass(slots=True)
class OrderBook:
    """The quote capacity of each (market, closing side) in this step, and the part used so far.

    The model is linear: at utilisation u of the capacity the marginal discount is
    half_spread + impact * u of mark.
    """

    rules: LiquidationRules
    capacity_usd: list[float]
    used_frac: list[float]

    @staticmethod
    def key(market: int, position_side: int) -> int:
        """Index of the book side that closes a position of this side."""
        return 2 * market + (position_side < 0)

    def close(
        self, market: int, side: int, order_qty: float, mark: float, limit: float | None
    ) -> BookFill:
        """Close up to order_qty of a position of this side; `limit` is the largest discount."""
        capacity = self.capacity_usd[market]
        key = self.key(market, side)
        before = self.used_frac[key]
        if capacity <= 0.0:
            return NO_FILL
        whole = before + order_qty * mark / capacity
        after = min(1.0, whole, self._limit_frac(limit))
        if after <= before:
            return NO_FILL
        self.used_frac[key] = after
        qty = order_qty if after == whole else (after - before) * capacity / mark
        discount = self.rules.half_spread + self.rules.impact * (before + after) / 2
        return BookFill(qty, mark * (1 - side * discount))

    def _limit_frac(self, limit: float | None) -> float:
        """The utilisation at which the marginal discount reaches the limit."""
        if limit is None:
            return 1.0
        if self.rules.impact == 0.0:
            return 0.0 if self.rules.half_spread > limit else 1.0
        return (limit - self.rules.half_spread) / self.rules.impact


@dataclass(slots=True)
class Totals:
    """Dollar totals of one step, at mark."""

    liquidated_usd: float = 0.0
    taken_over_usd: float = 0.0
    adl_usd: float = 0.0
    shortfall_usd: float = 0.0
    units_below_mm: int = 0
    units_bankrupt: int = 0


@dataclass(slots=True)
class ClosedGross:
    """What each unit closed in this step, USD at mark; blocks are summed when first asked for.

    by_market: of those that closed on their own (no block), by unit and market.
    """

    by_unit: dict[int, float] = field(default_factory=dict)
    by_market: dict[int, dict[int, float]] = field(default_factory=dict)
    blocks: list[tuple[Indices, Floats]] = field(default_factory=list)

    def add(self, unit: int, gross_usd: float, market: int | None = None) -> None:
        """One unit closed this; market: where a position of it was closed."""
        self.by_unit[unit] = self.by_unit.get(unit, 0.0) + gross_usd
        if market is not None:
            mine = self.by_market.setdefault(unit, {})
            mine[market] = mine.get(market, 0.0) + gross_usd

    def add_block(self, units: Indices, gross_usd: Floats) -> None:
        """Each of these units, (n,), closed this."""
        self.blocks.append((units, gross_usd))

    def of(self, unit: int) -> float:
        """What this unit closed."""
        if self.blocks:
            units, place = np.unique(
                np.concatenate([units for units, _ in self.blocks]), return_inverse=True
            )
            sums = np.bincount(place, weights=np.concatenate([usd for _, usd in self.blocks]))
            self.blocks.clear()
            for one, gross_usd in zip(units.tolist(), sums.tolist(), strict=True):
                self.add(one, gross_usd)
        return self.by_unit.get(unit, 0.0)


@dataclass(slots=True)
class Step:
    """Prices of step `index` as an array (M,) and as Python floats, for the scalar paths.

    touched: units whose cash or size changed. closed_gross: per unit, positions closed at mark in
    this step, and collateral sold; loser, winner and absorber closings all count as touching.
    """

    index: int
    time_ms: int
    mark: Floats
    prices: list[float]
    previous: list[float]
    book: OrderBook
    totals: Totals = field(default_factory=Totals)
    touched: set[int] = field(default_factory=set)
    credited: list[int] = field(default_factory=list)
    closed_gross: ClosedGross = field(default_factory=ClosedGross)
    all_touched: bool = False  # funding: every unit may have changed
