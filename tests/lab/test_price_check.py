"""A reconstructed tape against bars: of itself, of a made-up market, and as recorded."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from crashsim.data import read_tape
from crashsim.data.synthetic.anchors import read_anchors
from crashsim.lab.price_check import check_prices as checking
from crashsim.lab.price_check.check_content import content
from crashsim.lab.price_check.check_prices import Asked, PriceCheck, check_prices
from crashsim.lab.price_check.price_errors import by_market, errors_by_bar
from crashsim.lab.price_check.price_fit import fitted_fall_power
from crashsim.lab.price_check.said_kind import Kind, kind_of
from crashsim.lab.price_check.tape_bars import bars_of_path
from crashsim.scenarios import Overrides, load
from crashsim.scenarios.errors import InputError
from crashsim.scenarios.models.scenario import Scenario

SHARED = Path(__file__).parents[2].parent / "shared" / "data" / "oct11"
recorded_only = pytest.mark.skipif(not SHARED.is_dir(), reason="needs the recorded bars")
MINUTES = [SHARED / f"binance_usdtm_1m{more}.parquet" for more in ("", "_more")]
WHOLE_VOLUME = "prices.volume_scale=1"


def oct11(*settings: str) -> Scenario:
    return load("oct11", overrides=Overrides(set=settings))


def bars_of(scenario: Scenario, *markets: str, price: str = "last") -> pl.DataFrame:
    """Minute bars of the scenario's own tape, 21:10 to 21:30, volume whole."""
    tape = read_tape(scenario)
    paths = {"last": tape.last, "mark": tape.mark}[price]
    assert paths is not None
    first = scenario.start_ms + 25 * 60_000
    times = pl.DataFrame({"time_ms": np.arange(first, first + 20 * 60_000, 60_000)})
    times = times.with_columns(length_ms=pl.lit(60_000, pl.Int64))
    parts = []
    for market in markets:
        column = tape.markets.index(market)
        own = bars_of_path(paths[:, column], tape.volume_usd[:, column], tape.time_ms, times)
        at = np.searchsorted(tape.time_ms, times["time_ms"].to_numpy())
        stamp = times["time_ms"].cast(pl.Datetime("ms")).alias("time")
        opens = pl.Series("open", paths[at, column])
        parts.append(own.with_columns(stamp, opens, market=pl.lit(market)))
    return pl.concat(parts)


def checked(folder: Path, bars: pl.DataFrame, **asked: object) -> PriceCheck:
    path = folder / "bars.parquet"
    bars.write_parquet(path)
    return check_prices(oct11(), Asked((path,), **asked))  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", ["last", "mark"])
def test_a_tape_is_not_off_from_its_own_bars(tmp_path: Path, kind: str) -> None:
    bars = bars_of(oct11(WHOLE_VOLUME), "BTCUSDT", "APTUSDT", price=kind)
    found = checked(tmp_path, bars, kind=kind)
    assert found.bars.height == 40 and found.markets["bars"].to_list() == [20, 20]
    for name in ("close", "low", "high"):
        assert found.total[f"tape_{name}_log_error"] == 0
        assert found.total[f"line_{name}_log_error"] > 0.001  # type: ignore[operator]
    assert found.total["tape_volume_log_error"] == pytest.approx(0, abs=1e-9)
    assert found.total["tape_range_ratio"] == pytest.approx(1)
    assert found.total["tape_low_time_error_s"] == found.total["tape_drawdown_log_error"] == 0
    assert found.fit["factor_noise"] == pytest.approx(found.stated["factor_noise"])
    assert found.fit["thinning"] == pytest.approx(found.stated["thinning"])


def test_errors_of_two_bars_by_hand() -> None:
    """Recorded closes 100, 80; the tape 110, 60; lows 90, 50 against 95, 40: the later bar's."""
    recorded = pl.DataFrame(
        {
            "market": ["A", "A"],
            "time_ms": [0, 60_000],
            "high": [120.0, 100.0],
            "low": [90.0, 50.0],
            "close": [100.0, 80.0],
            "volume_usd": [10.0, 0.0],
        }
    )
    names = ("close", "low", "high", "volume_usd")
    tape = dict(zip(names, ([110.0, 60.0], [95.0, 40.0], [120.0, 110.0], [20.0, 5.0]), strict=True))
    line = dict(zip(names, ([100.0, 80.0], [50.0, 60.0], [120.0, 100.0], [10.0, 1.0]), strict=True))
    bars = errors_by_bar(recorded, pl.DataFrame(tape), pl.DataFrame(line))
    row = by_market(bars).row(0, named=True)
    assert row["tape_close_log_error"] == pytest.approx((np.log(1.1) + np.log(80 / 60)) / 2)
    assert row["tape_low_log_error"] == pytest.approx((np.log(95 / 90) + np.log(50 / 40)) / 2)
    assert row["tape_volume_log_error"] == pytest.approx(np.log(2))  # a bar without volume: no say
    assert row["tape_volume_factor"] == pytest.approx(2)
    ranges = [np.log(120 / 95) + np.log(110 / 40), np.log(120 / 90) + np.log(100 / 50)]
    assert row["tape_range_ratio"] == pytest.approx(ranges[0] / ranges[1])
    assert row["tape_low_time_error_s"] == 0 and row["line_low_time_error_s"] == -60
    assert row["tape_drawdown_log_error"] == pytest.approx(np.log(120 / 40) - np.log(120 / 50))


def test_bars_of_a_path_by_hand() -> None:
    """Steps of 1 s: a bar has its own steps, and the volume after its open up to its end."""
    bars = pl.DataFrame({"time_ms": [0, 2000], "length_ms": [2000, 2000]})
    price, volume = np.array([5.0, 7.0, 3.0, 4.0, 9.0]), np.array([1.0, 2.0, 4.0, 8.0, 16.0])
    found = bars_of_path(price, volume, np.arange(0, 5000, 1000), bars)
    assert found.rows() == [(7.0, 5.0, 7.0, 6.0), (4.0, 3.0, 4.0, 24.0)]


def test_a_market_left_out_is_rebuilt_without_its_finer_anchors(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever its minutes say: neither its path nor its settings may change with them."""
    bars = bars_of(oct11(WHOLE_VOLUME), "SOLUSDT", "ADAUSDT", "DOTUSDT")
    before = checked(tmp_path, bars, leave_one_out=True)
    published = checking.read_published

    def wrong(anchors: object) -> object:
        found = published(anchors)  # type: ignore[arg-type]
        return replace(found, markets=tuple(_with_other_minutes(each) for each in found.markets))

    def _with_other_minutes(facts):  # type: ignore[no-untyped-def]
        whole = facts.time_ms % 3_600_000 == 0
        other = np.maximum(facts.price * 1.01, facts.low_price)
        is_sol = facts.market == "SOLUSDT"
        return replace(facts, price=np.where(whole, facts.price, other)) if is_sol else facts

    monkeypatch.setattr(checking, "read_published", wrong)
    changed = bars.with_columns(
        pl.when(market="SOLUSDT").then(pl.col("volume_usd") * 3).otherwise("volume_usd")
    )
    after = checked(tmp_path, changed, leave_one_out=True)
    of_sol = pl.col("market") == "SOLUSDT"
    for column in ("tape_close", "tape_low", "tape_high", "tape_volume_usd", "line_close"):
        same = [each.bars.filter(of_sol)[column].to_list() for each in (before, after)]
        assert same[0] == same[1], column
    assert before.used["SOLUSDT"] == after.used["SOLUSDT"]
    assert not before.bars.filter(~of_sol).equals(after.bars.filter(~of_sol))
    assert before.used["ADAUSDT"] != after.used["ADAUSDT"]


def test_the_power_of_a_made_up_fall_is_found() -> None:
    """Seven markets that fall evenly in the cube of their price, at different depths."""
    times = np.array([0, *range(60_000, 1_200_000, 60_000), 3_600_000])
    evenly = np.linspace(0, 1, 21)[:20]
    markets = []
    template = read_anchors(oct11().prices.anchors.path)[0]
    for fall in np.linspace(0.1, 1.4, 7):
        price = 100 * (1 - evenly * (1 - np.exp(-3 * fall))) ** (1 / 3)
        low = float(100 * np.exp(-fall))
        facts = replace(template, time_ms=times, price=np.append(price, 95.0), low_price=low)
        markets.append(replace(facts, low_bar_ms=1_200_000, low_bar_len_ms=60_000))
    assert fitted_fall_power(markets) == 3.0
    assert fitted_fall_power(markets[:2]) is None


def test_noise_and_thinning_are_found_from_bars_made_with_others(tmp_path: Path) -> None:
    settings = ("prices.anchors.factor_noise=1.5", "prices.anchors.thinning=1.6")
    bars = bars_of(oct11(WHOLE_VOLUME, *settings), "BTCUSDT", "SOLUSDT", "ADAUSDT", "DOTUSDT")
    found = checked(tmp_path, bars)
    assert found.stated["factor_noise"] == 1.2 and found.stated["thinning"] == 1.2
    assert found.fit["factor_noise"] == pytest.approx(1.5, rel=0.1)
    assert found.fit["thinning"] == pytest.approx(1.6, abs=0.05)


def test_markets_without_a_place_and_bars_that_stood_still_are_named(tmp_path: Path) -> None:
    own = bars_of(oct11(), "BTCUSDT", "APTUSDT", "ATOMUSDT")
    still = pl.col("market") == "ATOMUSDT"
    prices = [pl.when(still).then(5.0).otherwise(n).alias(n) for n in ("open", "high", "low")]
    bars = own.with_columns(*prices, close=pl.when(still).then(5.0).otherwise("close"))
    stranger = pl.col("market").replace("APTUSDT", "NOSUCHUSDT")
    found = checked(tmp_path, bars.with_columns(stranger))
    assert found.markets["market"].to_list() == ["BTCUSDT"]
    assert "bars.parquet: 1 not in the scenario: NOSUCHUSDT" in found.notes
    assert "ATOMUSDT stood still in a quarter of its bars or more: not used" in found.notes


def test_longer_bars_and_a_window_of_ones_own(tmp_path: Path) -> None:
    minutes = bars_of(oct11(), "BTCUSDT")
    five = (
        minutes.group_by_dynamic("time", every="5m", group_by="market")
        .agg(
            pl.col("open").first(),
            pl.col("high").max(),
            pl.col("low").min(),
            pl.col("close").last(),
            pl.col("volume_usd").sum(),
        )
        .sort("time")
    )
    found = checked(tmp_path, five)
    assert found.bars.height == 4 and found.total["tape_close_log_error"] == 0
    start = oct11().start_ms + 30 * 60_000
    part = checked(tmp_path, minutes, first_ms=start, end_ms=start + 120_000)
    assert part.minutes["time_ms"].to_list() == [start, start + 60_000]
    assert content(part)["from"] == "2025-10-10T21:15:00Z"
    with pytest.raises(InputError, match=r"lies in 2025-10-10T21:40:00Z to .*: change --start"):
        checked(tmp_path, minutes, first_ms=start + 25 * 60_000, end_ms=start + 26 * 60_000)


def test_what_cannot_be_checked_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bars.parquet"
    bars_of(oct11(), "BTCUSDT").write_parquet(path)
    with pytest.raises(InputError, match="toy: its prices are not reconstructed"):
        check_prices(load("toy"), Asked((path,)))
    with pytest.raises(InputError, match="has no marks beside its prices"):
        check_prices(oct11('prices.price_kind="last"'), Asked((path,), "mark"))
    strange = tmp_path / "strange.csv"
    strange.write_text("time,market,mark,volume_usd\n2025-10-10T21:00Z,BTCUSDT,1,1\n")
    with pytest.raises(InputError, match=r"strange.csv: holds marks, expected bars"):
        check_prices(oct11(), Asked((strange,)))
    with pytest.raises(InputError, match=r"BTCUSDT has two bars at one time"):
        check_prices(oct11(), Asked((path, path)))


@recorded_only
def test_left_out_markets_are_nearer_to_their_minutes_than_before() -> None:
    """The tape before the minute prices, rebuilt from the same hourly anchors, was 7.2 % off."""
    found = check_prices(oct11(), Asked(MINUTES, leave_one_out=True))
    assert found.markets.height == 7  # FIL stood still
    assert found.total["tape_close_log_error"] <= 0.0722 * 2 / 3
    assert found.total["tape_low_log_error"] <= 0.0695
    assert found.total["tape_low_time_error_s"] <= 43
    assert found.total["tape_drawdown_log_error"] <= 0.0121
    assert found.total["tape_range_ratio"] == pytest.approx(1, abs=0.1)


@recorded_only
def test_volume_peaks_minutes_before_the_low_as_recorded() -> None:
    bars = check_prices(oct11(), Asked(MINUTES)).bars
    for side in ("", "tape_"):
        top = bars.group_by("market").agg(
            pl.col("time_ms").get(pl.col(f"{side}volume_usd").arg_max()).alias("peak"),
            pl.col("time_ms").get(pl.col(f"{side}low").arg_min()).alias("low"),
        )
        minutes_before = ((top["low"] - top["peak"]) / 60_000).median()
        assert 1 <= minutes_before <= 6, side


@recorded_only
def test_the_stated_settings_are_those_that_recorded_minutes_choose() -> None:
    found = check_prices(oct11(), Asked(MINUTES))
    for name, value in found.stated.items():
        assert found.fit[name] == pytest.approx(value, rel=0.05), name


@recorded_only
def test_marks_of_btc_are_near_the_recorded_ones() -> None:
    bars = SHARED / "binance_btcusdt_mark_5m.parquet"
    found = check_prices(oct11(), Asked((bars,), "mark"))
    assert found.total["tape_close_log_error"] < 0.005 < found.total["line_close_log_error"]


HEADER = "time,market,open,high,low,close,kind"
ROW = "2025-10-10T21:10:00Z,BTCUSDT,114382.3,114500,109900,112137.6"


@pytest.mark.parametrize(
    ("said", "asked", "kind"),
    [
        (["perp_usdtm_mark"], None, "mark"),
        (["last"], None, "last"),
        (["low"], None, "last"),
        (["low"], "mark", "mark"),
        (["perp_usdtm_mark"], "mark", "mark"),
        (["last", "LAST"], None, "last"),
    ],
)
def test_what_files_say_of_their_prices_is_taken(
    said: list[str], asked: Kind | None, kind: Kind, tmp_path: Path
) -> None:
    assert kind_of(_saying(said, tmp_path), asked) == kind


@pytest.mark.parametrize(
    ("said", "asked", "told"),
    [
        (["perp_usdtm_mark"], "last", "a column of it says that these are mark prices"),
        (["last"], "mark", "a column of it says that these are last prices"),
        (["mark", "last"], None, "0.csv (mark), 1.csv (last): not all say the same kind"),
        (["mark", "low"], None, "0.csv (mark), 1.csv (not said): not all say the same kind"),
    ],
)
def test_files_that_say_another_kind_are_refused(
    said: list[str], asked: Kind | None, told: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=re.escape(told)):
        kind_of(_saying(said, tmp_path), asked)


def _saying(said: list[str], folder: Path) -> list[Path]:
    paths = [folder / f"{number}.csv" for number in range(len(said))]
    for path, kind in zip(paths, said, strict=True):
        path.write_text(f"{HEADER}\n{ROW},{kind}\n")
    return paths


def test_bars_that_are_missing_inside_are_told(tmp_path: Path) -> None:
    times = [f"2025-10-10T21:{minute}:00Z" for minute in (10, 11, 12, 15, 16)]
    rows = [f"{time},BTCUSDT,112000,112500,111000,112100,last" for time in times]
    (tmp_path / "a.csv").write_text("\n".join([HEADER, *rows, ""]))
    notes = check_prices(oct11(), Asked((tmp_path / "a.csv",))).notes
    assert any(note.startswith("BTCUSDT: 2 bars are missing between") for note in notes)
    (tmp_path / "a.csv").write_text("\n".join([HEADER, *rows[:3], ""]))
    assert not any(
        "missing" in note for note in check_prices(oct11(), Asked((tmp_path / "a.csv",))).notes
    )
