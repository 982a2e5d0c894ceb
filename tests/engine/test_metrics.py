"""Metrics on a run small enough to work out by hand."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
import pytest

from crashsim.data.schema import MarketOrigin, Tape
from crashsim.engine.measure import inequality
from crashsim.engine.measure.metrics import METRICS, Replayed, summarise
from crashsim.engine.record.outcome import Outcome, Refusal
from crashsim.engine.record.tables import TABLES, polars_schema

START_MS = 1_760_130_000_000  # 2025-10-10T21:00:00Z
Rows = Sequence[dict[str, Any]]


def frame(table: str, rows: Rows) -> pl.DataFrame:
    """Rows of a run table; a column that no row names is 0, false or empty."""
    blank = {pl.String(): "", pl.Boolean(): False, pl.Int64(): 0, pl.Float64(): 0.0}
    filled = [
        {column.name: blank.get(column.dtype, START_MS) for column in TABLES[table]} | row
        for row in rows
    ]
    return pl.DataFrame(filled, schema=polars_schema(table))


def fill(
    step: int, winner: str, side: str, size: float, price: float, mark: float
) -> dict[str, Any]:
    sign = 1 if side == "long" else -1
    return {
        "step": step,
        "market": "BTC",
        "winner": winner,
        "loser": "z",
        "side": side,
        "size": size,
        "price": price,
        "mark_price": mark,
        "cost_usd": sign * (mark - price) * size,
    }


def run(
    tables: dict[str, Rows] | None = None,
    capacity: Sequence[tuple[str, int, float]] = (),
    marks: Sequence[float] = (100.0, 90.0, 80.0, 85.0),
    **facts: Any,
) -> Replayed:
    rows: dict[str, Rows] = {"timeline": [{"step": k} for k in range(len(marks))]} | (tables or {})
    tape = Tape(
        time_ms=START_MS + 1000 * np.arange(len(marks)),
        markets=("BTC",),
        mark=np.array(marks)[:, None],
        volume_usd=np.zeros((len(marks), 1)),
        funding_rate=np.zeros((len(marks), 1)),
        origins={"BTC": MarketOrigin("mark", "recorded", "prices.csv")},
    )
    known = {
        "platform_cash_usd": 0.0,
        "conservation_residual_frac": 0.0,
        "deficit_usd": 0.0,
        "first_refusals": (),
        "default_margin_markets": (),
        "warnings": (),
    }
    tables = {name: frame(name, rows.get(name, [])) for name in TABLES}
    adl_capacity = pl.DataFrame(
        capacity,
        schema={"market": pl.String, "step": pl.Int64, "capacity_usd": pl.Float64},
        orient="row",
    )
    outcome = Outcome(tables | {"adl_capacity": adl_capacity}, **(known | facts))
    return Replayed(outcome, tape)


def value(name: str, of: Replayed) -> Any:
    return METRICS[name].compute(of)


def test_every_metric_has_all_its_words() -> None:
    for metric in METRICS.values():
        assert metric.unit and metric.definition.endswith("."), metric.name
        assert metric.horizon and metric.price_source and metric.inputs, metric.name
        assert metric.sign or metric.unit == "UTC", metric.name


def test_a_run_in_which_nothing_happens_has_a_value_or_none_for_every_metric() -> None:
    quiet = summarise(run())
    assert list(quiet) == list(METRICS)
    amounts = [v for name, v in quiet.items() if isinstance(v, int | float)]
    assert amounts and not any(amounts)
    assert quiet["adl_gini"] is None
    assert quiet["absorber_low_usd"] is None
    assert quiet["winner_capacity_used_frac_by_market"] == {}


def test_book_and_takeover_add_up_to_the_liquidated_notional_and_an_unwind_does_not() -> None:
    closings = [
        {"account": "a", "size": 2.0, "mark_price": 100.0, "stage": "book"},
        {"account": "a", "size": 1.0, "mark_price": 90.0, "stage": "takeover"},
        {"account": "fund", "size": 1.0, "mark_price": 80.0, "stage": "unwind"},
    ]
    of = run({"liquidations": closings, "accounts": [{"liquidated_notional_usd": 290.0}]})
    assert value("book_liquidated_usd", of) == 200.0
    assert value("taken_over_usd", of) == 90.0
    assert value("liquidated_notional_usd", of) == 290.0
    assert value("book_accounts", of) == value("taken_over_accounts", of) == 1


def test_needed_counts_only_what_moved_from_winners_to_losers() -> None:
    fills = [
        fill(1, "w", "short", 2.0, 93.0, 90.0),  # the winner buys 3 above mark: pays 6
        fill(1, "v", "long", 1.0, 88.0, 90.0),  # the winner sells 2 below mark: pays 2
        fill(2, "u", "short", 1.0, 75.0, 80.0),  # 5 better than mark: a gift, not a need
    ]
    of = run({"adl_fills": fills})
    assert value("needed_usd", of) == 8.0
    assert value("adl_cost_usd", of) == 3.0
    assert value("adl_notional_usd", of) == 2 * 90 + 90 + 80
    assert value("adl_fills", of) == 3


def test_capacity_used_counts_candidates_that_stay_over_several_steps_once() -> None:
    fills = [fill(1, "w", "short", 1.0, 90.0, 90.0), fill(2, "v", "short", 2.0, 80.0, 80.0)]
    # 900 at step 1; after closing 90 of it, 700 at step 2: 900 or 790 were held in all.
    of = run({"adl_fills": fills}, capacity=[("BTC", 1, 900.0), ("BTC", 2, 700.0)])
    assert value("winner_capacity_used_frac", of) == pytest.approx(250 / 900)
    assert value("winner_capacity_used_frac_by_market", of) == pytest.approx({"BTC": 250 / 900})


def test_capacity_used_is_one_when_every_step_closes_all_there_is() -> None:
    fills = [fill(1, "w", "short", 1.0, 90.0, 90.0), fill(2, "v", "short", 2.0, 80.0, 80.0)]
    of = run({"adl_fills": fills}, capacity=[("BTC", 1, 90.0), ("BTC", 2, 160.0)])
    assert value("winner_capacity_used_frac", of) == pytest.approx(1.0)


def test_a_market_that_needed_adl_and_had_no_candidates_does_not_divide_by_zero() -> None:
    assert value("winner_capacity_used_frac", run(capacity=[("BTC", 1, 0.0)])) is None


@pytest.mark.parametrize(
    ("case", "side", "closed_by", "adl_step", "expected"),
    [
        ("the long that the closed short hedged is liquidated later", "short", "sell", 1, 1),
        ("liquidated in the same step", "short", "sell", 2, 1),
        ("liquidated before the ADL", "short", "sell", 3, 0),
        ("a short is liquidated after a short was closed by ADL", "short", "buy", 1, 0),
        ("the short that the closed long hedged is liquidated later", "long", "buy", 1, 1),
    ],
)
def test_hedges_broken(case: str, side: str, closed_by: str, adl_step: int, expected: int) -> None:
    closing = {"step": 2, "account": "w", "side": closed_by, "stage": "book"}
    tables = {"adl_fills": [fill(adl_step, "w", side, 1.0, 90.0, 90.0)], "liquidations": [closing]}
    assert value("hedges_broken", run(tables)) == expected, case


def test_markouts_follow_the_tape_and_stop_at_its_end() -> None:
    of = run({"adl_fills": [fill(1, "w", "short", 2.0, 92.0, 90.0)]})
    assert value("adl_markout_1s_usd", of) == -2 * (80 - 92)
    assert value("adl_markout_5s_usd", of) == -2 * (85 - 92)
    assert value("adl_markout_end_usd", of) == -2 * (85 - 92)
    assert value("adl_markout_1s_usd", run()) is None


def test_debts_are_counted_at_the_end_and_at_their_peak() -> None:
    accounts = [
        {"account": "a", "debt_end": 5.0, "was_in_debt": True, "ended_in_debt": True},
        {"account": "b", "was_in_debt": True, "deposits_to_debt_usd": 7.0, "deposits_usd": 9.0},
        {"account": "c", "ended_underwater": True, "equity_end": -3.0},
    ]
    timeline = [{"step": 0}, {"step": 1, "debt_usd": 12.0}, {"step": 2, "debt_usd": 5.0}]
    of = run({"accounts": accounts, "timeline": timeline})
    assert (value("debt_accounts", of), value("was_in_debt_accounts", of)) == (1, 2)
    assert (value("debt_usd", of), value("debt_peak_usd", of)) == (5.0, 12.0)
    assert value("deposits_to_debt_usd", of) == value("make_whole_deposits_usd", of) == 7.0
    assert value("deposits_to_debt_accounts", of) == 1
    assert (value("underwater_accounts", of), value("underwater_usd", of)) == (1, 3.0)


def test_refunds_of_each_kind_add_up() -> None:
    accounts = [
        {"account": "a", "was_liquidated": True, "fees_usd": 6.0, "adl_cost_usd": -4.0}
        | {"deposits_usd": 9.0, "deposits_to_debt_usd": 7.0, "debt_end": 5.0},
        {"account": "b", "was_liquidated": True, "fees_usd": 2.0, "adl_cost_usd": 3.0},
        {"account": "c", "adl_cost_usd": 1.5, "withdrawals_refused_usd": 2.5},
    ]
    of = run({"accounts": accounts})
    assert (value("liquidated_accounts", of), value("liquidation_fees_usd", of)) == (2, 8.0)
    assert (value("deposits_usd", of), value("withdrawals_refused_usd", of)) == (9.0, 2.5)
    assert value("platform_receivable_usd", of) == value("make_whole_debts_usd", of) == 5.0
    assert value("make_whole_adl_costs_usd", of) == 3.0 + 1.5  # what a gained pays nobody
    assert value("make_whole_half_fees_usd", of) == 8.0 / 2
    assert value("make_whole_usd", of) == 4.5 + 7.0 + 5.0 + 4.0


def test_shortfalls_are_summed_before_and_after_those_who_bear_them() -> None:
    shortfalls = [
        {"account": "a", "shortfall_usd": 30.0, "written_off_usd": 12.0},
        {"account": "b", "shortfall_usd": 10.0},
    ]
    shares = [{"account": "c", "amount_usd": 8.0}, {"account": "d", "amount_usd": 4.5}]
    of = run({"shortfalls": shortfalls, "loss_shares": shares}, deficit_usd=17.0)
    assert (value("shortfall_usd", of), value("platform_loss_usd", of)) == (40.0, 12.0)
    assert (value("shared_usd", of), value("deficit_usd", of)) == (12.5, 17.0)


def deleveraged(*usd: float) -> Replayed:
    rows = [
        {"account": f"a{n}", "was_deleveraged": True, "adl_notional_usd": amount}
        for n, amount in enumerate(usd)
    ]
    return run({"accounts": [*rows, {"account": "spared", "adl_notional_usd": 99.0}]})


def test_how_unequally_accounts_were_deleveraged() -> None:
    of = deleveraged(1.0, 3.0)
    assert value("adl_accounts", of) == 2
    assert value("adl_gini", of) == pytest.approx(0.25)  # half of |3 - 1| / 4
    assert value("adl_herfindahl", of) == pytest.approx(1 / 16 + 9 / 16)
    alike = deleveraged(*[2.0] * 200)
    assert value("adl_top_1_share_frac", alike) == pytest.approx(1 / 200)
    assert value("adl_top_10_share_frac", alike) == pytest.approx(10 / 200)
    assert value("adl_top_100_share_frac", alike) == pytest.approx(100 / 200)


def test_markouts_of_a_minute_and_of_five() -> None:
    # closed at 92 at 1 s; the mark is 80 from 61 s on, 70 from 301 s on, and ends at 60
    marks = [100.0, *[90.0] * 60, *[80.0] * 240, *[70.0] * 9, 60.0]
    of = run({"adl_fills": [fill(1, "w", "short", 2.0, 92.0, 90.0)]}, marks=marks)
    assert value("adl_markout_60s_usd", of) == -2 * (80 - 92)
    assert value("adl_markout_300s_usd", of) == -2 * (70 - 92)
    assert value("adl_markout_end_usd", of) == -2 * (60 - 92)


def test_the_absorbers_low_is_that_of_all_together() -> None:
    levels = {("fund", 0): 10.0, ("fund", 1): 4.0, ("fund", 2): -1.0} | {
        ("vault", 0): 10.0,
        ("vault", 1): 1.0,
        ("vault", 2): 9.0,
    }
    rows = [
        {"step": k, "time": START_MS + 1000 * k, "absorber": name, "equity_usd": equity}
        for (name, k), equity in levels.items()
    ]
    refusals = (Refusal("vault", 2, START_MS + 2000), Refusal("fund", 1, START_MS + 1000))
    of = run({"absorbers": rows}, first_refusals=refusals)
    assert value("absorber_low_usd", of) == 5.0
    assert value("absorber_low_at", of) == "2025-10-10T21:00:01Z"
    assert value("absorber_low_usd_by_absorber", of) == {"fund": -1.0, "vault": 1.0}
    assert value("absorber_first_refusal_at", of) == "2025-10-10T21:00:01Z"
    assert value("absorber_underwater_usd", of) == 1.0


def test_the_fall_is_measured_from_the_first_known_mark() -> None:
    of = run(marks=(float("nan"), 100.0, 80.0, 85.0))
    assert value("mark_low_by_market", of) == {"BTC": 80.0}
    assert value("mark_fall_frac_by_market", of) == pytest.approx({"BTC": 0.2})


@pytest.mark.parametrize(
    ("amounts", "gini", "top", "herfindahl"),
    [
        ([5.0], 0.0, 1.0, 1.0),
        ([1.0, 1.0, 1.0, 1.0], 0.0, 0.25, 0.25),
        ([0.0, 0.0, 0.0, 8.0], 0.75, 1.0, 1.0),
        ([1.0, 3.0], 0.25, 0.75, 0.625),
    ],
)
def test_inequality(amounts: list[float], gini: float, top: float, herfindahl: float) -> None:
    values = np.array(amounts)
    assert inequality.gini(values) == pytest.approx(gini)
    assert inequality.top_share(values, 1) == pytest.approx(top)
    assert inequality.herfindahl(values) == pytest.approx(herfindahl)


def test_inequality_of_nothing_is_not_a_number_but_none() -> None:
    for amounts in (np.array([]), np.zeros(3)):
        assert inequality.gini(amounts) is None
        assert inequality.top_share(amounts, 1) is None
        assert inequality.herfindahl(amounts) is None
