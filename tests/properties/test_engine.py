"""What must hold of the engine whatever the case."""

from dataclasses import replace
from random import Random
from typing import Any

import polars as pl
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from crashsim.engine.record.tables import TABLES
from tests.properties.strategies import LONG_EXAMPLES, cases, long_cases
from tests.reference.adapter import Inputs, inputs_of, result_of
from tests.reference.model import Case, Row
from tests.reference.replay import Result, run
from tests.reference.scores import EXPRESSIONS

CONSERVED = 1e-9  # of gross (docs/semantics.md, section 4)
FREE_OF_SCALE = ("bitmex", "hyperliquid", "profit_usd", "profit_frac", "leverage", "size", "random")


def replayed(given_: Inputs, seed: int, **options: Any) -> Any:
    replay = pytest.importorskip("crashsim.engine.replay").replay
    return replay(given_.tape, given_.book, given_.flows, given_.venue, seed=seed, **options)


def assert_same_bytes(one: Any, other: Any) -> None:
    """Every table and every fact of two outcomes, bit by bit."""
    for name, frame in one.tables().items():
        assert frame.equals(other.tables()[name]), name
    assert one.adl_capacity.equals(other.adl_capacity)
    for fact in (
        "platform_cash_usd",
        "conservation_residual_frac",
        "deficit_usd",
        "first_refusals",
        "default_margin_markets",
        "warnings",
    ):
        assert getattr(one, fact) == getattr(other, fact), fact


@given(cases())
def test_money_and_sizes_are_conserved(case: Case) -> None:
    result = result_of(replayed(inputs_of(case), case.seed))
    assert result.residual_frac <= CONSERVED
    assert _held_at_the_end(case, result) <= CONSERVED * _gross_at_the_end(case)


def _gross_at_the_end(case: Case) -> float:
    prices = dict(zip(case.markets, case.mark[-1], strict=True))
    return sum(abs(row["size"]) * prices[row["market"]] for row in case.positions) or 1.0


def _held_at_the_end(case: Case, result: Result) -> float:
    """Wealth of accounts, absorbers, platform and outside against what came in, from the tables."""
    last, prices = len(case.times_ms) - 1, dict(zip(case.markets, case.mark[-1], strict=True))
    wealth = sum(row["equity_end"] for row in result.tables["accounts"])
    wealth += sum(r["equity_usd"] for r in result.tables["absorbers"] if r["step"] == last)
    wealth -= sum(row["collateral_end_usd"] for row in result.tables["units"])
    wealth += result.platform_cash_usd + _outside(case, result, prices)
    start = sum(row["equity_start"] for row in result.tables["accounts"])
    start -= sum(row["collateral_start_usd"] for row in result.tables["units"])
    start += sum(one["cash"] for one in case.venue["absorber"])
    flows = sum(r["deposits_usd"] - r["withdrawals_usd"] for r in result.tables["accounts"])
    return abs(wealth - start - flows)


def _outside(case: Case, result: Result, prices: dict[str, float]) -> float:
    """What the outside made: it mirrors the book, takes every fill and buys the collateral."""
    first = dict(zip(case.markets, case.mark[0], strict=True))
    sizes = dict.fromkeys(case.markets, 0.0)
    cash = 0.0
    for row in case.positions:
        sizes[row["market"]] -= row["size"]
        cash += row["size"] * first[row["market"]]
    traded = [r for r in result.tables["liquidations"] if r["stage"] != "takeover"]
    for step, rates in enumerate(case.funding_rate):
        for market, rate in zip(case.markets, rates, strict=True):
            mark = case.mark[step][case.markets.index(market)]
            cash -= sizes[market] * mark * rate
        for row in traded:
            if row["step"] == step:
                signed = row["size"] if row["side"] == "sell" else -row["size"]
                sizes[row["market"]] += signed
                cash -= signed * row["price"]
    cash -= sum(sale["proceeds_usd"] for sale in result.tables["collateral_sales"])
    return cash + sum(size * prices[market] for market, size in sizes.items())


@given(cases(), st.randoms(use_true_random=False))
def test_the_order_of_the_books_rows_does_not_matter(case: Case, rng: Random) -> None:
    accounts, positions = list(case.accounts), list(case.positions)
    rng.shuffle(accounts)
    rng.shuffle(positions)
    collateral = rng.sample(case.collateral, len(case.collateral))
    shuffled = replace(case, accounts=accounts, positions=positions, collateral=collateral)
    assert_same_bytes(
        replayed(inputs_of(case), case.seed), replayed(inputs_of(shuffled), case.seed)
    )


@settings(max_examples=LONG_EXAMPLES)
@given(long_cases())
def test_the_pruned_search_gives_the_bytes_of_the_dense_one(case: Case) -> None:
    given_ = inputs_of(case)
    assert_same_bytes(
        replayed(given_, case.seed, search="pruned"), replayed(given_, case.seed, search="dense")
    )


@given(cases())
def test_a_replay_twice_gives_the_same_bytes(case: Case) -> None:
    given_ = inputs_of(case)
    assert_same_bytes(replayed(given_, case.seed), replayed(given_, case.seed))


@given(cases(), st.sampled_from([4.0, 1024.0, 1 / 16]))
def test_money_has_no_scale(case: Case, scale: float) -> None:
    assume("a score divides by the least equity" not in run(case).branches)
    score = case.venue["adl"]["score"]
    if score in EXPRESSIONS or score not in FREE_OF_SCALE:
        case = replace(case, venue={**case.venue, "adl": {**case.venue["adl"], "score": "bitmex"}})
    one = result_of(replayed(inputs_of(case), case.seed))
    other = result_of(replayed(inputs_of(scaled(case, scale)), case.seed))
    assert other.platform_cash_usd == one.platform_cash_usd * scale
    for table, rows in one.tables.items():
        expected = [_scaled_row(row, scale) for row in rows]
        assert [_comparable(row) for row in other.tables[table]] == expected, table


def scaled(case: Case, scale: float) -> Case:
    """All money and sizes times a power of four; prices stay."""

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
        "margin": {"markets": tables},
        "liquidation": {**venue["liquidation"], "size": size, "max_usd_per_step": most},
        "absorber": [
            {k: v * scale if k in money and v is not None else v for k, v in one.items()}
            for one in venue["absorber"]
        ],
        "adl": {**venue["adl"], **({"lot": lot * scale} if lot else {})},
    }


FIXED = ("score", "was_in_debt", "ended_in_debt")  # a debt counts from one cent, at any scale


def _comparable(row: Row) -> Row:
    return {name: value for name, value in row.items() if name not in FIXED}


AMOUNTS = {
    column.name
    for table in TABLES.values()
    for column in table
    if column.unit in ("USD", "base") and column.dtype == pl.Float64
}


def _scaled_row(row: Row, scale: float) -> Row:
    return {
        name: value * scale if value is not None and name in AMOUNTS else value
        for name, value in _comparable(row).items()
    }
