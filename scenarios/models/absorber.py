"""Absorbers of a venue: what each starts with, which markets it serves, and on what terms."""

from collections.abc import Sequence
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from crashsim.scenarios.markets import table_keys
from crashsim.scenarios.models.rules import Rules

# Two ways to say what an absorber starts with, each in the place of the other.
CASH_KEYS = ("cash", "cash_frac_oi")


class Absorber(Rules):
    """An insurance fund, backstop vault or liquidity provider.

    cash: USD at the start; or cash_frac_oi: the same as a fraction of the open interest, at the
    first marks, of the markets that it serves. markets: the names of these, None for every market.
    per: "market" for a fund of its own for each market, over which what is in USD here is shared.
    """

    name: str = Field(min_length=1)
    cash: float | None = None
    cash_frac_oi: float | None = Field(default=None, ge=0)
    markets: (
        Annotated[
            tuple[Annotated[str, Field(min_length=1)], ...], Field(strict=False, min_length=1)
        ]
        | None
    ) = None
    per: Literal["market"] | None = None
    floor: float = 0.0
    max_notional: float | None = Field(default=None, ge=0)
    pays_shortfall: bool = True
    on_breach: Literal["hold", "adl"] = "hold"
    unwind: bool = False
    max_drawdown_frac: float | None = Field(default=None, gt=0, le=1)
    drawdown_window_s: float = Field(default=28_800.0, gt=0)

    @model_validator(mode="after")
    def _starts_with_one_thing(self) -> Self:
        given = [key for key in CASH_KEYS if getattr(self, key) is not None]
        if len(given) != 1:
            found = " and ".join(given) or f"neither {' nor '.join(CASH_KEYS)}"
            todo = "remove one of them" if given else "add one of them"
            raise ValueError(
                f"absorber {self.name}: found {found}, expected exactly one of cash (USD) and "
                f"cash_frac_oi (fraction of the open interest of its markets); {todo}"
            )
        return self


def named_apart(absorbers: tuple[Absorber, ...]) -> tuple[Absorber, ...]:
    """The same. Raises ValueError where two have one name."""
    names = [absorber.name for absorber in absorbers]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"each absorber needs its own name, found {', '.join(twice)} twice")
    return absorbers


def serving(absorbers: Sequence[Absorber], market: str) -> tuple[int, ...]:
    """Places, in the file's order, of the absorbers that serve a market.

    One without `markets` serves every market. Of the names that the others list, the most exact
    that fits the market counts, as with margin tables; `"*"` is every market that none lists.
    """
    listed = {name for absorber in absorbers for name in absorber.markets or ()}
    key = next((key for key in table_keys(market) if key in listed), None)
    return tuple(
        place
        for place, absorber in enumerate(absorbers)
        if absorber.markets is None or key in absorber.markets
    )
