"""Bars of trades, fills and marks, and the tape of a scenario that reads them."""

from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from crashsim.data.store.bars import bars_from_store
from crashsim.data.store.datasets import Dataset, Origin, Window
from crashsim.data.store.store import Store
from crashsim.data.store.store_tape import store_rows
from crashsim.scenarios.errors import InputError

T0 = 1_760_130_960_000
ALL = Window(T0, T0 + 10**7)
ORIGIN = Origin("x", datetime(2026, 1, 1, tzinfo=UTC))


def at(*offsets_ms: int) -> pl.Series:
    return pl.Series([T0 + ms for ms in offsets_ms]).cast(pl.Datetime("ms", "UTC"))


def fill(
    offset_ms: int, tid: int, account: str, side: str, direction: str, crossed: bool
) -> dict[str, object]:
    return {
        "time": T0 + offset_ms,
        "block_number": 1 + offset_ms,
        "block_index": tid,
        "account": account,
        "market": "ABC",
        "side": side,
        "price": 10.0 + tid,
        "size": 2.0,
        "direction": direction,
        "crossed": crossed,
        "trade_id": tid,
    }


def test_trades_of_one_millisecond_keep_the_order_of_their_ids(tmp_path: Path) -> None:
    store = Store(tmp_path)
    trades = pl.DataFrame(
        {
            "time": at(500, 500, 500, 1500),
            "market": "ABC",
            "price": [12.0, 9.0, 11.0, 10.0],
            "size": [1.0, 1.0, 1.0, 2.0],
            "trade_id": ["10", "8", "9", "11"],
        }
    )
    store.write_part(Dataset("v", "ABC", "trades"), trades, ALL, ORIGIN)
    bars = bars_from_store("v", None, T0, T0 + 2000, store)
    assert bars.select("open", "high", "low", "close", "volume_usd").rows() == [
        (9.0, 12.0, 9.0, 12.0, 32.0),
        (10.0, 10.0, 10.0, 10.0, 20.0),
    ]
    assert bars["price_kind"].unique().to_list() == ["last"]


def test_a_trade_of_two_files_counts_once(tmp_path: Path) -> None:
    store = Store(tmp_path)
    trade = pl.DataFrame(
        {"time": at(1), "market": "ABC", "price": 10.0, "size": 1.0, "trade_id": "1"}
    )
    for number, market in enumerate(("ABC", "*")):
        origin = Origin(f"{number}.csv", ORIGIN.retrieved_at)
        store.write_part(Dataset("v", market, "trades"), trade, ALL, origin)
    assert bars_from_store("v", None, T0, T0 + 1000, store)["volume_usd"].to_list() == [10.0]


def test_one_leg_of_a_fill_counts_and_deleveraging_never(tmp_path: Path) -> None:
    store = Store(tmp_path)
    fills = pl.DataFrame(
        [
            fill(1, 1, "0xaa", "buy", "Open Long", True),
            fill(1, 1, "0xbb", "sell", "Close Long", False),
            fill(2, 2, "0xaa", "buy", "Auto-Deleveraging", False),
            fill(2, 2, "0xcc", "sell", "Liquidated Cross Long", True),
            fill(3, 3, "0xdd", "sell", "Close Long", False),
        ]
    ).with_columns(pl.col("time").cast(pl.Datetime("ms", "UTC")))
    store.write_part(Dataset("v", "*", "fills"), fills, ALL, ORIGIN)
    (row,) = bars_from_store("v", None, T0, T0 + 1000, store).rows(named=True)
    assert (row["open"], row["close"], row["volume_usd"]) == (11.0, 13.0, 2 * 11.0 + 2 * 13.0)


def test_samples_of_marks_become_a_mark_series_and_need_a_volume(tmp_path: Path) -> None:
    store = Store(tmp_path)
    contexts = pl.DataFrame(
        {"time": at(0, 60_000), "market": "ABC", "mark": [10.0, 9.0], "index": [10.1, 9.1]}
    )
    store.write_part(Dataset("hl", "*", "contexts"), contexts, ALL, ORIGIN)
    bars = bars_from_store("hl", None, T0 + 30_000, T0 + 90_000, store)
    assert bars["price_kind"].to_list() == ["mark", "mark"]
    assert bars["close"].to_list() == [10.0, 9.0]
    with pytest.raises(InputError, match=r"store:hl: no volume for ABC.*default_volume_usd"):
        store_rows("hl", T0, T0 + 90_000, None, store)
    rows = store_rows("hl", T0, T0 + 90_000, 5.0, store)
    assert rows.kinds == {"ABC": "mark"} and rows.volume_usd is None


def test_a_market_without_volume_among_others_gets_the_default(tmp_path: Path) -> None:
    store = Store(tmp_path)
    bars = pl.DataFrame({"time": at(0, 60_000)}).with_columns(
        *(pl.lit(10.0).alias(name) for name in ("open", "high", "low", "close"))
    )
    for market, volume in (("ABC", None), ("DEF", 3.0)):
        rows = bars.with_columns(
            pl.lit(market).alias("market"), pl.lit(volume, pl.Float64()).alias("volume")
        )
        store.write_part(Dataset("v", market, "last", 60), rows, ALL, ORIGIN)
    read = store_rows("v", T0, T0 + 90_000, 5.0, store)
    assert read.volume_usd is not None
    assert read.volume_usd.tolist() == [300.0, 300.0, 30.0, 30.0]


def test_what_one_account_traded_is_no_tape(tmp_path: Path) -> None:
    store = Store(tmp_path)
    own = pl.DataFrame([fill(500, tid, "0xaa", "buy", "Open Long", True) for tid in (1, 2)])
    own = own.with_columns(pl.col("time").cast(pl.Datetime("ms", "UTC")))
    store.write_part(Dataset("v", "*", "fills"), own, ALL, ORIGIN)
    with pytest.raises(InputError, match=r"all its fills are of one account \(0xaa\)"):
        bars_from_store("v", None, T0, T0 + 2000, store)
    trades = pl.DataFrame({"time": at(500), "market": "ABC", "price": [7.0], "size": [1.0]})
    store.write_part(Dataset("v", "ABC", "trades"), trades, ALL, ORIGIN)
    assert bars_from_store("v", None, T0, T0 + 2000, store)["close"].to_list() == [7.0]
