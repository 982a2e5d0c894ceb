"""Random values of the parameters that only some venues have, and random collateral."""

from tests.properties.draw import Draw
from tests.reference.model import Row

STABLECOINS = ("EUSD", "FUSD")  # markets without positions
LOSS_RULES = (
    "levered_pro_rata",
    "capped_pro_rata",
    "rap",
    "rap_power",
    "rap_cvar",
    "min_max",
    "vector_mirror_descent",
    "queue",
)


def with_extras(draw: Draw, venue: Row, gross: float) -> Row:
    """The venue with some of the parameters turned away from their defaults."""
    rng = draw.rng
    changed = {
        **venue,
        "liquidation": _liquidation(draw, venue["liquidation"], gross),
        "absorber": [_of_markets(draw, _absorber(draw, one)) for one in venue["absorber"]],
        "loss": _loss(draw, venue["loss"]),
    }
    if draw.maybe(0.4):
        changed["pnl_settlement_s"] = rng.choice((0.5, 1.0, 3.0, 10.0))
    if draw.maybe(0.3):
        changed["margin"] = {**venue["margin"], "scale": rng.choice((0.5, 1.5, 4.0, 40.0))}
    changed["adl"] = _adl(draw, venue["adl"])
    return changed


def _adl(draw: Draw, rules: Row) -> Row:
    changed = dict(rules)
    if draw.maybe(0.3):
        changed["score"] = draw.rng.choice(("dydx", "dydx", "seeded_place * 2 + side"))
    if draw.maybe(0.5):
        changed["below_mm_fraction"] = draw.rng.choice((0.25, 0.75, 0.96875, 1.0))
    return changed


def _liquidation(draw: Draw, rules: Row, gross: float) -> Row:
    rng, changed = draw.rng, dict(rules)
    if rules["size"] != "full":
        changed["size"] = {**rules["size"], "first_only": draw.maybe(0.6)}
    if draw.maybe(0.3):
        changed["cooldown_s"] = rng.choice((0.5, 1.0, 2.5, 30.0))
    if draw.maybe(0.3):
        changed["turn_probability"] = rng.choice((0.25, 0.5, 0.9375))
    if draw.maybe(0.3):
        changed["max_usd_per_step"] = gross * rng.choice((0.0078125, 0.0625, 0.25, 1.0))
    if draw.maybe(0.3):
        changed["positions_per_step"] = rng.choice((1, 1, 2))
    if draw.maybe(0.3):
        changed["units_per_step"] = rng.choice((1, 1, 2, 5))
    if draw.maybe(0.5):
        changed["legs"] = rng.choice(("loss", "parallel"))
    if draw.maybe(0.3):
        changed["limit"] = {"mm_multiple": rng.choice((0.5, 1.0, 1.5, 4.0))}
    return changed


def _absorber(draw: Draw, rules: Row) -> Row:
    if not draw.maybe(0.6):
        return rules
    drawdown = draw.rng.choice((0.0078125, 0.125, 0.5, 1.0))
    window_s = draw.rng.choice((1.0, 3.0, 28_800.0))
    return {**rules, "max_drawdown_frac": drawdown, "drawdown_window_s": window_s}


def _of_markets(draw: Draw, rules: Row) -> Row:
    """Sized by open interest, for some markets, or with a fund for each of them."""
    changed = dict(rules)
    if draw.maybe(0.3):
        del changed["cash"]
        changed["cash_frac_oi"] = draw.rng.choice((0.0, 0.0078125, 0.0625, 1.0))
    if draw.maybe(0.5):
        names = ("AAA", "BBB", "BBBUSDT", "CCC", "CCC-PERP", "DDD", "*")
        changed["markets"] = draw.rng.sample(names, draw.rng.choice((1, 1, 2, 3)))
    if draw.maybe(0.3):
        changed["per"] = "market"
    return changed


def _loss(draw: Draw, rules: Row) -> Row:
    if draw.maybe(0.3):
        return {"policy": "withdrawal_haircut"}
    if rules["policy"] == "share":
        return {**rules, "rule": draw.rng.choice(LOSS_RULES)}
    return rules


def random_weights(draw: Draw) -> Row:
    """Weights by name, by base and for all other assets."""
    weights = {"*": draw.rng.choice((0.0, 0.5, 0.75, 1.0))}
    for asset in ("EUSD", "AAA", "BBB"):
        if draw.maybe(0.5):
            weights[asset] = draw.rng.choice((0.25, 0.5, 0.9, 1.0))
    return {"assets": {asset: {"weight": weight} for asset, weight in weights.items()}}


def random_collateral(draw: Draw, accounts: list[Row], marks: dict[str, float]) -> list[Row]:
    """Lots of up to three assets for most of the accounts, many of the same value."""
    rows = []
    for account in accounts:
        count = draw.rng.choice((0, 1, 2, 3))
        for asset in sorted(draw.rng.sample(sorted(marks), min(count, len(marks)))):
            value = draw.rng.choice((8.0, 64.0, 64.0, 512.0))
            quantity = value / marks[asset]
            rows.append({"account": account["account"], "asset": asset, "quantity": quantity})
    return rows
