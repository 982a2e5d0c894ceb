"""Which of a file's volumes counts, and headers in the middle of a file of prices."""

from pathlib import Path

import pytest

from crashsim.data.tape.price_file import PriceRows, read_price_rows
from crashsim.scenarios.errors import InputError

LEAD = "time,market,open,high,low,close"


def read(tmp_path: Path, volumes: str, *rows: str, repeat: bool = False) -> PriceRows:
    header = f"{LEAD},{volumes}"
    bars = [f"2025-10-10T21:0{n}:00Z,ABCUSDT,10,11,9,10,{row}" for n, row in enumerate(rows)]
    lines = [header, *bars[:2], *([header] if repeat else []), *bars[2:], ""]
    path = tmp_path / "p.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    return read_price_rows(path)


def volume_usd(found: PriceRows) -> list[float]:
    assert found.volume_usd is not None
    return found.volume_usd.tolist()


def test_an_empty_quote_volume_gives_way_to_the_volume_beside_it(tmp_path: Path) -> None:
    found = read(tmp_path, "quote_volume,volume", ",5", ",6", ",0")
    assert volume_usd(found) == [50.0, 60.0, 0.0]  # 5 and 6 coins at 10


def test_each_row_has_the_first_of_its_volumes(tmp_path: Path) -> None:
    found = read(tmp_path, "volume,volume_usd,quote_volume", "5,,77", "6,88,99", "7,,")
    assert volume_usd(found) == [77.0, 88.0, 70.0]


def test_a_row_without_any_volume_is_refused_by_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="line 3: quote_volume is empty, expected a volume"):
        read(tmp_path, "quote_volume,volume", ",5", ",", "7,")


def test_a_header_in_the_middle_is_left_out_and_told(tmp_path: Path) -> None:
    found = read(tmp_path, "volume_usd", "1", "2", "3", repeat=True)
    assert volume_usd(found) == [1.0, 2.0, 3.0]
    assert found.table.notes == ("1 lines that repeat the header were left out",)
