"""A case with all its money and sizes times a power of four; prices stay."""

from dataclasses import replace

import polars as pl

from crashsim.engine.record.tables import TABLES
from tests.reference.model import Case, Row
from tests.reference.scores import EXPRESSIONS

FREE_OF_SCALE = ("bitmex", "hyperliquid", "profit_usd", "profit_frac", "leverage", "size", "random")
FIXED = ("score", "was_in_debt", "ended_in_debt")  # a debt counts from one cent, at any scale
AMOUNTS = {
    column.name
    for table in TABLES.values()
    for column in table
    if column.unit in ("USD", "base") and column.dtype == pl.Float64
}


def with_a_score_free_of_scale(case: Case) -> Case:
    """The case, or the same under bitmex's score."""
    score = case.venue["adl"]["score"]
    if score in FREE_OF_SCALE and score not in EXPRESSIONS:
        return case
    return replace(case, venue={**case.venue, "adl": {**case.venue["adl"], "score": "bitmex"}})


def scaled(case: Case, scale: float) -> Case:
    """All money and sizes times the scale."""

    def times(row: Row, *names: str) -> Row:
        return {k: v * scale if k in names and v is not None else v for k, v in row.items()}

    return replace(
        case,
        volume_usd=[[volume * scale for volume in row] for row in case.volume_usd],
        accounts=[times(row, "cash") for row in case.accounts],
        positions=[times(row, "size", "isolated_margin") for row in case.positions],
        flows=[times(row, "amount") for row in case.flows],
        collateral=[times(row, "quantity") for row in case.collateral],
        venue=_scaled_venue(case.venue, scale),
    )


def _scaled_venue(venue: Row, scale: float) -> Row:
    tables = {}
    for market, table in venue["margin"]["markets"].items():
        if table["kind"] == "sqrt":
            tables[market] = {**table, "factor": table["factor"] / scale**0.5}
        else:
            tiers = [{"from": t["from"] * scale, "rate": t["rate"]} for t in table["tiers"]]
            tables[market] = {"kind": "tiers", "tiers": tiers}
    size = venue["liquidation"]["size"]
    if size != "full":
        size = {**size, "above_notional": size["above_notional"] * scale}
    most = venue["liquidation"].get("max_usd_per_step")
    most = most and most * scale
    money = ("cash", "floor", "max_notional")
    lot = venue["adl"].get("lot")
    return {
        **venue,
        "margin": {**venue["margin"], "markets": tables},
        "liquidation": {**venue["liquidation"], "size": size, "max_usd_per_step": most},
        "absorber": [
            {k: v * scale if k in money and v is not None else v for k, v in one.items()}
            for one in venue["absorber"]
        ],
        "adl": {**venue["adl"], **({"lot": lot * scale} if lot else {})},
    }


def without_fixed(row: Row) -> Row:
    """A row of a run's table without what has no scale."""
    return {name: value for name, value in row.items() if name not in FIXED}


def scaled_row(row: Row, scale: float) -> Row:
    """The same row with its money and sizes times the scale."""
    return {
        name: value * scale if value is not None and name in AMOUNTS else value
        for name, value in without_fixed(row).items()
    }
