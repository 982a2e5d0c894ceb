"""Parameters of the seeded generators of a bundled tape, book and flows.

What a default rests on is said in the `facts` tables of the bundled scenario that uses it.
"""

from datetime import datetime
from pathlib import Path
from typing import Annotated

from pydantic import Field, model_validator

from crashsim.scenarios.models.rules import Rules

_OCT11 = Path(__file__).parents[1] / "bundled" / "oct11"


class Anchors(Rules):
    """`[prices.anchors]`: a seeded path through published price anchors.

    path: CSV of market, time, price, kind (price, low), resolution. volume_path: CSV of market,
    start, end, volume_usd. Both are the bundled night's where a scenario names none. mark_path: CSV
    of hourly marks beside last prices, from which marks are made; none with anchors of one's own
    unless it is named, and the anchors' prices are then the marks.
    hourly_low_from_s, hourly_low_to_s: where a low known only by its hour may lie, in seconds
    after the hour's start; low_spread_s: standard deviation of the lows' times around the factor's.
    fall_power: markets fall evenly in this power of their price, so that a large fall accelerates
    towards the low; recovery_s: time constant of the first recovery after it.
    factor_noise, own_noise: standard deviation of the noise of a minute, common and of each market,
    per unit that the factor moves in it (1 is the fall to the low) and per root of the market's own
    fall in log price.
    quiet_rate: that movement per second when nothing happens; smoothing_s: window over which the
    factor's pace is averaged; aftershock_frac of it fades over aftershock_s instead.
    thinning: natural log by which the volume of a movement has shrunk at the low.
    """

    path: Path = Field(default=_OCT11 / "anchors.csv")
    volume_path: Path = Field(default=_OCT11 / "window_volume.csv")
    mark_path: Path | None = None
    hourly_low_from_s: int = Field(default=900, ge=1, lt=3600)
    hourly_low_to_s: int = Field(default=1500, ge=1, lt=3600)
    low_spread_s: float = Field(default=25.0, ge=0)
    fall_power: float = Field(default=2.15, gt=0)
    recovery_s: float = Field(default=60.0, gt=0)
    factor_noise: float = Field(default=1.2, ge=0)
    own_noise: float = Field(default=0.2, ge=0)
    quiet_rate: float = Field(default=2e-5, gt=0)
    smoothing_s: int = Field(default=120, ge=1)
    aftershock_frac: float = Field(default=0.6, ge=0, le=1)
    aftershock_s: float = Field(default=1800.0, ge=60)
    thinning: float = Field(default=1.2, ge=0)

    @model_validator(mode="before")
    @classmethod
    def _marks_of_the_night(cls, given: object) -> object:
        if isinstance(given, dict) and not {"path", "mark_path"} & set(given):
            return {**given, "mark_path": _OCT11 / "marks.csv"}
        return given

    @model_validator(mode="after")
    def _forward(self) -> "Anchors":
        if self.hourly_low_to_s < self.hourly_low_from_s:
            raise ValueError("hourly_low_to_s must not be before hourly_low_from_s")
        return self


class Population(Rules):
    """`[book.generate]`: a seeded population of accounts.

    open_interest_usd: of one side, all markets, at the first marks; shared over the markets of
    volume_path (as in `[prices.anchors]`) in proportion to their volume, whatever the tape's is.
    markets: the only ones that hold any, by name or base; all where it is empty.
    market_shares: the share of open_interest_usd that a market holds, by name or base, whatever its
    volume; the others share the rest.
    short_share: share of accounts whose first position is short; mixed_share: share of further
    positions on the other side. position_shares: shares of accounts that draw 1, 2, 3, ... markets.
    market_power: a market's popularity is its open interest to this power.
    size_sigma: standard deviation of the log of position sizes (the skew of the tail).
    top_shorts, top_short_share: that many accounts hold that share of the shorts of every market.
    *_leverage_median, *_leverage_sigma: lognormal leverage (gross notional over equity at the
    first marks) of longs, shorts and top shorts, within min_leverage and the initial margin.
    max_leverage: by market or base, "*" for the rest; of a position above large_notional_usd (by
    market or base too) it falls with the root of the size, as venues' margin functions do.
    mixed_max_leverage: for accounts that hold longs and shorts.
    max_equity_frac_oi: no account has more equity than this fraction of open_interest_usd; one that
    would have is levered more, its positions stay.
    entry_spread: standard deviation of entry price against the first mark, as a fraction.
    isolated_share: share of positions on isolated margin; idle_cash_frac: free cash beside them,
    as a fraction of that margin. age_median_h: median age of a position.
    """

    accounts: int = Field(default=40_000, ge=1)
    open_interest_usd: float = Field(gt=0)
    volume_path: Path = Field(default=_OCT11 / "window_volume.csv")
    markets: tuple[str, ...] = Field(default=(), strict=False)
    market_shares: dict[str, Annotated[float, Field(gt=0, lt=1)]] = Field(default={})
    short_share: float = Field(default=0.35, gt=0, lt=1)
    mixed_share: float = Field(default=0.15, ge=0, le=1)
    position_shares: tuple[float, ...] = Field(
        default=(0.6, 0.22, 0.1, 0.05, 0.03), min_length=1, strict=False
    )
    market_power: float = Field(default=0.5, ge=0)
    size_sigma: float = Field(default=1.6, ge=0)
    top_shorts: int = Field(default=10, ge=0)
    top_short_share: float = Field(default=0.5, ge=0, lt=1)
    top_leverage_median: float = Field(default=0.4, gt=0)
    top_leverage_sigma: float = Field(default=0.5, ge=0)
    long_leverage_median: float = Field(default=4.0, gt=0)
    long_leverage_sigma: float = Field(default=0.9, ge=0)
    short_leverage_median: float = Field(default=1.0, gt=0)
    short_leverage_sigma: float = Field(default=1.0, ge=0)
    min_leverage: float = Field(default=0.1, gt=0)
    max_leverage: dict[str, float] = Field(default={"*": 10.0})
    large_notional_usd: dict[str, Annotated[float, Field(gt=0)]] = Field(default={"*": 110_000.0})
    mixed_max_leverage: float = Field(default=1.5, gt=0)
    max_equity_frac_oi: float = Field(default=1 / 3, gt=0, le=1 / 3)
    entry_spread: float = Field(default=0.03, ge=0)
    isolated_share: float = Field(default=0.05, ge=0, le=1)
    idle_cash_frac: float = Field(default=0.5, ge=0)
    age_median_h: float = Field(default=12.0, gt=0)

    @model_validator(mode="after")
    def _consistent(self) -> "Population":
        for key in ("max_leverage", "large_notional_usd"):
            if "*" not in getattr(self, key):
                raise ValueError(f'{key} needs "*": the value of all other markets')
        maxima = (*self.max_leverage.values(), self.mixed_max_leverage)
        if min(maxima) < self.min_leverage:
            raise ValueError("no maximum of leverage may be below min_leverage")
        if min(self.position_shares) < 0 or sum(self.position_shares) <= 0:
            raise ValueError("position_shares must not be negative, and not all 0")
        if self.top_shorts == 0 and self.top_short_share > 0:
            raise ValueError("top_short_share needs top_shorts of at least 1")
        if sum(self.market_shares.values()) > 1:
            raise ValueError("market_shares must not sum to more than 1")
        return self


_RENAMED = ("dip_buyers", "deposits", "withdrawals")


class FlowSample(Rules):
    """`[flows.generate]`: a seeded sample of deposits and withdrawals.

    *_per_1000_accounts: how many there are for every thousand accounts of the book, so that a small
    book draws fewer.
    dip_buyers: accounts drawn among those that are net long with at least dip_min_leverage at the
    first marks, each depositing once between dip_from and dip_to (UTC), whatever happens to it.
    *_median_usd, *_sigma: lognormal amounts; none exceeds *_max_usd.
    deposits, withdrawals: ordinary ones, by accounts of any kind, over the whole tape.
    """

    dip_buyers_per_1000_accounts: float = Field(default=0.0, ge=0, le=1000)
    dip_min_leverage: float = Field(default=5.0, ge=0)
    dip_from: datetime
    dip_to: datetime
    dip_median_usd: float = Field(default=1_500.0, gt=0)
    dip_sigma: float = Field(default=1.5, ge=0)
    dip_max_usd: float = Field(default=40_000.0, gt=0)
    deposits_per_1000_accounts: float = Field(default=0.0, ge=0)
    withdrawals_per_1000_accounts: float = Field(default=0.0, ge=0)
    ordinary_median_usd: float = Field(default=500.0, gt=0)
    ordinary_sigma: float = Field(default=1.5, ge=0)
    ordinary_max_usd: float = Field(default=250_000.0, gt=0)

    @model_validator(mode="before")
    @classmethod
    def _counted_by_accounts(cls, tables: object) -> object:
        old = [key for key in _RENAMED if isinstance(tables, dict) and key in tables]
        if old:
            raise ValueError(
                f"{old[0]} is stated for every 1,000 accounts now: write {old[0]}_per_1000_accounts"
                f", 1000 * {old[0]} / accounts (64 among 40,000 accounts are 1.6)"
            )
        return tables

    @model_validator(mode="after")
    def _forward(self) -> "FlowSample":
        if self.dip_to < self.dip_from:
            raise ValueError("dip_to must not be before dip_from")
        return self
