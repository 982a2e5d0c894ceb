"""Haircuts, waves and who changes sides, on nights worked out by hand."""

from typing import Any

import numpy as np
import polars as pl
import pytest

from crashsim.data.schema import POSITION_COLUMNS, Book, MarketOrigin, Tape
from crashsim.engine import Outcome, replay
from crashsim.engine.adl.policies import POLICIES, without_adl
from crashsim.engine.measure.comparison import (
    Measured,
    change_totals,
    changes_table,
    deltas,
    metric_table,
)
from crashsim.engine.measure.counterfactual import (
    Haircuts,
    haircuts,
    last_step_needed,
    low_leverage_share,
)
from crashsim.engine.measure.metrics import COMPARISON_METRICS, Replayed, summarise
from crashsim.engine.measure.rank_correlation import spearman
from crashsim.scenarios.models.venue import Venue

VENUE = Venue.model_validate(
    {
        "name": "plain",
        "margin": {"markets": {"*": {"kind": "tiers", "tiers": [{"from": 0.0, "rate": 0.05}]}}},
        "liquidation": {"participation": 0.0},
        "adl": {"score": "leverage", "price": "bankruptcy"},
    }
)
# lou is long 10 at 100 with 150 of cash: bankrupt at 85. ann and bo are short 10 each.
CASH = {"ann": 500.0, "bo": 2000.0, "lou": 150.0}
SIZE = {"ann": -10.0, "bo": -10.0, "lou": 10.0}


def tape(*marks: float) -> Tape:
    count = len(marks)
    return Tape(
        time_ms=np.arange(count, dtype=np.int64) * 1000,
        markets=("M",),
        mark=np.array(marks)[:, None],
        volume_usd=np.zeros((count, 1)),
        funding_rate=np.zeros((count, 1)),
        origins={"M": MarketOrigin("mark", "assumed", "hand")},
    )


def book() -> Book:
    accounts = pl.DataFrame({"account": list(CASH), "cash": list(CASH.values())})
    rows = [(name, "M", size, 100.0, "cross", None, None) for name, size in SIZE.items()]
    positions = pl.DataFrame(rows, schema=dict(POSITION_COLUMNS), orient="row")
    return Book(accounts, positions, "assumed", "hand")


def night(venue: Venue, *marks: float) -> tuple[Outcome, Tape]:
    prices = tape(*marks)
    return replay(prices, book(), None, venue, keep_path=True), prices


def cut(venue: Venue, *marks: float, horizon_s: float = 0.0) -> Haircuts:
    outcome, prices = night(venue, *marks)
    without, _ = night(without_adl(venue), *marks)
    assert without.equity_path is not None
    return haircuts(outcome, prices, without.equity_path, horizon_s)


def test_at_the_end_of_the_wave_a_winner_lost_what_the_price_took() -> None:
    # Closed at 85 with the mark at 80: ann buys 10 back at 5 above mark.
    found = cut(VENUE, 100.0, 80.0, 70.0)
    assert found.accounts == ("ann",)
    assert found.haircut_usd.tolist() == [50.0]
    assert found.equity_usd.tolist() == [500.0 + 10 * 20]
    assert (found.size_usd.tolist(), found.profit_usd.tolist()) == ([800.0], [200.0])
    assert found.leverage.tolist() == pytest.approx([800 / 700])
    assert found.waves == 1


def test_later_the_haircut_has_the_profit_that_was_missed() -> None:
    found = cut(VENUE, 100.0, 80.0, 70.0, horizon_s=1.0)
    assert found.haircut_usd.tolist() == [50.0 + 10 * 10]


def test_who_was_spared_a_loss_has_no_haircut() -> None:
    assert cut(VENUE, 100.0, 80.0, 95.0, horizon_s=1.0).haircut_usd.tolist() == [0.0]


def test_a_pause_of_more_than_five_seconds_ends_a_wave() -> None:
    # bo, asked second, is short 10 at 100 and lou's rest waits until the price falls again.
    outcome, prices = night(VENUE, 100.0, 80.0, *[80.0] * 8)
    late = outcome.adl_fills.with_columns(step=pl.col("step") + 7)
    for gap_filled, waves in ((False, 2), (True, 1)):
        steps = [outcome.adl_fills, late]
        if gap_filled:
            steps.insert(1, outcome.adl_fills.with_columns(step=pl.col("step") + 3))
        made = outcome.with_table("adl_fills", pl.concat(steps))
        assert outcome.equity_path is not None
        assert haircuts(made, prices, outcome.equity_path).waves == waves
        assert last_step_needed(made, prices, 0.0) == 8
        assert last_step_needed(made, prices, 3600.0) == 9


def test_the_share_of_low_leverage_is_by_notional() -> None:
    outcome, prices = night(POLICIES["pro_rata"].applied_to(VENUE), 100.0, 80.0)
    # ann has 800 / 700 and bo 800 / 2200: both below 2; below 1 bo alone.
    assert low_leverage_share(outcome, prices, 2.0) == 1.0
    assert low_leverage_share(outcome, prices, 1.0) == pytest.approx(0.5)
    assert low_leverage_share(night(VENUE, 100.0, 99.0)[0], tape(100.0, 99.0), 2.0) is None


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ([1.0, 2.0, 3.0], [10.0, 20.0, 25.0], 1.0),
        ([1.0, 2.0, 3.0], [3.0, 2.0, -1.0], -1.0),
        ([1.0, 1.0, 2.0, 3.0], [1.0, 2.0, 3.0, 4.0], 0.9486832980505138),
        ([1.0, 1.0], [1.0, 2.0], None),
        ([1.0], [2.0], None),
    ],
)
def test_spearman(left: list[float], right: list[float], expected: float | None) -> None:
    assert spearman(np.array(left), np.array(right)) == (
        None if expected is None else pytest.approx(expected)
    )


def measured(name: str, venue: Venue) -> Measured:
    marks = (100.0, 80.0, 70.0)
    outcome, prices = night(venue, *marks)
    values = summarise(Replayed(outcome, prices, cut(venue, *marks)), COMPARISON_METRICS)
    return Measured(name, outcome.accounts, values)


@pytest.fixture(scope="module")
def two() -> list[Measured]:
    return [
        measured("first", VENUE),
        measured("other", POLICIES["lowest_leverage"].applied_to(VENUE)),
    ]


def of_haircuts(*usd: float, **columns: list[float]) -> Replayed:
    """A night with these haircuts of deleveraged accounts, in 3 waves; what is not given is 1."""
    outcome, prices = night(VENUE, 100.0, 80.0)
    given = dict.fromkeys(("equity_usd", "profit_usd", "size_usd", "leverage"), [1.0] * len(usd))
    arrays = {name: np.array(values) for name, values in (given | columns).items()}
    names = tuple(f"a{n}" for n in range(len(usd)))
    return Replayed(outcome, prices, Haircuts(names, np.array(usd), **arrays, waves=3, horizon_s=0))


def value(name: str, run: Replayed) -> Any:
    return COMPARISON_METRICS[name].compute(run)


def test_the_metrics_of_haircuts_by_hand() -> None:
    run = of_haircuts(
        10.0,
        30.0,
        0.0,
        equity_usd=[100.0, 60.0, 50.0],
        profit_usd=[5.0, 6.0, 1.0],
        leverage=[1.0, 2.0, 3.0],
        size_usd=[3.0, 2.0, 1.0],
    )
    assert (value("adl_waves", run), value("haircut_accounts", run)) == (3, 2)
    assert value("haircut_usd", run) == 40.0
    assert value("overshoot_usd", run) == 40.0 - 10 * (85 - 80)  # lou was closed 5 above mark
    assert value("max_haircut_frac", run) == pytest.approx(30 / 60)
    assert value("haircut_gini", run) == pytest.approx((20 + 10 + 30) / (3 * 40))
    assert value("haircut_herfindahl", run) == pytest.approx(1 / 16 + 9 / 16)
    # by rank the haircuts are 2, 3, 1: 1 - 6 * (sum of squared differences) / (3 * 8)
    assert value("haircut_spearman_profit", run) == pytest.approx(1.0)  # 2, 3, 1
    assert value("haircut_spearman_leverage", run) == pytest.approx(-0.5)  # 1, 2, 3: 1 + 1 + 4
    assert value("haircut_spearman_size", run) == pytest.approx(0.5)  # 3, 2, 1: 1 + 1 + 0


def test_what_the_largest_of_200_equal_haircuts_bear() -> None:
    run = of_haircuts(*[2.0] * 200)
    assert value("haircut_top_1_share_frac", run) == pytest.approx(1 / 200)
    assert value("haircut_top_10_share_frac", run) == pytest.approx(10 / 200)
    assert value("haircut_top_100_share_frac", run) == pytest.approx(100 / 200)


def test_low_leverage_is_below_two() -> None:
    # ann, closed alone, has 800 / 700 when the step begins
    run = Replayed(*night(VENUE, 100.0, 80.0))
    assert value("adl_low_leverage_share_frac", run) == 1.0


def test_the_metrics_of_two_runs_stand_beside_each_other(two: list[Measured]) -> None:
    table = metric_table(two)
    (row,) = table.filter(metric="haircut_usd", run="other").iter_rows(named=True)
    assert (row["value"], row["delta"], row["unit"]) == (50.0, 0.0, "USD")
    (worst,) = table.filter(metric="max_haircut_frac", run="other").iter_rows(named=True)
    assert worst["value"] == pytest.approx(50 / 2200)
    assert worst["delta"] == pytest.approx(50 / 2200 - 50 / 700)
    by_market = table.filter(metric="winner_capacity_used_frac_by_market", run="first")
    assert by_market["key"].to_list() == ["M"]
    assert set(table["metric"]) >= set(COMPARISON_METRICS) - {"absorber_low_usd_by_absorber"}


def test_who_changes_sides_is_told_with_dollars(two: list[Measured]) -> None:
    changes = changes_table(two)
    assert changes.select("account", "side", "only_under", "usd").rows() == [
        ("ann", "deleveraged", "first", 800.0),
        ("bo", "deleveraged", "other", 800.0),
    ]
    # ann keeps the short: 300 of profit at 70 instead of 150 at 85.
    assert changes["difference_usd"].to_list() == [150.0, -150.0]
    assert change_totals(changes).select("only_under", "accounts", "usd").rows() == [
        ("first", 1, 800.0),
        ("other", 1, 800.0),
    ]


def test_a_difference_is_told_only_where_both_have_a_number() -> None:
    assert deltas(3, 1.0) == 2.0
    assert deltas({"a": 2.0, "b": 1.0}, {"a": 0.5}) == {"a": 1.5}
    assert deltas("2025-10-10T21:00:00Z", None) is None


def test_every_metric_of_a_comparison_has_all_its_words() -> None:
    for metric in COMPARISON_METRICS.values():
        assert metric.definition.endswith(".") and metric.unit and metric.horizon, metric.name
        if "haircut" in metric.name or metric.name == "overshoot_usd":
            assert "could not all have been paid" in metric.definition, metric.name
