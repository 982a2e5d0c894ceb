"""What must hold of the engine whatever the case: section 4 of docs/semantics.md, by its codes.

A check takes a case and a source of chance, and raises AssertionError where the invariant is
broken, or lets the engine's own ConservationError through.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import replace
from importlib import import_module
from random import Random
from typing import Any
from unittest.mock import patch

import numpy as np

from crashsim.engine.sharing import RULES, Sharers
from crashsim.engine.state.health import RowsOf
from tests.properties.scale import (
    scaled,
    scaled_row,
    with_a_score_free_of_scale,
    without_fixed,
)
from tests.properties.wealth import wealth_in_usd, wealth_out_usd
from tests.reference.adapter import inputs_of, result_of
from tests.reference.compare import TOLERANCE, differences, gross_usd
from tests.reference.model import Case
from tests.reference.replay import result_of as reference_result
from tests.reference.replay import run as reference_run

Check = Callable[[Case, Random], None]

# The package offers the function of this name, the module holds what the loop calls.
engine_replay = import_module("crashsim.engine.replay")


def replayed(case: Case, **options: Any) -> Any:
    """The engine's outcome."""
    given = inputs_of(case)
    return engine_replay.replay(
        given.tape, given.book, given.flows, given.venue, seed=case.seed, **options
    )


def seen(case: Case, rule: str, look: Callable[..., Callable[[], None]]) -> Any:
    """The outcome of a replay in which `look` sees each call of a rule.

    `look(run, step)` is called before the rule, and what it returns after it.
    """
    original = getattr(engine_replay, rule)

    def spy(run: Any, step: Any, *more: Any) -> None:
        after = look(run, step)
        original(run, step, *more)
        after()

    with patch.object(engine_replay, rule, spy):
        return replayed(case)


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


def conservation(case: Case, rng: Random) -> None:
    """Money neither comes nor goes, by the engine's residual and by the tables."""
    outcome = replayed(case)
    result = result_of(outcome)
    assert result.residual_frac <= TOLERANCE
    units = outcome.units
    came = wealth_in_usd(case, result)
    held = wealth_out_usd(case, result, units["collateral_end_usd"].sum())
    prices = dict(zip(case.markets, case.mark[-1], strict=True))
    gross = sum(abs(row["size"]) * prices[row["market"]] for row in case.positions) or 1.0
    assert abs(held - came) <= TOLERANCE * gross


def zero_sum(case: Case, rng: Random) -> None:
    """After each step all sizes of a market sum to 0."""
    gross = gross_usd(case)

    def look(run: Any, step: Any) -> Callable[[], None]:
        def after() -> None:
            state = run.state
            net = state.outside.size + sum(absorber.size for absorber in state.absorbers)
            np.add.at(net, state.row_market, state.size)
            assert np.abs(net * step.mark).max() <= TOLERANCE * gross

        return after

    seen(case, "unwind", look)


def _equity(run: Any, step: Any) -> Any:
    every = np.arange(run.state.cash.size, dtype=np.intp)
    return RowsOf(run.state, run.tables, every).health(step.mark).equity_usd


def no_debt(case: Case, rng: Random) -> None:
    """Auto-deleveraging leaves nobody below 0 who was not."""
    gross = gross_usd(case)

    def look(run: Any, step: Any) -> Callable[[], None]:
        solvent = _equity(run, step) > 0.0  # who has just 0 is bankrupt, and may be the loser

        def after() -> None:
            assert (_equity(run, step)[solvent] >= -TOLERANCE * gross).all()

        return after

    seen(case, "deleverage", look)


def capacity(case: Case, rng: Random) -> None:
    """No book side takes more than its capacity, and no position grows or turns."""

    def look(run: Any, step: Any) -> Callable[[], None]:
        before = run.state.size.copy()

        def after() -> None:
            size = run.state.size
            assert (np.abs(size) <= np.abs(before)).all()
            assert (size * before >= 0.0).all()

        return after

    result = result_of(seen(case, "liquidate_on_book", look))
    used: dict[tuple[int, str, str], float] = defaultdict(float)
    for row in result.tables["liquidations"]:
        if row["stage"] != "takeover":
            used[row["step"], row["market"], row["side"]] += row["size"] * row["mark_price"]
    for (step, market, _), usd in used.items():
        volume = case.volume_usd[step][case.markets.index(market)]
        most = case.venue["liquidation"]["participation"] * volume
        assert usd <= most * (1 + TOLERANCE)


def haircut_bounds(case: Case, rng: Random) -> None:
    """Charges are within 0 and their caps, and together no more than the loss."""
    result = result_of(replayed(case))
    usd = TOLERANCE * gross_usd(case)
    charged: dict[int, float] = defaultdict(float)
    if case.venue["loss"]["policy"] == "share":
        for row in result.tables["loss_shares"]:
            assert row["amount_usd"] >= 0.0
            charged[row["step"]] += row["amount_usd"]
        for row in result.tables["shortfalls"]:
            charged[row["step"]] -= row["shared_usd"]
        assert all(abs(rest) <= usd for rest in charged.values())
    loss = rng.choice((0.0, 1.0, 100.0, 1e4))
    sharers = _sharers(rng)
    for name, rule in RULES.items():
        charge = rule(loss, sharers)
        assert (charge >= 0.0).all(), name
        assert (charge <= sharers.cap_usd * (1 + TOLERANCE)).all(), name
        assert charge.sum() <= loss * (1 + TOLERANCE), name


def _sharers(rng: Random) -> Sharers:
    def column(*values: float) -> Any:
        return np.array([rng.choice((*values, rng.uniform(0.0, 100.0))) for _ in range(5)])

    return Sharers(
        weight_usd=column(0.0, 10.0),
        cap_usd=column(0.0, 10.0),
        equity_usd=column(0.0, 10.0),
        leverage=column(0.0, 1.0),
        score=column(0.0, 10.0),
        beta_frac=column(0.0, 1.0) / 100.0,
    )


def permutation(case: Case, rng: Random) -> None:
    """The order of the book's rows does not matter."""
    shuffled = replace(
        case,
        accounts=rng.sample(case.accounts, len(case.accounts)),
        positions=rng.sample(case.positions, len(case.positions)),
        collateral=rng.sample(case.collateral, len(case.collateral)),
    )
    assert_same_bytes(replayed(case), replayed(shuffled))


def scale(case: Case, rng: Random) -> None:
    """Money has no scale, but for the least equity by which a score or a shared loss divides."""
    if any("divides by the least equity" in branch for branch in reference_run(case).branches):
        return
    case, times = with_a_score_free_of_scale(case), rng.choice((4.0, 1024.0, 1 / 16))
    one, other = result_of(replayed(case)), result_of(replayed(scaled(case, times)))
    assert other.platform_cash_usd == one.platform_cash_usd * times
    for table, rows in one.tables.items():
        expected = [scaled_row(row, times) for row in rows]
        assert [without_fixed(row) for row in other.tables[table]] == expected, table


def pruned(case: Case, rng: Random) -> None:
    """The pruned search gives the bytes of the dense one."""
    assert_same_bytes(replayed(case, search="pruned"), replayed(case, search="dense"))


def repeat(case: Case, rng: Random) -> None:
    """A replay twice gives the same bytes."""
    assert_same_bytes(replayed(case), replayed(case))


def agreement(case: Case, rng: Random) -> None:
    """The engine says what the reference says, but where rounding alone decides."""
    world = reference_run(case)
    found = differences(case, reference_result(world), result_of(replayed(case)))
    assert found == [] or world.close_calls


INVARIANTS: Mapping[str, Check] = {
    "INV-CONSERVATION": conservation,
    "INV-ZERO-SUM": zero_sum,
    "INV-NO-DEBT": no_debt,
    "INV-CAPACITY": capacity,
    "INV-HAIRCUT-BOUNDS": haircut_bounds,
    "INV-PERMUTATION": permutation,
    "INV-SCALE": scale,
    "INV-PRUNED": pruned,
    "INV-REPEAT": repeat,
    "INV-AGREEMENT": agreement,
}
