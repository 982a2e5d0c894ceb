"""The recorded bars beside the project: they import, check clean, and drive a replay."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from crashsim.data.loaders.format import Options
from crashsim.data.loaders.importer import import_file
from crashsim.data.store.check_source import check_files, check_store
from crashsim.data.store.store import Store
from crashsim.data.tape.prices import read_tape
from crashsim.scenarios import Overrides, load

RECORDED = Path(__file__).parents[3].parent / "shared" / "data" / "oct11"
NOW = datetime(2026, 1, 1, tzinfo=UTC)
BARS = ("binance_usdtm_1m.parquet", "binance_usdtm_5m.parquet", "binance_btcusdt_mark_5m.parquet")

pytestmark = pytest.mark.skipif(not RECORDED.is_dir(), reason="the recorded bars are not here")


def findings(name: str) -> dict[str, tuple[str, ...]]:
    report = check_files([RECORDED / name], Options(), None)
    return {line.market: line.findings for line in report.lines if line.findings}


@pytest.mark.parametrize("name", [*BARS, "binance_usdtm_funding.parquet"])
def test_the_recorded_series_are_clean(name: str) -> None:
    assert findings(name) == {}


def test_delisted_markets_and_quiet_minutes_are_found() -> None:
    assert findings("binance_usdtm_1h.parquet") == {
        "FTTUSDT": ("24 with zero volume",),
        "NAORISUSDT": ("1 outliers",),
        "RAYUSDT": ("24 with zero volume",),
        "WAVESUSDT": ("24 with zero volume",),
    }
    assert findings("binance_usde_usdt_1m.parquet") == {"USDEUSDT": ("59 with zero volume",)}


def test_they_drive_the_night_from_the_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CRASHSIM_HOME", str(tmp_path))
    store = Store(tmp_path / "store")
    for name in BARS:
        import_file(store, RECORDED / name, Options(), NOW, "binance")
    assert check_store(store, None, None).is_clean
    source = "prices.source=store:binance"
    tape = read_tape(load("oct11", overrides=Overrides(set=(source,))))
    assert len(tape.markets) == 13
    kinds = {market: origin.price_kind for market, origin in tape.origins.items()}
    assert kinds["BTCUSDT"] == "mark" and kinds["ETHUSDT"] == "last"
    assert np.nanmin(tape.mark[:, tape.markets.index("ETHUSDT")]) == pytest.approx(3400.0, rel=0.01)
    assert tape.volume_usd[:, tape.markets.index("BTCUSDT")].sum() > 0
    last = "prices.source=store:binance/last"
    tape = read_tape(load("oct11", overrides=Overrides(set=(last,))))
    assert tape.mark[:, tape.markets.index("BTCUSDT")].min() == pytest.approx(101_516.5)
