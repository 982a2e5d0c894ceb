import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from crashsim.data import Tape, read_prices

START = datetime(2025, 10, 10, 21, tzinfo=UTC)
FEW = settings(max_examples=25, deadline=None)


@st.composite
def long_form(draw: st.DrawFn) -> pl.DataFrame:
    """One to three markets, each with rows at whole seconds of the first five minutes."""
    rows = []
    for market in draw(st.sampled_from([["A"], ["A", "B"], ["A", "B", "C"]])):
        seconds = draw(st.lists(st.integers(0, 300), min_size=1, max_size=12, unique=True))
        for second in seconds:
            mark = draw(st.floats(0.01, 1e5))
            volume = draw(st.floats(0, 1e9))
            rows.append((START + timedelta(seconds=second), market, mark, volume))
    return pl.DataFrame(rows, schema=["time", "market", "mark", "volume_usd"], orient="row")


@st.composite
def bars(draw: st.DrawFn) -> pl.DataFrame:
    """Bars of one market, of any width, with gaps, on and off the grid of whole seconds."""
    width = draw(st.integers(1, 90))
    late = draw(st.sampled_from([0, 250, 500]))
    places = draw(st.lists(st.integers(0, 10), max_size=8, unique=True).map(lambda p: {0, 1, *p}))
    rows = []
    for place in sorted(places):
        prices = draw(st.lists(st.floats(0.01, 1e5), min_size=4, max_size=4))
        close, open_ = prices[1], prices[2]
        volume = draw(st.floats(0, 1e9))
        time = START + timedelta(seconds=place * width, milliseconds=late)
        rows.append((time, "A", open_, max(prices), min(prices), close, volume))
    names = ["time", "market", "open", "high", "low", "close", "volume_usd"]
    return pl.DataFrame(rows, schema=names, orient="row")


def _tape(frame: pl.DataFrame, step: str, csv: bool = False, minutes: int = 20) -> Tape:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "prices"
        if csv:
            frame.write_csv(path)
        else:
            frame.write_parquet(path)
        begin = START - timedelta(minutes=minutes)
        return read_prices(path, start=begin, end=START + timedelta(minutes=minutes), step=step)


def _equal(one: Tape, other: Tape) -> bool:
    return one.markets == other.markets and all(
        np.array_equal(getattr(one, name), getattr(other, name), equal_nan=True)
        for name in ("time_ms", "mark", "volume_usd", "funding_rate")
    )


STEPS = st.sampled_from(["1s", "7s", "30s", "1m", "4m"])


@FEW
@given(long_form(), STEPS)
def test_no_volume_of_rows_is_lost_or_made(frame: pl.DataFrame, step: str) -> None:
    tape = _tape(frame, step)
    for column, market in enumerate(tape.markets):
        total = frame.filter(pl.col("market") == market)["volume_usd"].sum()
        assert np.isclose(tape.volume_usd[:, column].sum(), total, rtol=1e-12)
    assert (tape.volume_usd >= 0).all()


@FEW
@given(bars(), STEPS)
def test_no_volume_of_bars_is_lost_or_made_and_the_path_stays_within_the_bars(
    frame: pl.DataFrame, step: str
) -> None:
    tape = _tape(frame, step)
    assert np.isclose(tape.volume_usd.sum(), frame["volume_usd"].sum(), rtol=1e-12)
    known = tape.mark[np.isfinite(tape.mark)]
    assert known.size
    low, high = frame["low"].min(), frame["high"].max()
    assert isinstance(low, float)
    assert isinstance(high, float)
    assert known.min() >= low
    assert known.max() <= high


@FEW
@given(bars())
def test_a_bar_of_seven_steps_or_more_touches_its_low_and_its_high(frame: pl.DataFrame) -> None:
    width_s = frame["time"].diff().drop_nulls().min()
    assert isinstance(width_s, timedelta)
    if width_s < timedelta(seconds=7):  # six may lie in five steps and a bit off the grid
        return
    tape = _tape(frame, "1s")
    for bar in frame.iter_rows(named=True):
        begin = int(bar["time"].timestamp() * 1000)
        own = (tape.time_ms >= begin) & (tape.time_ms < begin + width_s.total_seconds() * 1000)
        mark = tape.mark[own, 0]
        assert (mark[0], mark[-1]) == (bar["open"], bar["close"])
        assert bar["low"] in mark
        assert bar["high"] in mark


@FEW
@given(st.one_of(long_form(), bars()), STEPS, st.randoms(use_true_random=False))
def test_order_format_and_zone_of_a_file_do_not_matter(
    frame: pl.DataFrame, step: str, random: object
) -> None:
    tape = _tape(frame, step)
    seed = random.getrandbits(32)  # type: ignore[attr-defined]
    shuffled = frame.sample(fraction=1, shuffle=True, seed=seed)
    assert _equal(tape, _tape(shuffled, step))
    assert _equal(tape, _tape(frame, step, csv=True))
    tokyo = frame.with_columns(pl.col("time").dt.convert_time_zone("Asia/Tokyo"))
    assert _equal(
        tape, _tape(tokyo.with_columns(pl.col("time").dt.strftime("%FT%T%.3f%z")), step, csv=True)
    )
    assert _equal(tape, _tape(frame.with_columns(pl.col("time").dt.replace_time_zone(None)), step))


@FEW
@given(long_form())
def test_a_native_grid_is_the_fixed_grid_seen_at_the_times_of_the_file(frame: pl.DataFrame) -> None:
    native, fixed = _tape(frame, "native"), _tape(frame, "1s")
    seen = np.isin(fixed.time_ms, native.time_ms)
    assert np.array_equal(native.mark, fixed.mark[seen], equal_nan=True)
    assert np.isclose(native.volume_usd.sum(), frame["volume_usd"].sum(), rtol=1e-12)
