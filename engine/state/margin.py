"""Maintenance margin by market (docs/semantics.md, sections 2 and 8)."""

from bisect import bisect_right
from math import inf, sqrt

import numpy as np

from crashsim.engine.arrays import Floats, Indices
from crashsim.scenarios.models.margin_tables import MarginRules, SqrtTable, TierTable


class TierSteps:
    """One market's tiers as Python lists: the path for a single position.

    Below linear_below_usd, a notional, the margin is first_rate * notional.
    """

    def __init__(self, table: TierTable, scale: float) -> None:
        self.bounds = [tier.from_ for tier in table.tiers]
        self.rates = [min(1.0, scale * tier.rate) for tier in table.tiers]
        self.deductions = [0.0]
        for j in range(1, len(self.bounds)):
            step = self.bounds[j] * (self.rates[j] - self.rates[j - 1])
            self.deductions.append(self.deductions[-1] + step)
        self.first_rate = self.rates[0]
        self.linear_below_usd = self.bounds[1] if len(self.bounds) > 1 else inf

    def mm_usd(self, notional_usd: float) -> float:
        """Maintenance margin of one position, USD."""
        j = bisect_right(self.bounds, notional_usd) - 1
        return notional_usd * self.rates[j] - self.deductions[j]


class SqrtCurve:
    """One market's square-root table.

    Its rate may grow beyond 1: cut there the margin would no longer be convex, as the search needs.
    """

    def __init__(self, table: SqrtTable, scale: float) -> None:
        self.base = self.first_rate = min(1.0, scale * table.base)
        self.factor = scale * table.factor
        # A little below the kink, so that rounding never takes the linear branch beyond it.
        kink_usd = (self.base / self.factor) ** 2 if self.factor > 0 else inf
        self.linear_below_usd = kink_usd * (1 - 1e-9)

    def mm_usd(self, notional_usd: float) -> float:
        """Maintenance margin of one position, USD."""
        return notional_usd * max(self.base, self.factor * sqrt(notional_usd))


class MarginTables:
    """The margin table of every market of a tape, for one position and for many.

    Both paths do the same operations in the same order, so they give the same bits.
    """

    def __init__(self, rules: MarginRules, markets: tuple[str, ...]) -> None:
        found = [rules.margin_table_for(market) for market in markets]
        self.default_markets = tuple(
            market for market, served in zip(markets, found, strict=True) if served.key == "*"
        )
        self._curves: list[TierSteps | SqrtCurve] = [
            TierSteps(served.table, rules.scale)
            if isinstance(served.table, TierTable)
            else SqrtCurve(served.table, rules.scale)
            for served in found
        ]
        self._first_rate = np.array([curve.first_rate for curve in self._curves], dtype=np.float64)
        self._linear_below = np.array(
            [curve.linear_below_usd for curve in self._curves], dtype=np.float64
        )
        self._pack_tiers()
        self._pack_sqrt()

    def _pack_tiers(self) -> None:
        tiered = {m: c for m, c in enumerate(self._curves) if isinstance(c, TierSteps)}
        width = max((len(curve.bounds) for curve in tiered.values()), default=1)
        shape = (len(self._curves), width)
        self._bounds = np.full(shape, inf)
        self._rates = np.zeros(shape)
        self._deductions = np.zeros(shape)
        for m, curve in tiered.items():
            count = len(curve.bounds)
            self._bounds[m, :count] = curve.bounds
            self._rates[m, :count] = curve.rates
            self._deductions[m, :count] = curve.deductions

    def _pack_sqrt(self) -> None:
        roots = [c if isinstance(c, SqrtCurve) else None for c in self._curves]
        self._is_sqrt = np.array([c is not None for c in roots], dtype=bool)
        self._base = np.array([c.base if c else 0.0 for c in roots], dtype=np.float64)
        self._factor = np.array([c.factor if c else 0.0 for c in roots], dtype=np.float64)

    def one(self, market: int, notional_usd: float) -> float:
        """Maintenance margin of one position in the market of this index, USD."""
        return self._curves[market].mm_usd(notional_usd)

    def many(self, market: Indices, notional_usd: Floats) -> Floats:
        """Maintenance margin of n positions, USD. Shapes (n,), (n,) -> (n,)."""
        mm = notional_usd * self._first_rate[market]
        beyond = np.flatnonzero(notional_usd >= self._linear_below[market])
        if beyond.size:
            mm[beyond] = self._beyond_first(market[beyond], notional_usd[beyond])
        return mm

    def _beyond_first(self, market: Indices, notional_usd: Floats) -> Floats:
        tier = (self._bounds[market] <= notional_usd[:, None]).sum(axis=1) - 1
        tiered = notional_usd * self._rates[market, tier] - self._deductions[market, tier]
        rate = np.maximum(self._base[market], self._factor[market] * np.sqrt(notional_usd))
        return np.where(self._is_sqrt[market], notional_usd * rate, tiered)
