"""When an insurance fund hands over to auto-deleveraging, read from replays."""

from typing import Any

from crashsim.engine.record.outcome import Outcome
from crashsim.scenarios.models.venue import Venue
from tests.vectors.adapters.inputs import Case, Inputs
from tests.vectors.replays.scene import (
    SMALL_RATE,
    Holder,
    Market,
    NotExpressibleError,
    Position,
    Reading,
    altered,
    flat,
    margins,
    replay,
    venue_named,
)

_POOL = "insurance_pool"


def bybit(case: Case) -> Reading:
    """A pool that has fallen from its peak of eight hours, or an empty one."""
    inputs = case["inputs"]
    if inputs["pool_balance"] <= 0 or "symbol_pnl_now" not in inputs:
        return _empty_pool(case["venue"], float(inputs["pool_balance"]))
    if inputs["pool_balance"] <= inputs["adl_trigger_threshold"]:
        raise NotExpressibleError("adl_trigger_threshold")
    return _fallen_pool(case["venue"], inputs)


def _venue(name: str, pool: dict[str, Any], **adl: Any) -> Venue:
    return altered(
        venue_named(name),
        margin=margins(flat(SMALL_RATE)),
        liquidation={"participation": 0.0},
        absorber=[{"name": _POOL, "cash": 0.0, "on_breach": "adl", **pool}],
        adl={"eligible": "opposite", **adl},
    )


def _empty_pool(venue_name: str, balance: float) -> Reading:
    """A bankrupt account comes, and the pool cannot take it."""
    holders = [
        Holder("bankrupt", -1.0, (Position("M", 1.0),)),
        Holder("winner", 100.0, (Position("M", -1.0),)),
    ]
    venue = _venue(venue_name, {"cash": balance, "on_breach": "hold"})
    return Reading({"triggered": _deleverages(replay(venue, {"M": Market([10.0])}, holders))})


def _fallen_pool(venue_name: str, inputs: Inputs) -> Reading:
    """The pool takes over a long of one; then the market falls by what the symbol has lost."""
    peak, trigger = float(inputs["pool_8h_max"]), float(inputs["trigger"])
    lost = float(inputs["symbol_pnl_8h_max"] - inputs["symbol_pnl_now"])
    if abs(lost + trigger * peak) <= 1e-9 * peak:
        raise NotExpressibleError("trigger met exactly")
    top = 2 * max(lost, peak)
    market = {"M": Market([top, top - lost])}
    holders = [
        Holder("bankrupt", 0.0, (Position("M", 1.0),)),
        Holder("winner", 10 * top, (Position("M", -1.0),)),
    ]
    pool = {"cash": peak, "max_drawdown_frac": -trigger}
    outcome = replay(_venue(venue_name, pool), market, holders)
    idle = replay(_venue(venue_name, pool, enabled=False), market, holders)
    equity = float(idle.absorbers["equity_usd"][-1])
    return Reading(
        {
            "pnl_ratio": (equity - peak) / peak,
            "triggered": _deleverages(outcome),
            "loss_passed_to_adl": float(outcome.adl_fills["cost_usd"].sum()),
        }
    )


def _deleverages(outcome: Outcome) -> bool:
    return outcome.adl_fills.height > 0


REPLAYS = {("Bybit", "social_loss"): bybit}
