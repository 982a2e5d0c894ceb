"""How far a number that is assumed may lie from the one that is stated.

low = 1.8
high = 2.6
scale = "linear"              # or "log": even in the logarithm
reason = "why these ends"
source = "https://..."        # asked for where an end is within 20 % of the stated value
"""

from typing import Literal, Self

from pydantic import Field, model_validator

from crashsim.scenarios.models.rules import Rules

_NARROW_FRAC = 0.2


class Range(Rules):
    """The ends of an assumed number, both in its unit, and how it spreads between them."""

    low: float
    high: float
    scale: Literal["linear", "log"]
    reason: str = Field(min_length=1)
    source: str | None = Field(default=None, min_length=1)

    @model_validator(mode="after")
    def _ascending(self) -> Self:
        if self.high < self.low:
            raise ValueError(f"low must not be above high, found {self.low:g} above {self.high:g}")
        if self.scale == "log" and self.low <= 0.0:
            raise ValueError(f'scale = "log" needs a low above 0, found {self.low:g}')
        return self

    def fault(self, value: float) -> str | None:
        """What is wrong with this range around the stated value; None if nothing is."""
        if not self.low <= value <= self.high:
            return f"the stated value, {value:g}, is not between {self.low:g} and {self.high:g}"
        room = _NARROW_FRAC * abs(value)
        if self.source is None and min(value - self.low, self.high - value) < room * (1 - 1e-9):
            return (
                f"{self.low:g} to {self.high:g} is within 20 % of the stated value, {value:g}, on "
                "one side: a range that narrow needs a source"
            )
        return None

    @property
    def text(self) -> str:
        """The ends for people: `0.04 to 0.17, log`."""
        return f"{self.low:g} to {self.high:g}, {self.scale}"
