"""Maintenance margin by market: the `[margin]` tables of `venue.toml`.

Notionals are in USD, rates are fractions of notional.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Discriminator, Field, PrivateAttr

from crashsim.scenarios.markets import table_keys
from crashsim.scenarios.models.rules import Rules


class Tier(Rules):
    """One maintenance-margin tier: from this notional (USD) upwards the marginal rate is `rate`."""

    from_: float = Field(alias="from", ge=0)
    rate: float = Field(ge=0, le=1)


def _convex(tiers: tuple[Tier, ...]) -> tuple[Tier, ...]:
    if tiers[0].from_ != 0:
        raise ValueError(f"the first tier must start at 0, found from = {tiers[0].from_:g}")
    for lower, upper in pairwise(tiers):
        if upper.from_ <= lower.from_:
            raise ValueError(
                f"tiers must ascend, found from = {upper.from_:g} after from = {lower.from_:g}"
            )
        if upper.rate < lower.rate:
            raise ValueError(
                f"rates must not fall (maintenance margin is convex), found rate = {upper.rate:g} "
                f"from {upper.from_:g} after rate = {lower.rate:g}"
            )
    return tiers


class TierTable(Rules):
    """Maintenance margin by tiers of notional; marginal, so continuous and convex."""

    kind: Literal["tiers"]
    tiers: Annotated[tuple[Tier, ...], Field(min_length=1, strict=False), AfterValidator(_convex)]


class SqrtTable(Rules):
    """Maintenance margin `notional * max(base, factor * sqrt(notional))`."""

    kind: Literal["sqrt"]
    base: float = Field(ge=0, le=1)
    factor: float = Field(ge=0)


MarginTable = Annotated[TierTable | SqrtTable, Discriminator("kind")]


@dataclass(frozen=True)
class ServedTable:
    """The table that serves a market, and the key under which it stands.

    stand_in: the other venue whose table it is; empty where it is the venue's own.
    """

    key: str
    table: TierTable | SqrtTable
    stand_in: str = ""


def _with_default(markets: dict[str, MarginTable]) -> dict[str, MarginTable]:
    if "*" not in markets:
        raise ValueError('the table of all other markets is missing; add [margin.markets."*"]')
    return markets


class MarginRules(Rules):
    """Maintenance-margin tables by market; `"*"` serves every market without its own.

    tables: where most of them were read from; stand_in: whose tables serve the markets that have
    none of their own. Each is a CSV beside the venue's file, or the name of a bundled venue.
    scale: multiplies every rate of every table.
    """

    tables: str = ""
    stand_in: str = ""
    markets: Annotated[dict[str, MarginTable], AfterValidator(_with_default)]
    scale: float = Field(default=1.0, gt=0)
    _others: Mapping[str, TierTable | SqrtTable] = PrivateAttr(default_factory=dict)

    def with_stand_in(self, others: Mapping[str, TierTable | SqrtTable]) -> "MarginRules":
        """The same with the tables of the stand-in."""
        found = self.model_copy()
        found._others = others
        return found

    def margin_table_for(self, market: str) -> ServedTable:
        """The table by name, base or multiple; then the stand-in's so; then `"*"`.

        Source: docs/semantics.md, section 1.
        """
        *keys, default = table_keys(market)
        for tables, stand_in in ((self.markets, ""), (self._others, self.stand_in)):
            for key in keys:
                if key in tables:
                    return ServedTable(key, tables[key], stand_in)
        return ServedTable(default, self.markets[default])

    def serving(self, markets: Sequence[str]) -> "MarginRules":
        """The tables that serve these markets, and `"*"`, without those of all others."""
        served = [self.margin_table_for(market) for market in markets]
        tables = {"*": self.markets["*"]} | {each.key: each.table for each in served}
        stated = self.model_fields_set & {"scale"}
        made = MarginRules(markets=tables, stand_in=Path(self.stand_in).name)
        return made.model_copy(update={key: getattr(self, key) for key in stated})
