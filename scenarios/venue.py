"""A venue's rules: the frozen models of `venue.toml`. Field names are the file's keys.

Money is in USD, rates are fractions of notional, times are seconds.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, model_validator


class Rules(BaseModel):
    """Base of every model here: frozen, strict about types, closed to unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class Tier(Rules):
    """One maintenance-margin tier: from this notional (USD) upwards the marginal rate is `rate`."""

    from_: float = Field(alias="from", ge=0)
    rate: float = Field(ge=0, le=1)


class TierTable(Rules):
    """Maintenance margin by tiers of notional; marginal, so continuous and convex."""

    kind: Literal["tiers"]
    tiers: tuple[Tier, ...] = Field(min_length=1, strict=False)


class SqrtTable(Rules):
    """Maintenance margin `notional * max(base, factor * sqrt(notional))`."""

    kind: Literal["sqrt"]
    base: float = Field(ge=0, le=1)
    factor: float = Field(ge=0)


MarginTable = Annotated[TierTable | SqrtTable, Discriminator("kind")]


class MarginRules(Rules):
    """Maintenance-margin tables by market; `"*"` serves every market without its own."""

    markets: dict[str, MarginTable]

    @model_validator(mode="after")
    def _has_default(self) -> "MarginRules":
        if "*" not in self.markets:
            raise ValueError('[margin.markets."*"] is required: the table of all other markets')
        return self


class PartialSize(Rules):
    """Liquidate only this fraction of a position whose notional exceeds the bound."""

    fraction: float = Field(gt=0, le=1)
    above_notional: float = Field(ge=0)


class LiquidationRules(Rules):
    """Closing positions on the order book (SEMANTICS rules 3 and 4)."""

    trigger: Literal["below", "at_or_below"] = "below"
    size: Literal["full"] | PartialSize = "full"
    participation: float = Field(ge=0, le=1)
    half_spread: float = Field(default=0.0, ge=0)
    impact: float = Field(default=0.0, ge=0)
    limit: Literal["bankruptcy", "none"] = "bankruptcy"
    fee_rate: float = Field(default=0.0, ge=0, le=1)


class TakeoverRules(Rules):
    """When absorbers are asked for what the book left (rule 5)."""

    below_mm_fraction: float = Field(default=0.0, ge=0, le=1)


class Absorber(Rules):
    """An insurance fund, backstop vault or liquidity provider."""

    name: str = Field(min_length=1)
    cash: float
    floor: float = 0.0
    max_notional: float | None = Field(default=None, ge=0)
    pays_shortfall: bool = True
    on_breach: Literal["hold", "adl"] = "hold"
    unwind: bool = False


class AdlRules(Rules):
    """Auto-deleveraging (rule 6). `score` is a preset's name or an SQL expression."""

    enabled: bool = True
    score: str = Field(min_length=1)
    allocation: Literal["queue", "pro_rata"] = "queue"
    eligible: Literal["profitable", "opposite"] = "profitable"
    absorbers_eligible: bool = False
    price: Literal["bankruptcy", "mark", "previous_mark"] = "bankruptcy"
    grace_s: float = Field(default=0.0, ge=0)
    lot: float | None = Field(default=None, gt=0)


class LossRules(Rules):
    """Who bears what is left (rule 8 and section 5)."""

    policy: Literal["carry", "write_off", "share"] = "carry"
    deposits: Literal["net", "ring_fence"] = "net"
    basis: Literal["profit", "equity", "open_interest"] = "profit"
    rule: str = "pro_rata"


class Venue(Rules):
    """All rules of one venue, as the engine takes them."""

    name: str = Field(min_length=1)
    withdraw_margin: float = Field(default=2.0, ge=0)
    margin: MarginRules
    liquidation: LiquidationRules
    takeover: TakeoverRules = TakeoverRules()
    absorber: tuple[Absorber, ...] = Field(default=(), strict=False)
    adl: AdlRules
    loss: LossRules = LossRules()
