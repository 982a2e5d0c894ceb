"""The two stages of a crash: the fall to the low, and the recovery from it.

A market's place in the fall is measured in a power of its price (`fall_power`): as this power falls
evenly, a small fall is straight in log price and a large one accelerates towards the low, which is
what brings the recorded markets of 10 October 2025 closest together. Its place in the recovery is
measured in log price.
"""

import numpy as np

from crashsim.data.synthetic.anchors import MarketAnchors
from crashsim.data.tape.grid import Floats


def fallen_part(price: Floats, facts: MarketAnchors, power: float) -> Floats:
    """How much of its fall a market at these prices has made: 0 at the hour's price, 1 at the low.

    (1 - (price / hour_price) ** power) / (1 - (low_price / hour_price) ** power); NaN for a market
    that does not fall.
    """
    whole = -np.expm1(-power * facts.fall)
    if whole == 0:
        return np.full_like(price, np.nan)
    return np.asarray(-np.expm1(power * np.log(price / facts.hour_price)) / whole)


def fallen_log_price(part: Floats, facts: MarketAnchors, power: float) -> Floats:
    """The log price of a market at these parts of its fall: what `fallen_part` measures, undone."""
    whole = -np.expm1(-power * facts.fall)
    return np.asarray(np.log(facts.hour_price) + np.log1p(-part * whole) / power)


def risen_part(price: Floats, facts: MarketAnchors, end_ms: int) -> Floats:
    """How much of its rise from the low to its price at end_ms a market has made, in log price.

    NaN for a market that does not rise.
    """
    whole = np.log(facts.price_at(end_ms) / facts.low_price)
    if whole == 0:
        return np.full_like(price, np.nan)
    return np.asarray(np.log(price / facts.low_price) / whole)


def risen_log_price(part: Floats, facts: MarketAnchors, end_ms: int) -> Floats:
    """The log price of a market at these parts of its rise."""
    log_low = np.log(facts.low_price)
    return np.asarray(log_low + part * (np.log(facts.price_at(end_ms)) - log_low))
