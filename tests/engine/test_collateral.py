"""Collateral other than USD: hand-worked on one market and one asset (docs/semantics.md, 9)."""

import numpy as np
import polars as pl
import pytest

from crashsim.data.schema import COLLATERAL_COLUMNS, TIME, Book, Tape
from crashsim.engine import Outcome, replay
from crashsim.engine.errors import PolicyError
from crashsim.scenarios.models.venue import Venue

WEIGHT = 0.5


def _venue(**changes: object) -> Venue:
    rules: dict[str, object] = {
        "name": "one",
        "margin": {"markets": {"*": {"kind": "tiers", "tiers": [{"from": 0, "rate": 0.1}]}}},
        "liquidation": {"participation": 1.0, "limit": "none"},
        "adl": {"score": "profit_usd", "enabled": False},
        "collateral": {"assets": {"USDE": {"weight": WEIGHT}}},
    }
    return Venue.model_validate(rules | changes)


def _tape(coin: list[float], usde: list[float]) -> Tape:
    steps = len(coin)
    volume = np.zeros((steps, 2))
    volume[:, 0] = 1e6
    return Tape(
        time_ms=1_760_130_000_000 + 1000 * np.arange(steps, dtype=np.int64),
        markets=("COIN", "USDE"),
        mark=np.array([coin, usde], dtype=np.float64).T,
        volume_usd=volume,
        funding_rate=np.zeros((steps, 2)),
        origins={},
    )


def _book(cash: float, quantity: float) -> Book:
    """One account, long 10 COIN from 100."""
    positions = pl.DataFrame(
        {"account": ["a"], "market": ["COIN"], "size": [10.0], "entry_price": [100.0]}
    ).with_columns(
        margin_mode=pl.lit("cross"),
        isolated_margin=pl.lit(None, dtype=pl.Float64),
        opened_at=pl.lit(None, dtype=TIME),
    )
    pledged = pl.DataFrame(
        {"account": ["a"], "asset": ["USDE"], "quantity": [quantity]},
        schema=dict(COLLATERAL_COLUMNS),
    )
    accounts = pl.DataFrame({"account": ["a"], "cash": [cash]})
    return Book(accounts, positions, "assumed", "test", pledged)


def _run(coin: list[float], usde: list[float], cash: float = 0.0, qty: float = 400.0) -> Outcome:
    return replay(_tape(coin, usde), _book(cash, qty), None, _venue())


def _account(outcome: Outcome, column: str) -> float:
    return float(outcome.accounts[column][0])


def test_collateral_counts_at_its_weight_and_keeps_an_account_alive() -> None:
    outcome = _run([100.0, 95.0], [1.0, 1.0])
    assert outcome.liquidations.is_empty()  # 400 * 0.5 - 50 = 150 of equity against 95 of margin
    assert _account(outcome, "equity_end") == pytest.approx(150.0)


def test_a_falling_collateral_alone_liquidates_and_repays_the_borrow() -> None:
    # At 0.45 the equity is 400 * 0.5 * 0.45 - 10 = 80, under the margin of 99. The book closes at
    # 99: cash is -10, a borrow, repaid by 10 / (0.5 * 0.45) = 44.44 USDE.
    outcome = _run([100.0, 99.0], [1.0, 0.45])
    assert outcome.liquidations["size"].to_list() == [10.0]
    sale = outcome.collateral_sales.row(0, named=True)
    assert sale["quantity"] == pytest.approx(10 / 0.225)
    assert sale["price"] == pytest.approx(0.225)
    assert sale["proceeds_usd"] == pytest.approx(10.0)
    assert outcome.shortfalls.is_empty()
    assert _account(outcome, "cash_end") == pytest.approx(0.0, abs=1e-12)
    assert _account(outcome, "equity_end") == pytest.approx(400 * 0.225 - 10)


def test_only_what_collateral_does_not_cover_is_a_debt() -> None:
    # Closed at 70: cash -300; the 400 USDE bring 400 * 0.5 * 0.65 = 130; 170 are owed.
    outcome = _run([100.0, 70.0], [1.0, 0.65])
    assert outcome.collateral_sales["proceeds_usd"].sum() == pytest.approx(130.0)
    assert _account(outcome, "debt_end") == pytest.approx(170.0)
    assert outcome.conservation_residual_frac <= 1e-9


def test_a_takeover_sells_all_collateral_and_moves_the_whole_equity() -> None:
    venue = _venue(
        liquidation={"participation": 0.0},
        takeover={"below_mm_fraction": 1.0},
        absorber=[{"name": "vault", "cash": 0.0}],
    )
    outcome = replay(_tape([100.0, 90.0], [1.0, 0.9]), _book(0.0, 400.0), None, venue)
    # Equity 400 * 0.45 - 100 = 80, under 90.
    last = outcome.absorbers.row(-1, named=True)
    assert last["equity_usd"] == pytest.approx(80.0)
    assert outcome.collateral_sales["quantity"].to_list() == [400.0]
    assert _account(outcome, "equity_end") == 0.0


def test_an_asset_without_a_weight_is_refused_with_what_to_write() -> None:
    venue = _venue(collateral={"assets": {}})
    with pytest.raises(PolicyError, match=r"\[collateral.assets.USDE\] with weight"):
        replay(_tape([100.0], [1.0]), _book(0.0, 1.0), None, venue)


def test_the_pruned_search_sees_a_fall_of_the_collateral() -> None:
    tape = _tape([100.0] * 30, [1.0] * 20 + [0.4] * 10)
    pruned = replay(tape, _book(0.0, 400.0), None, _venue())
    dense = replay(tape, _book(0.0, 400.0), None, _venue(), search="dense")
    assert pruned.liquidations["step"].to_list() == [20]
    assert pruned.accounts.equals(dense.accounts)
    assert pruned.collateral_sales.equals(dense.collateral_sales)
