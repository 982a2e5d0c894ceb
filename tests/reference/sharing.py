"""Section 5: who pays a loss."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

from tests.reference.model import UnitId, World


@dataclass(frozen=True)
class Claim:
    """One unit that may be charged."""

    unit: UnitId
    weight: float
    cap: float
    equity: float
    leverage: float  # notional over equity (at least 1e-9)


SHARED_BY: dict[str, Callable[[Claim], float]] = {
    "pro_rata": lambda one: one.weight,
    "levered_pro_rata": lambda one: one.leverage * one.weight,
    "capped_pro_rata": lambda one: one.weight,
    "rap": lambda one: one.leverage * one.leverage * one.weight,
    "rap_power": lambda one: one.leverage * one.leverage**2 * one.weight,
    "rap_cvar": lambda one: one.leverage * max(0.0, one.leverage - 0.9) * one.weight,
    "min_max": lambda one: one.equity,
    "vector_mirror_descent": lambda one: one.weight * one.weight,  # x_i = mu * w_i, h_i = x_i * w_i
}
BY_LEVERAGE = ("levered_pro_rata", "rap", "rap_power", "rap_cvar")
FRACTIONS_OF_WEIGHT = (
    "capped_pro_rata",
    "rap",
    "rap_power",
    "rap_cvar",
    "vector_mirror_descent",
)


def charges(world: World, rule: str, loss: float, claims: list[Claim]) -> dict[UnitId, float]:
    """What each unit pays: `h_i = min(c_i, lambda * product_i)`, or by queue."""
    if rule == "queue":
        return _by_queue(world, loss, claims)
    products = {one.unit: SHARED_BY[rule](one) for one in claims}
    caps = {one.unit: most(rule, one) for one in claims}
    return _in_proportion(loss, products, caps)


def most(rule: str, one: Claim) -> float:
    """The rules stated as fractions of w_i never take more than w_i (every beta_i is 1)."""
    return min(one.cap, one.weight) if rule in FRACTIONS_OF_WEIGHT else one.cap


def _by_queue(world: World, loss: float, claims: list[Claim]) -> dict[UnitId, float]:
    """By w_i descending, ties by unit id, up to the cap, until the loss is met."""
    paid = {one.unit: 0.0 for one in claims}
    queue = sorted(claims, key=lambda one: (-one.weight, one.unit))
    for one, other in pairwise(queue):
        if one.weight == other.weight > 0:
            world.reached("two payers of the same weight go by id")
        world.compare(one.weight, other.weight, one.weight, "weights of two payers")
    left = loss
    for one in queue:
        paid[one.unit] = min(one.cap, left)
        left -= paid[one.unit]
    return paid


def _in_proportion(
    loss: float, products: dict[UnitId, float], caps: dict[UnitId, float]
) -> dict[UnitId, float]:
    """`h_i = min(c_i, lambda * p_i)` with `sum(h) = min(R, sum(c))`, nobody where p_i is 0.

    Lambda rises from cap to cap (ascending c_i / p_i) until the loss is met.
    """
    paid = dict.fromkeys(products, 0.0)
    open_ids = [i for i, product in products.items() if product > 0]
    open_ids.sort(key=lambda i: caps[i] / products[i])
    left = loss
    while open_ids and left > 0:
        rate = left / sum(products[i] for i in open_ids)
        first = open_ids[0]
        if rate * products[first] <= caps[first]:
            for i in open_ids:
                paid[i] = min(caps[i], rate * products[i])
            return paid
        paid[first] = caps[first]
        left -= caps[first]
        open_ids.pop(0)
    return paid
