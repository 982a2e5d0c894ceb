"""Series of insurance funds: what is left out, and what data check says of them."""

import json
from pathlib import Path

import pytest

from crashsim.data.loaders.format import Options
from crashsim.data.loaders.importer import read_file
from crashsim.data.store.check_source import check_files
from crashsim.data.store.datasets import Window
from crashsim.scenarios.errors import InputError

NINE_MS, TEN_MS = 1_760_086_800_000, 1_760_090_400_000  # 2025-10-10 09:00 and 10:00


def day(hour: int, **changes: object) -> dict[str, object]:
    time = f"2025-10-10T{hour:02}:00:00.000Z"
    return {"currency": "USDt", "timestamp": time, "walletBalance": hour * 1_500_000} | changes


def written(folder: Path, *days: dict[str, object]) -> Path:
    path = folder / "insurance.json"
    path.write_text(json.dumps(days))
    return path


@pytest.mark.parametrize(
    ("start_ms", "held"),
    [
        (TEN_MS - 1, "13.50 USDT at 2025-10-10 09:00"),
        (TEN_MS, "15.00 USDT at 2025-10-10 10:00"),
        (NINE_MS - 1, "13.50 USDT at 2025-10-10 09:00"),
        (None, "15.00 USDT at 2025-10-10 10:00"),
    ],
)
def test_check_says_what_a_fund_held_at_the_start(
    start_ms: int | None, held: str, tmp_path: Path
) -> None:
    path = written(tmp_path, day(10), day(9), day(9, currency="XBt", walletBalance=200_000_000))
    window = Window(start_ms, start_ms + 1) if start_ms else None
    cash = held.partition(" ")[0]
    assert check_files([path], Options(), window).notes == (
        "fund of bitmex: 2.00 BTC at 2025-10-10 09:00 UTC",
        f"fund of bitmex: {held} UTC; --set absorber.NAME.cash={cash} starts an absorber with it",
    )


def test_a_currency_whose_unit_is_not_known_is_left_out_and_counted(tmp_path: Path) -> None:
    path = written(tmp_path, day(9), day(9, currency="Gwei"))
    ((_, _, batch),) = read_file(path, Options())
    assert batch.rows["currency"].to_list() == ["USDT"]
    assert batch.notes == ("1 balances in Gwei, whose unit is not known, were left out",)


def test_lines_of_answers_are_one_series(tmp_path: Path) -> None:
    path = tmp_path / "funds.jsonl"
    group = {"symbols": ["ABCUSDT"]}
    for time_ms in (NINE_MS, TEN_MS):
        asset = {"asset": "USDT", "marginBalance": "7", "updateTime": time_ms}
        with path.open("a") as file:
            file.write(json.dumps(group | {"assets": [asset]}) + "\n")
    ((_, _, batch),) = read_file(path, Options())
    assert batch.rows["market"].to_list() == ["ABCUSDT"] * 2
    assert batch.source == "binance"


def test_a_balance_that_is_no_number_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not a record of this format"):
        list(read_file(written(tmp_path, day(9, walletBalance="much")), Options()))
