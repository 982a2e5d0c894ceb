"""Random venues that turn every parameter of the rules."""

from tests.properties.draw import Draw
from tests.reference.model import Row
from tests.reference.scores import EXPRESSIONS, PRESETS


def random_venue(draw: Draw, gross: float) -> Row:
    rng = draw.rng
    tables = {"*": _margin_table(draw)}
    if draw.maybe(0.4):
        none = {"kind": "tiers", "tiers": [{"from": 0.0, "rate": 0.0}]}
        own = none if draw.maybe(0.4) else _margin_table(draw)
        tables[rng.choice(("AAA", "AAA", "BBB", "CCC-PERP", "DDD"))] = own
    venue: Row = {
        "name": "random",
        "withdraw_margin": rng.choice((1.0, 2.0)),
        "margin": {"markets": tables},
        "liquidation": _liquidation(draw),
        "takeover": {"below_mm_fraction": rng.choice((0.0, 0.0, 0.5, 1.0))},
        "absorber": [
            _absorber(draw, f"fund-{number}", gross)
            for number in range(rng.choice((0, 0, 1, 2, 3)))
        ],
        "adl": _adl(draw),
        "loss": _loss(draw),
    }
    return venue


def _margin_table(draw: Draw) -> Row:
    rng = draw.rng
    if draw.maybe(0.25):
        return {
            "kind": "sqrt",
            "base": rng.choice((0.0078125, 0.03125)),
            "factor": rng.choice((0.0005, 0.001953125)),
        }
    tiers = [{"from": 0.0, "rate": rng.choice((0.0, 0.015625, 0.015625, 0.03125, 0.0625))}]
    for bound in (1024.0, 16384.0)[: rng.choice((0, 1, 2))]:
        tiers.append({"from": bound, "rate": tiers[-1]["rate"] + rng.choice((0.015625, 0.0625))})
    return {"kind": "tiers", "tiers": tiers}


def _liquidation(draw: Draw) -> Row:
    rng = draw.rng
    partial = {
        "fraction": rng.choice((0.25, 0.5)),
        "above_notional": rng.choice((0.0, 512.0, 4096.0)),
    }
    discounts = {
        "half_spread": rng.choice((0.0, 0.0, 0.0078125, 0.0625)),
        "impact": rng.choice((0.0, 0.0625, 0.25)),
    }
    if draw.maybe(0.2):  # a book that trades at mark
        discounts = {"half_spread": 0.0, "impact": 0.0}
    return {
        **discounts,
        "trigger": rng.choice(("below", "at_or_below")),
        "size": rng.choice(("full", "full", partial)),
        "participation": rng.choice((0.0, 0.125, 0.5, 1.0)),
        "limit": rng.choice(("bankruptcy", "bankruptcy", "none")),
        "fee_rate": rng.choice((0.0, 0.0009765625, 0.03125)),
    }


def _absorber(draw: Draw, name: str, gross: float) -> Row:
    rng = draw.rng
    cash = gross * rng.choice((0.0, 0.0078125, 0.0625, 1.0))
    return {
        "name": name,
        "cash": cash,
        "floor": rng.choice((0.0, 0.0, cash * 0.875, cash * 0.5, -cash)),
        "max_notional": rng.choice((None, None, gross * 0.25, gross)),
        "pays_shortfall": rng.choice((True, True, False)),
        "on_breach": rng.choice(("hold", "adl")),
        "unwind": rng.choice((True, False)),
    }


def _adl(draw: Draw) -> Row:
    rng = draw.rng
    rules = {
        "enabled": rng.random() < 0.85,
        "score": rng.choice((*PRESETS, *PRESETS, *EXPRESSIONS)),
        "allocation": rng.choice(("queue", "pro_rata")),
        "eligible": rng.choice(("profitable", "opposite")),
        "absorbers_eligible": rng.random() < 0.5,
        "price": rng.choice(("bankruptcy", "mark", "previous_mark")),
        "grace_s": rng.choice((0.0, 0.0, 1.0, 5.0)),
    }
    lot = rng.choice((None, 0.25, 1.0, 0.7))
    return {**rules, "lot": lot} if rules["allocation"] == "pro_rata" else rules


def _loss(draw: Draw) -> Row:
    rng = draw.rng
    rules = {
        "policy": rng.choice(("carry", "carry", "write_off", "share", "share")),
        "deposits": rng.choice(("net", "net", "ring_fence")),
    }
    basis = rng.choice(("profit", "equity", "open_interest"))
    return {**rules, "basis": basis} if rules["policy"] == "share" else rules
