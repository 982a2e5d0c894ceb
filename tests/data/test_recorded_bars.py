"""Recorded bars of the night, where the shared folder is at hand."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from crashsim.data import read_prices

FOLDER = Path(__file__).parents[2].parent / "shared" / "data" / "oct11"
pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="recorded data not at hand")
START, END = datetime(2025, 10, 10, 20, 45, tzinfo=UTC), datetime(2025, 10, 10, 22, tzinfo=UTC)


def test_minute_bars_of_the_night_touch_every_low_and_high_on_one_second_steps() -> None:
    path = FOLDER / "binance_usdtm_1m.parquet"
    tape = read_prices(path, start=START, end=END, step="1s")
    assert tape.mark.shape == (4501, 2)
    inside = pl.read_parquet(path).filter(
        pl.col("ts").dt.replace_time_zone("UTC").is_between(START, END, closed="left")
    )
    for column, market in enumerate(tape.markets):
        own = inside.filter(pl.col("market") == market).sort("ts")
        minutes = tape.mark[:-1, column].reshape(75, 60)
        assert np.array_equal(minutes.min(axis=1), own["low"].to_numpy())
        assert np.array_equal(minutes.max(axis=1), own["high"].to_numpy())
        assert np.array_equal(minutes[:, 0], own["open"].to_numpy())
        assert np.array_equal(minutes[:, -1], own["close"].to_numpy())
        quote = (own["volume"] * own["close"]).sum()
        assert tape.volume_usd[:-1, column].sum() == pytest.approx(quote)
    assert tape.mark.min(axis=0).tolist() == [101516.5, 141.28]
    assert {origin.price_kind for origin in tape.origins.values()} == {"last"}


def test_mark_bars_have_no_volume_and_take_that_of_a_second_file() -> None:
    tape = read_prices(
        FOLDER / "binance_btcusdt_mark_5m.parquet",
        start=START,
        end=END,
        step="1s",
        price_kind="mark",
        volume_path=FOLDER / "binance_usdtm_5m.parquet",
    )
    assert tape.mark.min() == pytest.approx(101_878, abs=1)  # against 101,516.5 as last price
    assert tape.volume_usd.sum() > 1e9
