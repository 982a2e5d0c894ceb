"""What a report shows of the toy, against the numbers worked out by hand in docs/toy.md."""

from dataclasses import replace
from datetime import UTC, datetime
from functools import cache

import numpy as np
import polars as pl
import pytest

from crashsim import data, engine, scenarios
from crashsim.data.schema import Tape
from crashsim.engine.measure import inequality
from crashsim.engine.readings import Tables, burden, distance, minutes, people, sides, transfers
from crashsim.engine.readings.moments import moments
from crashsim.engine.readings.over_time import over_time
from crashsim.engine.record.minute_prices import prices_1m
from crashsim.engine.record.tables import TIME, polars_schema


@cache
def toy(*settings: str) -> Tables:
    scenario = scenarios.load("toy", overrides=scenarios.Overrides(set=settings))
    read = data.read_inputs(scenario)
    outcome = engine.replay(read.tape, read.book, read.flows, scenario.venue, seed=1)
    return outcome.tables()


def test_minutes_hold_the_sums_and_levels_of_the_timeline() -> None:
    bins = minutes.by_minute(toy())
    assert bins["liquidated_usd"].to_list() == pytest.approx([0, 4750, 15750, 4400, 0, 0])
    assert bins["adl_usd"].to_list() == pytest.approx([0, 0, 0, 6600, 0, 0])
    assert bins["debt_usd"].to_list() == pytest.approx([0, 0, 0, 631.13975, 231.13975, 231.13975])
    assert bins["fund_usd"].null_count() == 6  # the toy has no fund


def test_a_long_run_is_cut_into_longer_bins() -> None:
    step_ms = 60_000
    for steps, width in ((6, 1), (240, 1), (241, 5), (1200, 5), (1201, 15), (10_000, 60)):
        times = pl.Series("time", np.arange(steps) * step_ms).cast(TIME)
        assert minutes.bin_minutes(times.to_frame()) == width


def test_who_paid_whom_is_what_was_worked_out_by_hand() -> None:
    found = {row[:3]: row[3] for row in transfers.who_paid_whom(toy()).iter_rows()}
    liquidated, platform = transfers.LIQUIDATED, transfers.PLATFORM
    slippage = 50 * 0.665 + 125 * 0.46125 + 50 * 0.855 + 50 * 0.616
    assert found == pytest.approx(
        {
            (platform, liquidated, "shortfalls advanced as debt"): 631.13975,
            (liquidated, platform, "deposits that went to debts"): 400.0,
            (liquidated, transfers.MARKET, "discount to mark on the order book"): slippage,
            (liquidated, platform, "liquidation fees"): 9.4335 + 8.9145,
        }
    )


def test_a_fee_goes_to_the_platform_where_no_fund_serves_the_market() -> None:
    fund = 'absorber=[{name="fund",cash=100.0}]'
    for unserved, receiver in (((), transfers.FUND), (("TOY",), transfers.PLATFORM)):
        found = transfers.who_paid_whom(toy(fund), unserved)
        assert found.filter(reason="liquidation fees")["receiver"].to_list() == [receiver]


def test_winners_pay_where_the_price_is_the_bankruptcy_price() -> None:
    found = transfers.who_paid_whom(toy("adl.price=bankruptcy"))
    paid = found.filter(pl.col("payer") == transfers.WINNERS)
    assert paid["receiver"].to_list() == [transfers.LIQUIDATED]
    assert paid["amount_usd"].item() == pytest.approx(631.13975)


def test_the_lorenz_curve_of_two_winners() -> None:
    curves = burden.lorenz(toy()).filter(pl.col("burden").str.starts_with("positions"))
    assert curves["accounts_frac"].to_list() == [0, 0.5, 1]
    assert curves["amount_frac"].to_list() == pytest.approx([0, 1320 / 6600, 1])


def test_a_lorenz_curve_lies_below_the_even_line_and_its_area_is_the_gini() -> None:
    rng = np.random.default_rng(1)
    amounts = rng.lognormal(size=1000)
    frame = {"accounts": pl.DataFrame(dict.fromkeys(burden.BURDENS.values(), amounts))}
    curve = burden.lorenz(frame).head(burden.MOST_POINTS)
    x, y = curve["accounts_frac"].to_numpy(), curve["amount_frac"].to_numpy()
    assert (y <= x + 1e-12).all()
    area = float((np.diff(x) * (y[1:] + y[:-1]) / 2).sum())
    assert 1 - 2 * area == pytest.approx(inequality.gini(amounts), abs=0.01)


def test_distances_before_and_after() -> None:
    found = distance.distance(toy()).rows_by_key("band", named=True)
    counts = {band: (row["before"], row["after"]) for band, [row] in found.items()}
    assert counts == {
        "below maintenance": (0, 0),
        "0 to 1%": (0, 0),
        "1 to 2%": (1, 0),  # bob: (2500 - 2000) / 30000
        "2 to 5%": (0, 0),
        "5 to 10%": (2, 2),  # ann and dora; after: ann and cara
        "10 to 20%": (0, 0),
        "20 to 50%": (2, 1),
        "over 50%": (1, 1),
        distance.CLOSED: (0, 2),
    }


def test_a_band_begins_where_the_one_before_it_ends() -> None:
    frame = pl.DataFrame({"usd": [-1.0, 999.99, 1000.0, 99_999.0, 1e5, 1e6]})
    found = frame.select(people.band(pl.col("usd"))).to_series().cast(pl.String).to_list()
    small, k1, k10, k100, m1 = people.BANDS
    assert found == [small, small, k1, k10, k100, m1]
    assert k100 == "$100k to $1m" and m1 == "$1m and more"


def test_people_are_those_who_were_hit_and_bands_count_everyone() -> None:
    assert people.hit_accounts(toy())["account"].to_list() == ["bob", "dora", "whale"]
    bands = people.by_band(toy())
    assert bands["accounts"].to_list() == [2, 3, 1, 0, 0]
    assert bands["deleveraged_accounts"].to_list() == [1, 0, 1, 0, 0]
    assert bands["debt_end_usd"].sum() == pytest.approx(231.13975)


def test_the_moments_of_the_toy_in_order() -> None:
    found = [(moment.kind, f"{moment.time:%M:%S}") for moment in moments(toy())]
    assert found == [
        ("first_liquidation", "01:00"),
        ("busiest_liquidation", "02:00"),
        ("first_adl", "03:00"),
        ("last_adl", "03:00"),
        ("first_debt", "03:00"),
        ("debt_peak", "03:00"),
        ("first_deposit_to_debt", "03:30"),
        ("low", "03:00"),  # a minute comes after the seconds in it
        ("busiest_adl", "03:00"),
    ]


def test_without_adl_there_are_no_moments_and_no_burdens_of_it() -> None:
    quiet = toy("adl.enabled=false")
    kinds = {moment.kind for moment in moments(quiet)}
    assert kinds == {"first_liquidation", "busiest_liquidation", "low"}
    assert burden.lorenz(quiet).filter(pl.col("burden").str.starts_with("positions")).is_empty()


def test_who_changes_sides_between_two_rules() -> None:
    runs = {"net": toy(), "off": toy("adl.enabled=false")}
    table = sides.crossings(runs, "net", "off")
    assert table["accounts"].sum() == 6
    changed = sides.changers(runs)
    # Without ADL the rebound saves bob, and dora and whale are left alone.
    assert changed.select("account", "net", "off").sort("account").rows() == [
        ("bob", "ended in debt", "liquidated"),
        ("dora", "deleveraged", "untouched"),
        ("whale", "deleveraged", "untouched"),
    ]
    moved = changed.filter(pl.col("account") == "bob")
    # 2500 at the start and 400 deposited; he is left with -231.14, and without ADL with 193.20.
    assert moved["net net_usd"].item() == pytest.approx(-231.13975 - 2500 - 400)
    assert moved["off net_usd"].item() == pytest.approx(193.2 - 2500 - 400, abs=0.01)


def test_runs_over_time_carry_totals() -> None:
    found = over_time({"a": toy(), "b": toy("adl.enabled=false")})
    totals = found.group_by("run").agg(pl.col("adl_total_usd").last()).sort("run")
    assert totals["adl_total_usd"].to_list() == pytest.approx([6600, 0])


def tape(marks: list[list[float]], step_ms: int) -> Tape:
    array = np.array(marks)
    return Tape(
        time_ms=np.arange(array.shape[0], dtype=np.int64) * step_ms,
        markets=("A", "B"),
        mark=array,
        volume_usd=np.ones_like(array),
        funding_rate=np.zeros_like(array),
        origins={},
    )


def test_minute_prices_open_high_low_close() -> None:
    nan = float("nan")
    marks = [[1.0, nan], [5.0, nan], [2.0, 7.0], [3.0, nan + 1], [4.0, 9.0], [6.0, 8.0]]
    marks[3][1] = 6.0
    found = prices_1m(tape(marks, 20_000))
    assert found.schema == polars_schema("prices_1m")
    first, second = datetime(1970, 1, 1, tzinfo=UTC), datetime(1970, 1, 1, 0, 1, tzinfo=UTC)
    no_last = (None,) * 4
    assert found.rows() == [
        (first, "A", 1.0, 5.0, 1.0, 2.0, 3.0, *no_last),
        (second, "A", 3.0, 6.0, 3.0, 6.0, 3.0, *no_last),
        (first, "B", 7.0, 7.0, 7.0, 7.0, 3.0, *no_last),
        (second, "B", 6.0, 9.0, 6.0, 8.0, 3.0, *no_last),
    ]


def test_minute_prices_of_last_stand_beside_those_of_mark() -> None:
    nan = float("nan")
    both = tape([[1.0, 2.0]] * 4, 20_000)
    both = replace(both, last=np.array([[3.0, nan], [5.0, nan], [2.0, nan], [4.0, nan]]))
    rows = prices_1m(both).select("market", "close", "^last_.*$").rows()
    assert rows == [
        ("A", 1.0, 3.0, 5.0, 2.0, 2.0),
        ("A", 1.0, 4.0, 4.0, 4.0, 4.0),
        ("B", 2.0, None, None, None, None),
        ("B", 2.0, None, None, None, None),
    ]


def test_a_minute_before_a_markets_first_price_is_absent() -> None:
    nan = float("nan")
    found = prices_1m(tape([[1.0, nan], [1.0, 2.0]], 60_000))
    assert found.filter(pl.col("market") == "B").height == 1
