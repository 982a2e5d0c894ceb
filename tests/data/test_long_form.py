from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from crashsim.data import Tape, read_prices
from crashsim.scenarios.errors import InputError

Write = Callable[[str, str], Path]

TWO_MARKETS = """
time,                 market, mark, volume_usd
2025-10-10T21:00:00Z, BTC,    100,  60
2025-10-10T21:00:00Z, ETH,    10,   6
2025-10-10T21:01:00Z, BTC,    90,   120
2025-10-10T21:03:00Z, ETH,    8,    30
"""


def _at(minute: int, second: int = 0) -> datetime:
    return datetime(2025, 10, 10, 21, minute, second, tzinfo=UTC)


def _column(tape: Tape, market: str, field: str = "mark") -> list[float]:
    return list(getattr(tape, field)[:, tape.markets.index(market)])


def test_a_native_grid_is_the_distinct_times_of_the_file(write: Write) -> None:
    tape = read_prices(write("p.csv", TWO_MARKETS))
    assert list(np.diff(tape.time_ms)) == [60_000, 120_000]
    assert tape.markets == ("BTC", "ETH")


def test_on_a_native_grid_a_market_without_a_row_keeps_its_mark_and_has_no_volume(
    write: Write,
) -> None:
    tape = read_prices(write("p.csv", TWO_MARKETS))
    assert _column(tape, "BTC") == [100, 90, 90]
    assert _column(tape, "BTC", "volume_usd") == [60, 120, 0]
    assert _column(tape, "ETH") == [10, 10, 8]
    assert _column(tape, "ETH", "volume_usd") == [6, 0, 30]


def test_a_native_window_is_inclusive_and_knows_the_mark_from_before_it(write: Write) -> None:
    tape = read_prices(write("p.csv", TWO_MARKETS), start=_at(1), end=_at(3))
    assert len(tape.time_ms) == 2
    assert _column(tape, "ETH") == [10, 8]
    assert _column(tape, "ETH", "volume_usd") == [0, 30]


def test_a_fixed_grid_runs_from_start_up_to_and_including_end(write: Write) -> None:
    path = write("p.csv", TWO_MARKETS)
    assert len(read_prices(path, start=_at(0), end=_at(2), step="1s").time_ms) == 121
    assert len(read_prices(path, start=_at(0), end=_at(2), step="50s").time_ms) == 3


def test_marks_are_carried_forward_to_the_steps_of_a_fixed_grid(write: Write) -> None:
    tape = read_prices(write("p.csv", TWO_MARKETS), step="30s")
    assert _column(tape, "BTC") == [100, 100, 90, 90, 90, 90, 90]
    assert _column(tape, "ETH") == [10, 10, 10, 10, 10, 10, 8]


def test_a_price_between_two_steps_is_known_at_the_later_one(write: Write) -> None:
    rows = "time,market,mark,volume_usd\n2025-10-10 21:00:00,X,1,0\n2025-10-10 21:00:01.5,X,2,0"
    tape = read_prices(write("p.csv", rows), end=_at(0, 3), step="1s")
    assert _column(tape, "X") == [1, 1, 2, 2]


def test_volume_of_a_file_coarser_than_the_step_is_spread_over_the_time_since_the_row_before(
    write: Write,
) -> None:
    tape = read_prices(write("p.csv", TWO_MARKETS), step="30s")
    # The first row covers 20:59-21:00, half of which is step 0's.
    assert _column(tape, "BTC", "volume_usd") == pytest.approx([30, 60, 60, 0, 0, 0, 0])
    # 30 over 21:00-21:03; the market's smallest spacing is 3 minutes, so the 6 over 20:57-21:00.
    assert _column(tape, "ETH", "volume_usd") == pytest.approx([1, 5, 5, 5, 5, 5, 5])


def test_volume_of_a_file_finer_than_the_step_is_summed(write: Write) -> None:
    rows = "time,market,mark,volume_usd\n" + "\n".join(
        f"2025-10-10T21:00:{s:02d}Z,X,1,{s}" for s in range(21)
    )
    tape = read_prices(write("p.csv", rows), step="10s")
    assert _column(tape, "X", "volume_usd") == [0, sum(range(1, 11)), sum(range(11, 21))]


def test_rows_beyond_the_window_count_with_the_part_inside(write: Write) -> None:
    tape = read_prices(write("p.csv", TWO_MARKETS), start=_at(0, 30), end=_at(2), step="30s")
    assert _column(tape, "BTC") == [100, 90, 90, 90]
    assert _column(tape, "BTC", "volume_usd") == pytest.approx([60, 60, 0, 0])
    assert _column(tape, "ETH", "volume_usd") == pytest.approx([5, 5, 5, 5])


def test_a_market_is_unknown_before_its_first_price(write: Write) -> None:
    rows = TWO_MARKETS + "2025-10-10T21:02:00Z, NEW, 5, 1\n"
    tape = read_prices(write("p.csv", rows), step="1m")
    assert np.isnan(_column(tape, "NEW")[:2]).all()
    assert _column(tape, "NEW")[2:] == [5, 5]


def test_funding_is_summed_over_a_step_and_at_the_first_step_only_of_its_own_time(
    write: Write,
) -> None:
    rows = """
    time,                 market, mark, volume_usd, funding_rate
    2025-10-10T20:59:59Z, X, 1, 0, 0.5
    2025-10-10T21:00:00Z, X, 1, 0, 0.001
    2025-10-10T21:00:05Z, X, 1, 0, 0.002
    2025-10-10T21:00:10Z, X, 1, 0, 0.004
    2025-10-10T21:00:20Z, X, 1, 0,
    """
    tape = read_prices(write("p.csv", rows), start=_at(0), step="10s")
    assert _column(tape, "X", "funding_rate") == pytest.approx([0.001, 0.006, 0])
    native = read_prices(write("p.csv", rows), start=_at(0))
    assert _column(native, "X", "funding_rate") == pytest.approx([0.001, 0.002, 0.004, 0])


def test_the_default_volume_counts_the_seconds_of_a_step_and_nothing_at_the_first(
    write: Write,
) -> None:
    rows = "time,market,mark\n2025-10-10T21:00:00Z,X,1\n2025-10-10T21:00:02Z,X,1\n"
    rows += "2025-10-10T21:00:12Z,X,1"
    tape = read_prices(write("p.csv", rows), default_volume_usd=5, volume_scale=0.1)
    assert _column(tape, "X", "volume_usd") == [0, 10, 50]


def test_a_second_file_gives_the_volume_by_name_or_base(write: Write) -> None:
    marks = write(
        "m.csv", "time,market,mark\n2025-10-10T21:00Z,BTC-PERP,1\n2025-10-10T21:02Z,BTC-PERP,2"
    )
    volume = write(
        "v.csv", "time,market,volume_usd\n2025-10-10T21:01Z,BTCUSDT,7\n2025-10-10T21:02Z,BTCUSDT,9"
    )
    tape = read_prices(marks, volume_path=volume, volume_scale=0.5)
    assert _column(tape, "BTC-PERP", "volume_usd") == [0, 8]


def test_bars_as_volume_file_spread_their_volume_from_their_open_on(write: Write) -> None:
    marks = write("m.csv", "time,market,mark\n2025-10-10T21:00Z,X,1\n2025-10-10T21:02Z,X,2")
    bars = """
    time, market, open, high, low, close, quote_volume
    2025-10-10T21:00Z, X, 1, 1, 1, 1, 60
    2025-10-10T21:01Z, X, 1, 1, 1, 1, 120
    """
    tape = read_prices(marks, volume_path=write("v.csv", bars), step="30s")
    assert _column(tape, "X", "volume_usd") == [30, 30, 60, 60, 0]
    with pytest.raises(InputError, match=r"v.csv: holds bars, which need a step"):
        read_prices(marks, volume_path=write("v.csv", bars))


def test_volume_scale_is_the_share_of_the_recorded_volume(write: Write) -> None:
    tape = read_prices(write("p.csv", TWO_MARKETS), volume_scale=0.25)
    assert _column(tape, "BTC", "volume_usd") == [15, 30, 0]


def test_the_price_kind_is_the_columns_then_the_settings_then_mark(write: Write) -> None:
    path = write("p.csv", TWO_MARKETS)
    assert {o.price_kind for o in read_prices(path).origins.values()} == {"mark"}
    assert {o.price_kind for o in read_prices(path, price_kind="last").origins.values()} == {"last"}
    rows = "time,market,mark,volume_usd,price_kind\n2025-10-10T21:00Z,X,1,0,index"
    origin = read_prices(write("k.csv", rows), price_kind="last").origins["X"]
    assert (origin.price_kind, origin.provenance, origin.source) == ("index", "yours", "k.csv")


def test_smoothing_is_an_exponential_average_of_log_price(write: Write) -> None:
    rows = """
    time, market, mark, volume_usd, price_kind
    2025-10-10T21:00:00Z, X, 100, 0, last
    2025-10-10T21:00:10Z, X, 50, 0, last
    2025-10-10T21:00:30Z, X, 50, 0, last
    2025-10-10T21:00:10Z, NEW, 7, 0, last
    2025-10-10T21:00:00Z, M, 3, 0, mark
    2025-10-10T21:00:30Z, M, 1, 0, mark
    """
    tape = read_prices(write("p.csv", rows), mark_smoothing_s=10)
    # Half the log distance is 2^-exp(-1) after one time constant; three constants after 30 s.
    expected = [100, 50 * 2 ** np.exp(-1), 50 * 2 ** np.exp(-3)]
    assert _column(tape, "X") == pytest.approx(expected)
    assert _column(tape, "NEW")[1:] == pytest.approx([7, 7])
    assert _column(tape, "M") == [3, 3, 1]


def test_smoothing_of_marks_alone_is_refused_since_it_would_do_nothing(write: Write) -> None:
    with pytest.raises(InputError, match="all prices here are marks"):
        read_prices(write("p.csv", TWO_MARKETS), mark_smoothing_s=10)


def test_csv_and_parquet_of_any_time_type_give_the_same_tape_whatever_their_names(
    write: Write, tmp_path: Path
) -> None:
    csv = write("p.parquet", TWO_MARKETS)
    expected = read_prices(csv, step="30s")
    frame = pl.read_csv(csv, try_parse_dates=True)
    utc = (
        pl.col("time").dt.replace_time_zone("UTC")
        if not frame["time"].dtype.time_zone
        else pl.col("time")
    )
    frame = frame.with_columns(utc)
    for name, time in {
        "ms": pl.col("time").cast(pl.Datetime("ms", "UTC")),
        "ns": pl.col("time").cast(pl.Datetime("ns", "UTC")),
        "naive": pl.col("time").dt.replace_time_zone(None),
        "tokyo": pl.col("time").dt.convert_time_zone("Asia/Tokyo"),
        "text": pl.col("time").dt.strftime("%Y-%m-%d %H:%M:%S%.6f UTC"),
        "offset": pl.col("time")
        .dt.convert_time_zone("Asia/Kolkata")
        .dt.strftime("%Y-%m-%dT%H:%M%:z"),
        "west": pl.col("time")
        .dt.convert_time_zone("America/New_York")
        .dt.strftime("%Y-%m-%dT%H:%M:%S%z"),
    }.items():
        path = tmp_path / f"{name}.csv"
        frame.with_columns(time).rename({"time": "ts"}).write_parquet(path)
        tape = read_prices(path, step="30s")
        assert np.array_equal(tape.time_ms, expected.time_ms), name
        assert np.array_equal(tape.mark, expected.mark), name
        assert np.array_equal(tape.volume_usd, expected.volume_usd), name
