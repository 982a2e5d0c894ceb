"""The local store: parts, manifests, interruption, and the bars a scenario reads from it."""

import json
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from crashsim.data.store.bars import bars_from_store
from crashsim.data.store.datasets import Dataset, Origin, Window, public_place
from crashsim.data.store.store import Store, open_store
from crashsim.scenarios.errors import InputError

T0 = 1_760_130_000_000  # 2025-10-10 21:00:00 UTC
MINUTE = 60_000
ORIGIN = Origin("https://user:pw@host.example/a.zip?key=secret", datetime(2026, 1, 1, tzinfo=UTC))
BTC = Dataset("binance", "BTCUSDT", "last", 60)


def bars(start: int, count: int, market: str = "BTCUSDT", close: float = 10.0) -> pl.DataFrame:
    times = pl.Series([start + i * MINUTE for i in range(count)]).cast(pl.Datetime("ms", "UTC"))
    return pl.DataFrame({"time": times}).with_columns(
        pl.lit(market).alias("market"),
        *(pl.lit(close).alias(name) for name in ("open", "high", "low", "close")),
        pl.lit(2.0).alias("volume"),
    )


def put(store: Store, start: int, count: int) -> None:
    store.write_part(BTC, bars(start, count), Window(start, start + count * MINUTE), ORIGIN)


def test_what_is_written_is_read_in_order_and_clipped_to_the_window(tmp_path: Path) -> None:
    store = Store(tmp_path)
    put(store, T0 + 10 * MINUTE, 10)
    put(store, T0, 10)
    got = store.read("binance", "BTCUSDT", "last", T0 + 5 * MINUTE, T0 + 15 * MINUTE)
    assert got["time"].dt.epoch("ms").to_list() == [T0 + i * MINUTE for i in range(5, 15)]
    (info,) = store.datasets()
    assert (info.rows, info.first_ms, info.last_ms) == (20, T0, T0 + 19 * MINUTE)


def test_a_resumed_pull_is_told_only_the_windows_that_are_missing(tmp_path: Path) -> None:
    store = Store(tmp_path)
    windows = [Window(T0 + i * MINUTE, T0 + (i + 1) * MINUTE) for i in range(3)]
    put(store, T0 + MINUTE, 1)
    assert store.missing(BTC, windows) == (windows[0], windows[2])


def test_a_manifest_holds_no_path_no_key_and_the_time_given_by_the_caller(tmp_path: Path) -> None:
    store = Store(tmp_path)
    put(store, T0, 2)
    text = next(tmp_path.rglob("manifest.json")).read_text()
    assert "secret" not in text and "pw" not in text and str(tmp_path) not in text
    part = json.loads(text)["parts"][0]
    assert part["place"] == "https://host.example/a.zip"
    assert part["retrieved_at"] == "2026-01-01T00:00:00Z"
    assert public_place("/home/someone/BTCUSDT.zip") == "BTCUSDT.zip"


def test_a_kill_before_the_manifest_leaves_the_old_state_and_is_repaired_by_a_retry(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(tmp_path)
    put(store, T0, 2)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("crashsim.data.store.store.write_manifest", killed)
        with pytest.raises(KeyboardInterrupt):
            put(store, T0 + 2 * MINUTE, 2)
    assert store.read("binance", "*", "last", 0, 2**50).height == 2
    put(store, T0 + 2 * MINUTE, 2)
    assert store.read("binance", "*", "last", 0, 2**50).height == 4
    assert not list(tmp_path.rglob("*.part"))


def test_the_same_rows_again_change_nothing_and_other_rows_are_refused(tmp_path: Path) -> None:
    store = Store(tmp_path)
    put(store, T0, 2)
    put(store, T0, 2)
    assert store.datasets()[0].rows == 2
    with pytest.raises(InputError, match="nothing was overwritten"):
        store.write_part(BTC, bars(T0, 2, close=11.0), Window(T0, T0 + 2 * MINUTE), ORIGIN)


def test_two_files_that_disagree_on_a_bar_are_refused_and_agreeing_ones_merge(
    tmp_path: Path,
) -> None:
    store = Store(tmp_path)
    other = Origin("other.csv", ORIGIN.retrieved_at)
    put(store, T0, 2)
    store.write_part(BTC, bars(T0 + MINUTE, 2), Window(T0, T0 + 3 * MINUTE), other)
    assert store.read("binance", "BTCUSDT", "last", 0, 2**50).height == 3
    store.write_part(BTC, bars(T0, 1, close=9.0), Window(T0, T0 + MINUTE), other)
    with pytest.raises(InputError, match="two different last rows"):
        store.read("binance", "BTCUSDT", "last", 0, 2**50)


def test_rows_outside_their_window_or_of_another_kind_are_refused(tmp_path: Path) -> None:
    store = Store(tmp_path)
    with pytest.raises(InputError, match="outside their window"):
        store.write_part(BTC, bars(T0, 2), Window(T0, T0 + MINUTE), ORIGIN)
    with pytest.raises(InputError, match="no column 'volume'"):
        funding = Dataset("binance", "BTCUSDT", "funding")
        store.write_part(
            funding, bars(T0, 1).select("time", "market", "volume"), Window(T0, T0 + 1), ORIGIN
        )


def test_damage_is_named_and_reading_it_is_an_input_error(tmp_path: Path) -> None:
    store = Store(tmp_path)
    put(store, T0, 2)
    (info,) = store.datasets()
    (path,) = store.part_paths(info)
    path.write_bytes(b"PAR1 broken")
    assert store.damaged_parts(info) == (path.name,)
    with pytest.raises(InputError, match="cannot be read"):
        store.read("binance", "*", "last", 0, 2**50)
    path.unlink()
    with pytest.raises(InputError, match="cannot be read"):
        store.read("binance", "*", "last", 0, 2**50)


def test_any_market_name_is_a_safe_folder(tmp_path: Path) -> None:
    store = Store(tmp_path / "s")
    for market in ("BTC/USDT:USDT", "..", "../../x", "@1", "*", "a\\b", "xyz:MU"):
        dataset = Dataset("s", market, "last", 60)
        store.write_part(dataset, bars(T0, 1, market), Window(T0, T0 + 1), ORIGIN)
    assert {p.name for p in tmp_path.iterdir()} == {"s"}
    assert {i.dataset.market for i in store.datasets()} >= {"..", "../../x", "BTC/USDT:USDT"}


def test_the_home_of_the_store_can_be_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CRASHSIM_HOME", str(tmp_path))
    assert open_store().root == tmp_path / "store"
    monkeypatch.delenv("CRASHSIM_HOME")
    assert "crashsim" in str(open_store().root)


def test_scenario_bars_prefer_marks_and_take_the_volume_of_the_last_prices(tmp_path: Path) -> None:
    store = Store(tmp_path)
    put(store, T0, 4)
    mark = Dataset("binance", "BTCUSDT", "mark", 120)
    rows = bars(T0, 3, close=9.0)[::2].with_columns(pl.lit(None).alias("volume"))
    store.write_part(mark, rows, Window(T0, T0 + 4 * MINUTE), ORIGIN)
    got = bars_from_store("binance", None, T0 + 30_000, T0 + 4 * MINUTE, store)
    assert got["price_kind"].to_list() == ["mark", "mark"]
    assert got["close"].to_list() == [9.0, 9.0]
    assert got["volume_usd"].to_list() == [40.0, 40.0]  # 2 minutes x 2 units x 10 USD
    last = bars_from_store("binance/last", ("BTCUSDT",), T0, T0 + 2 * MINUTE, store)
    assert last["price_kind"].unique().to_list() == ["last"]


def test_absent_sources_and_markets_are_named(tmp_path: Path) -> None:
    store = Store(tmp_path)
    put(store, T0, 4)
    with pytest.raises(InputError, match="sources in the store: binance"):
        bars_from_store("okx", None, T0, T0 + MINUTE, store)
    with pytest.raises(InputError, match="no prices of ETHUSDT"):
        bars_from_store("binance", ("BTCUSDT", "ETHUSDT"), T0, T0 + MINUTE, store)
