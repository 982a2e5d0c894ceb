"""Venue formulas: what defines each of them must hold, on both sides and at every edge."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.vectors.formulas import (
    bankruptcy_price,
    deleverage_fill,
    liquidation_fee,
    liquidation_price,
    maintenance_margin,
    partial_size,
    rank_order,
    rounding,
    social_loss,
)
from tests.vectors.formulas.margin_account import MarginAccount, is_update_allowed

few = settings(max_examples=40, deadline=None)
side = st.sampled_from([1, -1])
price = st.floats(0.1, 1e5)
size = st.floats(1e-3, 1e3)
rate = st.floats(0.001, 0.2)


def account(cash: float, *positions: tuple[float, float], margin: float = 0.1) -> MarginAccount:
    sizes, prices = (np.array(column) for column in zip(*positions, strict=True))
    frac = np.full(len(positions), margin)
    return MarginAccount(cash, sizes, prices, 2 * frac, frac)


# rounding


def test_a_quotient_that_floats_spoil_is_still_whole() -> None:
    assert rounding.floor_to(0.3, 0.1) == pytest.approx(0.3)
    assert rounding.ceil_to(0.1 + 0.2, 0.1) == pytest.approx(0.3)
    assert rounding.floor_to(-0.25, 0.1) == pytest.approx(-0.3)
    assert rounding.ceil_to(7735.3725, 0.5) == 7735.5


# maintenance margin


def test_the_size_premium_is_cut_to_whole_basis_points_and_never_below_the_base() -> None:
    assert maintenance_margin.size_premium_rate(-10001.0, 0.05, 0.01) == pytest.approx(1.04)
    assert maintenance_margin.size_premium_rate(1.0, 0.05, 0.001) == 0.05


# liquidation price


def test_margins_at_entry_value_give_the_leverage_form() -> None:
    assert liquidation_price.leverage_liquidation_price(1, 10.0, 5.0, 0.01) == pytest.approx(8.1)
    assert liquidation_price.leverage_liquidation_price(-1, 10.0, 5.0, 0.01) == pytest.approx(11.9)


def test_the_fillable_price_is_the_oracle_at_maintenance_and_no_worse_than_the_spread() -> None:
    at_margin, long_gone = account(-4500, (0.1, 5e4)), account(-9000, (0.1, 5e4))
    assert liquidation_price.fillable_price(at_margin, 0, 1, 0.1) == pytest.approx(5e4)
    assert liquidation_price.fillable_price(long_gone, 0, 1, 0.1) == pytest.approx(49500)


# bankruptcy price


@pytest.mark.parametrize(("price_usd", "expected"), [(95.0, 95.0), (94.9, 100.0), (105.1, 100.0)])
def test_the_mark_settles_what_is_too_far_from_it(price_usd: float, expected: float) -> None:
    assert bankruptcy_price.settlement_price(price_usd, 100.0) == expected


# updates and offsets


@pytest.mark.parametrize(
    ("cash_after", "size_after", "allowed"),
    [
        (-2.0, 0.04, True),  # back above initial margin
        (-4.0, 0.05, True),  # nearer to it than before
        (-4.6, 0.05, False),  # further from it
        (-9.5, 0.11, False),  # more maintenance while below
        (0.0, 0.0, True),
        (0.2, 0.0, True),
        (-0.5, 0.0, False),
    ],
)
def test_an_account_below_initial_margin_must_come_nearer_to_it(
    cash_after: float, size_after: float, allowed: bool
) -> None:
    before = account(-9.1, (0.1, 100.0))
    assert is_update_allowed(before, account(cash_after, (size_after, 100.0))) is allowed


def test_an_offset_moves_the_quote_from_one_account_to_the_other() -> None:
    short, long = account(110.0, (-1.0, 100.0)), account(-80.0, (1.0, 100.0))
    offset = deleverage_fill.offset_at_bankruptcy(short, long, 0, 0, 1.0)
    assert offset.is_valid
    assert offset.price_usd == pytest.approx(110.0)
    assert offset.liquidated.cash_usd == pytest.approx(0.0, abs=1e-9)
    assert offset.offsetting.cash_usd == pytest.approx(30.0)


def test_a_counterparty_that_would_end_below_nothing_is_skipped() -> None:
    short, long = account(90.0, (-1.0, 100.0)), account(-95.0, (1.0, 100.0))
    assert not deleverage_fill.offset_at_bankruptcy(short, long, 0, 0, 1.0).is_valid


# partial size


@pytest.mark.parametrize(
    ("notional", "least", "most"),
    [(20_000, 1_000, 2_000), (5_000, 1_000, 1_000), (400, 400, 400), (5e6, 1_000, 100_000)],
)
def test_a_block_liquidates_a_portion_within_its_bounds(
    notional: float, least: float, most: float
) -> None:
    allowed = partial_size.notional_range(notional, 1_000, 0.1, 100_000)
    assert (allowed.least_usd, allowed.most_usd) == (least, most)


def test_selling_that_frees_no_margin_needs_everything() -> None:
    assert partial_size.base_to_cover_shortage(10, 100, 0.01, 0.01) == math.inf
    assert partial_size.base_to_cover_shortage(10, 0, 0.1, 0.01) == math.inf
    assert partial_size.base_to_cover_shortage(10, 100, 0.1, 0.05, 0.06) == math.inf


@pytest.mark.parametrize(
    ("shortage", "freed", "freeable", "expected"),
    [(49.0, 0.0, 0.1, 1.0), (100.0, 0.0, 0.1, 0.1), (90.0, 70.0, 0.1, 0.0), (100.0, 0, 1.0, 1.0)],
)
def test_the_ramp_frees_a_share_of_the_whole_shortage(
    shortage: float, freed: float, freeable: float, expected: float
) -> None:
    assert partial_size.ramped_fraction(shortage, freed, freeable) == pytest.approx(expected)
    assert partial_size.freeable_fraction(150, 150, 0.1) == 1.0


def test_a_share_is_the_smallest_step_below_the_target_and_all_where_none_is() -> None:
    assert partial_size.liquidation_share(80, 88.8, 0.5, 0.9, 0.2) == pytest.approx(0.4)
    assert partial_size.liquidation_share(-1, 88.8, 0.5, 0.9, 0.2) == 1.0
    assert partial_size.margin_ratio_after_share(0.5, 10, 100, 0.7) == math.inf


# fees


@pytest.mark.parametrize(
    ("fill", "expected"), [(1000.0, 15.0), (905.0, 5.0), (900.0, 0.0), (890.0, -10.0)]
)
def test_the_fund_takes_a_fee_from_a_surplus_and_pays_a_gap(fill: float, expected: float) -> None:
    assert liquidation_fee.fund_delta_usd(fill, 900.0, 0.015) == pytest.approx(expected)


def test_the_fund_fee_is_nothing_when_the_account_is_too_weak() -> None:
    assert liquidation_fee.fund_fee_rate(50, 1000, 0.05, 0.01, 0.05) == 0.0
    assert liquidation_fee.fund_fee_rate(0, 1000, 0.5, 0.01, 0.05) == 0.05


@pytest.mark.parametrize(("slots", "fee"), [(1500, 0.02), (10_000, 0.03), (10**6, 0.05)])
def test_the_liquidator_fee_rises_after_the_grace_time(slots: int, fee: float) -> None:
    found = liquidation_fee.ramped_liquidator_fee(0.02, 0.05, slots, 1500, 1e-6)
    assert found == pytest.approx(fee)


# order and fills


def test_ties_of_a_score_go_by_id() -> None:
    order = rank_order.descending(np.array([1.0, 2.0, 2.0]), ["a", "c", "b"])
    assert order.tolist() == [2, 1, 0]


def test_lights_show_the_next_fifth_of_the_queue() -> None:
    lights = rank_order.queue_indicator_percent(np.array([10.0, 20.0, 30.0, 40.0]))
    assert lights.tolist() == [20.0, 40.0, 60.0, 100.0]


@pytest.mark.parametrize("s", [1, -1])
def test_a_transfer_restores_the_margin_ratio_exactly(s: int) -> None:
    done = deleverage_fill.transfer_to_liquidator(2.0 * s, 100, 100, 5, 0.07, 0.01, 0.01)
    value = 5 + done.quote_after_usd + done.base_after_qty * 100
    assert value / (abs(done.base_after_qty) * 100) == pytest.approx(0.07)
    assert done.liquidator_base_qty + done.base_after_qty == pytest.approx(2.0 * s)
    assert done.price_usd == pytest.approx(100 - s)


# social loss


@few
@given(*[st.floats(0, 1e6)] * 4)
def test_a_bad_debt_is_borne_by_somebody_to_the_last_cent(
    loss: float, fund: float, pool: float, limit: float
) -> None:
    paid = social_loss.bad_debt_waterfall(loss, fund, pool, limit)
    parts = [paid.insurance_usd, paid.fee_pool_usd, paid.socialised_usd]
    assert sum(parts) == pytest.approx(loss, abs=1e-6)
    assert min(parts) >= 0 and paid.insurance_usd <= min(fund, limit)


def test_a_charge_per_unit_falls_on_both_sides_and_is_rounded_up() -> None:
    assert social_loss.charge_per_base_unit(100, 7, -4) == pytest.approx(9.090910, abs=1e-12)
    assert social_loss.charge_per_base_unit(100, 0, 0) == 0.0


@pytest.mark.parametrize(
    ("fund", "ratio", "triggered"),
    [(1e6, -0.29, False), (1e6, -0.3, True), (1e6, -0.4, True), (1, -0.4, False), (0, 0.0, True)],
)
def test_a_drawdown_triggers_at_the_limit_if_the_fund_is_large_or_empty(
    fund: float, ratio: float, triggered: bool
) -> None:
    assert social_loss.is_drawdown_trigger_met(fund, ratio, -0.3, 1.0) is triggered


def test_a_drawdown_is_over_above_the_stop_ratio_only() -> None:
    assert social_loss.is_drawdown_over(1.0, -0.2, -0.25)
    assert not social_loss.is_drawdown_over(1.0, -0.25, -0.25)
    assert not social_loss.is_drawdown_over(0.0, 0.0, -0.25)
    assert social_loss.loss_beyond_drawdown_usd(-0.2, -0.3, 1e6) == 0.0


@pytest.mark.parametrize(("after", "valid"), [(0.5, True), (0.9, False), (0.39, False)])
def test_an_order_against_a_pool_lowers_the_ratio_but_not_below_the_floor(
    after: float, valid: bool
) -> None:
    assert social_loss.is_pool_reduction_valid(0.9, after, 0.4) is valid


# haircuts and fairness
