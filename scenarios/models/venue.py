"""A venue's rules: the frozen models of `venue.toml`. Field names are the file's keys.

Money is in USD, rates are fractions of notional, times are seconds.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    Discriminator,
    Field,
    Tag,
)

from crashsim.scenarios.markets import table_keys
from crashsim.scenarios.models.absorber import Absorber, named_apart
from crashsim.scenarios.models.margin_tables import MarginRules
from crashsim.scenarios.models.rules import Rules
from crashsim.scenarios.models.sources import FactCounts, Sourced, Told


class PartialSize(Rules):
    """Liquidate only this fraction of a position whose notional exceeds the bound.

    With `first_only` that holds for the first order of a position; later ones are for all of it.
    """

    fraction: float = Field(gt=0, le=1)
    above_notional: float = Field(ge=0)
    first_only: bool = False


class FillablePrice(Rules):
    """A limit that starts at mark and widens with distress.

    The largest discount is `mm_multiple` times the position's maintenance margin rate, times
    `1 - equity / mm` of the unit held within 0..1 (dYdX v4's fillable price).
    """

    mm_multiple: float = Field(gt=0)


def _form(value: object) -> str:
    return "table" if isinstance(value, dict | Rules) else "word"


LiquidationSize = Annotated[
    Annotated[Literal["full"], Tag("word")] | Annotated[PartialSize, Tag("table")],
    Discriminator(_form),
]
LiquidationLimit = Annotated[
    Annotated[Literal["bankruptcy", "none"], Tag("word")] | Annotated[FillablePrice, Tag("table")],
    Discriminator(_form),
]


class LiquidationRules(Rules):
    """Closing positions on the order book (docs/semantics.md, rules 3 and 4).

    legs: in which order the positions of a unit are closed, or whether all are at once.
    """

    trigger: Literal["below", "at_or_below"] = "below"
    legs: Literal["notional", "loss", "parallel"] = "notional"
    size: LiquidationSize = "full"
    participation: float = Field(ge=0, le=1)
    half_spread: float = Field(default=0.0, ge=0)
    impact: float = Field(default=0.0, ge=0)
    limit: LiquidationLimit = "bankruptcy"
    fee_rate: float = Field(default=0.0, ge=0, le=1)
    cooldown_s: float = Field(default=0.0, ge=0)
    turn_probability: float = Field(default=1.0, gt=0, le=1)
    max_usd_per_step: float | None = Field(default=None, gt=0)
    positions_per_step: int | None = Field(default=None, ge=1)
    units_per_step: int | None = Field(default=None, ge=1)


class TakeoverRules(Rules):
    """When absorbers are asked for what the book left (rule 5)."""

    below_mm_fraction: float = Field(default=0.0, ge=0, le=1)


def python_function(text: str) -> tuple[Path, str] | None:
    """Path and name of a rule given as FILE.py:FUNCTION; None for any other text."""
    path, _, function = text.rpartition(":")
    return (Path(path), function) if path.endswith(".py") else None


Allocation = Literal["queue", "pro_rata"]


class AdlRules(Rules):
    """Auto-deleveraging (rule 6). score: a preset's name, an SQL expression, FILE.py:FUNCTION.

    With `below_mm_fraction` it begins before bankruptcy, at that part of the maintenance margin.
    """

    enabled: bool = True
    score: str = Field(min_length=1)
    allocation: Allocation = "queue"
    eligible: Literal["profitable", "opposite"] = "profitable"
    absorbers_eligible: bool = False
    price: Literal["bankruptcy", "mark", "previous_mark"] = "bankruptcy"
    below_mm_fraction: float = Field(default=0.0, ge=0, le=1)
    grace_s: float = Field(default=0.0, ge=0)
    lot: float | None = Field(default=None, gt=0)


LossPolicy = Literal["carry", "write_off", "share", "withdrawal_haircut"]
Deposits = Literal["net", "ring_fence"]


class LossRules(Sourced):
    """Who bears what is left (rule 8). rule: of `engine.sharing.RULES`, or FILE.py:FUNCTION."""

    policy: LossPolicy = "carry"
    deposits: Deposits = "net"
    basis: Literal["profit", "equity", "open_interest"] = "profit"
    rule: str = Field(default="pro_rata", min_length=1)

    @property
    def idle(self) -> tuple[str, ...]:
        """Keys that were given and that nothing reads, for no loss is shared."""
        given = {"basis", "rule"} & self.model_fields_set
        return () if self.policy == "share" else tuple(sorted(given))


class CollateralAsset(Rules):
    """An asset taken as margin: the part of its mark that counts as equity."""

    weight: float = Field(ge=0, le=1)


class CollateralRules(Rules):
    """Weights of collateral assets; found by name, then by base, then `"*"`."""

    assets: dict[str, CollateralAsset] = Field(default_factory=dict)

    def weight_of(self, asset: str) -> float | None:
        """The weight of an asset, or None where the venue names none."""
        found = (self.assets[key].weight for key in table_keys(asset) if key in self.assets)
        return next(found, None)


_TABLES = ("margin", "markets")


class Venue(Sourced):
    """All rules of one venue, as the engine takes them."""

    name: str = Field(min_length=1)
    withdraw_margin: float = Field(default=2.0, ge=0)
    pnl_settlement_s: float | None = Field(default=None, gt=0)
    margin: MarginRules
    liquidation: LiquidationRules
    takeover: TakeoverRules = TakeoverRules()
    absorber: Annotated[tuple[Absorber, ...], Field(strict=False), AfterValidator(named_apart)] = ()
    adl: AdlRules
    loss: LossRules = LossRules()
    collateral: CollateralRules = CollateralRules()

    def rule_counts(self) -> FactCounts:
        """How many values but margin tables were given, and how they are known."""
        return FactCounts.of([told.note for key, _, told in self._noted() if key[:2] != _TABLES])

    def table_counts(self, markets: Sequence[str]) -> FactCounts:
        """How the margin tables of these markets are known, one a market."""
        notes = {key: told.note for key, _, told in self._noted()}
        served = [self.margin.margin_table_for(market) for market in markets]
        keys = [
            ("margin", "stand_in") if each.stand_in else (*_TABLES, each.key) for each in served
        ]
        return FactCounts.of([notes[key] for key in keys])

    def _stated(self) -> dict[str, object]:
        # Margin tables as they are: to take hundreds of them apart costs more than a run's start.
        stated = self.model_dump(exclude={"margin": {"markets"}}, by_alias=True, exclude_unset=True)
        return stated | {"margin": {**stated["margin"], "markets": self.margin.markets}}

    def _known(self) -> Mapping[str, Told]:
        return self._told | self.loss._told  # a [loss] file has facts of its own
