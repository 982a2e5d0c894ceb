"""Data that nothing reads are refused by what they are, and taken into no store."""

import json
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from crashsim.data.loaders.format import Options
from crashsim.data.loaders.importer import import_file, read_file
from crashsim.data.store.check_source import check_store
from crashsim.data.store.kinds import KINDS
from crashsim.data.store.store import Store
from crashsim.scenarios.errors import InputError

AT = datetime(2025, 10, 10, 21, 16, tzinfo=UTC)
CANDLE = "1760130960000,{},0.002,-0.004,0.002,0,1760131019999,0,12,0,0,0\n"
BOOK = {
    "time": "2025-10-10T21:16:04.9",
    "raw": {"data": {"coin": "ABC", "levels": [[{"px": "9.9", "sz": "5.0", "n": 2}], []]}},
}
METRICS = "create_time,symbol,sum_open_interest,sum_open_interest_value\n"
TARDIS = "exchange,symbol,timestamp,local_timestamp,asks[0].price,asks[0].amount,bids[0].price\n"
FILES = {
    "BTCUSDT-1m-2025-10-10.csv": (CANDLE.format("-0.001"), "candles of a premium"),
    "premiumIndexKlines/BTCUSDT-1m-2025-10-10.csv": (
        CANDLE.format("0.001").replace("-", ""),
        "candles of a premium",
    ),
    "ABC_USDT_USDT-1m-premiumIndex.json": (
        "[[1760130960000,0.1,0.2,0.1,0.1,0]]",
        "candles of a premium",
    ),
    "ABCUSDT-metrics-2025-10-10.csv": (
        METRICS + "2025-10-10 21:16:00,ABCUSDT,1000.0,9800.0\n",
        "open interest and ratios of positions",
    ),
    "ABCUSDT-bookDepth-2025-10-10.csv": (
        "timestamp,percentage,depth,notional\n2025-10-10 21:16:00,-1.00,500.0,4900.0\n",
        "the depth of an order book in bands",
    ),
    "ABC": (json.dumps(BOOK) + "\n", "levels of an order book"),
    "x.csv": (
        TARDIS + "bybit,ABCUSDT,1760130964831000,1760130964900000,10.1,4.0,9.9\n",
        "levels of an order book",
    ),
    "spot_balances__758750000_1760126694218.json": (
        '[{"user":"0xaa","token":"USDC","balance":12.5}]',
        "spot balances",
    ),
}


@pytest.mark.parametrize("name", FILES)
def test_data_that_nothing_reads_are_refused_by_what_they_are(name: str, tmp_path: Path) -> None:
    content, what = FILES[name]
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(content)
    with pytest.raises(InputError, match=f"{what}: nothing in crashsim reads them; bring "):
        import_file(Store(tmp_path / "store"), path, Options(), AT)
    assert Store(tmp_path / "store").datasets() == ()


def test_open_interest_of_freqtrade_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "ABC_USDT_USDT-5m-open_interest.feather"
    columns = {"date": [AT], "open_interest_amount": [1.0], "open_interest_value": [9.8]}
    pl.DataFrame(columns).write_ipc(path)
    with pytest.raises(InputError, match="open interest: nothing in crashsim reads them"):
        list(read_file(path, Options()))


def test_candles_without_volume_and_above_zero_are_still_asked_about(tmp_path: Path) -> None:
    path = tmp_path / "BTCUSDT-1m-2025-10-10.csv"
    path.write_text(CANDLE.format("0.001").replace("-0.004", "0.001"))
    with pytest.raises(InputError, match=r"Say it with --kind mark \(or index\)"):
        list(read_file(path, Options()))


def test_a_kind_that_an_older_store_holds_is_told(tmp_path: Path) -> None:
    place = tmp_path / "binance" / "depth" / "BTCUSDT"
    place.mkdir(parents=True)
    named = {"source": "binance", "market": "BTCUSDT", "kind": "depth", "interval_s": None}
    (place / "manifest.json").write_text(json.dumps({"version": 1, **named, "parts": []}))
    assert "depth" not in KINDS
    report = check_store(Store(tmp_path), None, None)
    assert report.notes == ("depth: nothing in crashsim reads these rows; delete their folders",)
    assert report.is_clean and not report.lines
