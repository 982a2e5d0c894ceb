"""Funding rates of the store on a tape: at their own times, to the second, once."""

from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from crashsim.data.store.datasets import Dataset, Origin, Window
from crashsim.data.store.store import Store
from crashsim.data.store.store_tape import store_rows
from crashsim.data.tape.grid import fixed_grid
from crashsim.data.tape.long_form import funding_of_rows
from crashsim.scenarios.errors import InputError

START_MS = 1_760_130_000_000  # 2025-10-10 21:00 UTC
HOUR_MS = 3_600_000
END_MS = START_MS + HOUR_MS
Rate = tuple[int, float]


def _times(*at_ms: int) -> pl.Series:
    return pl.Series(at_ms, dtype=pl.Int64).cast(pl.Datetime("ms", "UTC"))


def _write(store: Store, market: str, kind: str, frame: pl.DataFrame, name: str) -> None:
    window = Window(START_MS - HOUR_MS, END_MS + HOUR_MS)
    origin = Origin(name, datetime(2026, 1, 1, tzinfo=UTC))
    length = 60 if kind == "last" else None
    named = frame.with_columns(market=pl.lit(market))
    store.write_part(Dataset("binance", market, kind, length), named, window, origin)


def _stored(folder: Path, *files: dict[str, list[Rate]]) -> Store:
    """A store with an hour of BTCUSDT and ETHUSDT, and files of rates by market."""
    store = Store(folder)
    for market in ("BTCUSDT", "ETHUSDT"):
        times = _times(*range(START_MS, END_MS, 60_000))
        prices = {name: pl.lit(100.0) for name in ("open", "high", "low", "close", "volume")}
        bars = pl.DataFrame({"time": times}).with_columns(**prices)
        _write(store, market, "last", bars, "candles")
    for number, rates in enumerate(files):
        for market, given in rates.items():
            frame = pl.DataFrame(
                {"time": _times(*(at for at, _ in given)), "funding_rate": [r for _, r in given]}
            )
            _write(store, market, "funding", frame, f"funding-{number}")
    return store


def _laid(store: Store) -> tuple[dict[tuple[str, int], float], tuple[str, ...]]:
    """(market, second of the hour) -> rate, where one is given; and the notes."""
    rows = store_rows("binance", START_MS, END_MS, None, store)
    rates = funding_of_rows(fixed_grid(START_MS, END_MS, 1000), rows)
    steps, columns = rates.nonzero()
    pairs = zip(steps.tolist(), columns.tolist(), strict=True)
    return {(rows.markets[c], k): float(rates[k, c]) for k, c in pairs}, rows.notes


def test_rates_are_paid_at_their_second_however_late_they_were_stamped(tmp_path: Path) -> None:
    hourly = [(START_MS + 3, 0.001), (END_MS + 17, 0.002), (END_MS + 501, 0.7)]
    eight_hourly = [(START_MS - 501, 0.9), (START_MS + 1_800_000, -0.004)]
    store = _stored(tmp_path, {"ETHUSDT": hourly, "BTCUSDT": eight_hourly})
    assert _laid(store)[0] == {
        ("ETHUSDT", 0): 0.001,
        ("ETHUSDT", 3600): 0.002,
        ("BTCUSDT", 1800): -0.004,
    }


def test_a_rate_that_several_files_have_comes_once(tmp_path: Path) -> None:
    stamps = (60_003, 60_003, 60_000)
    store = _stored(tmp_path, *({"BTCUSDT": [(START_MS + at, 0.001)]} for at in stamps))
    assert _laid(store)[0] == {("BTCUSDT", 60): 0.001}


def test_what_accounts_were_paid_carries_the_rate(tmp_path: Path) -> None:
    store = _stored(tmp_path, {"BTCUSDT": [(START_MS + 7, 0.001)]})
    booked = {
        "time": _times(*(START_MS + at for at in (120, 120, 1_900, 2_000, 1_800_900))),
        "account": ["a", "b", "c", "d", "a"],
        "type": ["funding", "funding", "funding", "deposit", "funding"],
        "market": ["BTCUSDT", "ETHUSDT", "BTCUSDT", None, "BTCUSDT"],
        "funding_rate": [0.001, 0.002, 0.001, None, -0.003],
    }
    window = Window(START_MS, END_MS)
    origin = Origin("events", datetime(2026, 1, 1, tzinfo=UTC))
    store.write_part(Dataset("binance", "*", "events"), pl.DataFrame(booked), window, origin)
    assert _laid(store)[0] == {
        ("BTCUSDT", 0): 0.001,
        ("ETHUSDT", 0): 0.002,
        ("BTCUSDT", 1800): -0.003,
    }


def test_two_rates_for_one_second_are_refused(tmp_path: Path) -> None:
    store = _stored(
        tmp_path, {"BTCUSDT": [(START_MS + 3, 0.001)]}, {"BTCUSDT": [(START_MS, 0.002)]}
    )
    with pytest.raises(InputError, match="two different funding rates of BTCUSDT at 2025-10-10"):
        _laid(store)


def test_rates_of_a_market_without_prices_are_told(tmp_path: Path) -> None:
    store = _stored(tmp_path, {"SOLUSDT": [(START_MS, 0.001)]})
    assert _laid(store) == ({}, ("funding rates of markets without prices, not used: SOLUSDT",))


def test_a_rate_under_another_spelling_of_the_same_market_is_paid_once(tmp_path: Path) -> None:
    rate = [(START_MS + 60_000, 0.01)]
    store = _stored(tmp_path, {"BTC/USDT:USDT": rate}, {"BTCUSDT": rate})
    laid, notes = _laid(store)
    assert laid == {("BTCUSDT", 60): 0.01}
    assert not any("without prices" in note for note in notes)


def test_a_rate_of_another_contract_on_the_same_coin_is_not_used_and_named(tmp_path: Path) -> None:
    laid, notes = _laid(_stored(tmp_path, {"BTC/USD:BTC": [(START_MS + 60_000, 0.01)]}))
    assert laid == {}
    assert any("without prices, not used: BTC/USD:BTC" in note for note in notes)
