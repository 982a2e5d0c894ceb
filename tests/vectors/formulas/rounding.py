"""Rounding to a quantum (a tick, a lot, a venue's integer unit) that floats do not upset."""

import math

# A quotient this close to a whole number is that number: 0.3 / 0.1 is 2.9999999999999996.
_RELATIVE = 8 * math.ulp(1.0)
_ABSOLUTE = 1e-9


def floor_to(value: float, quantum: float) -> float:
    """The largest multiple of `quantum` (> 0) that is not above `value`."""
    return math.floor(_snapped(value / quantum)) * quantum


def ceil_to(value: float, quantum: float) -> float:
    """The smallest multiple of `quantum` (> 0) that is not below `value`."""
    return math.ceil(_snapped(value / quantum)) * quantum


def _snapped(quotient: float) -> float:
    whole = round(quotient)
    near = abs(quotient - whole) <= _ABSOLUTE + _RELATIVE * abs(quotient)
    return float(whole) if near else quotient
