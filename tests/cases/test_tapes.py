"""The pages on price files: what is read of the file is the tape that the page says."""

import csv
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from crashsim.data import Tape, read_prices
from tests.cases.arithmetic import value_of, wrong_sums
from tests.cases.given import values_of
from tests.cases.page import FILE, Cells, Page, paths, read
from tests.reference.cases import START_MS

START = datetime.fromtimestamp(START_MS / 1000, UTC)
TAPES = [page for page in map(read, paths()) if page.rows(FILE)]
every_tape = pytest.mark.parametrize("page", TAPES, ids=lambda page: page.path.stem)


def _tape(page: Page, folder: Path) -> Tape:
    rows = page.rows(FILE)
    path = folder / "prices.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows({**row, "time": f"{START:%Y-%m-%d}T{row['time']}Z"} for row in rows)
    end = START + timedelta(seconds=value_of(page.rows("Tape")[-1]["second"]))
    return read_prices(path, end=end, **values_of(page.rows("Reading")))


def _agree(rows: list[Cells], tape: Tape) -> bool:
    market = tape.markets.index("BTC")
    seconds = (tape.time_ms - START_MS) / 1000
    found = np.column_stack((seconds, tape.mark[:, market], tape.volume_usd[:, market]))
    stated = [[value_of(row[name]) for name in ("second", "mark", "volume_usd")] for row in rows]
    return found.shape == np.shape(stated) and np.allclose(found, stated, rtol=1e-9, atol=0.0)


@every_tape
def test_a_file_is_read_as_its_page_says(page: Page, tmp_path: Path) -> None:
    assert _agree(page.rows("Tape"), _tape(page, tmp_path))


@every_tape
def test_another_number_of_a_tape_is_found(page: Page, tmp_path: Path) -> None:
    tape, rows = _tape(page, tmp_path), page.rows("Tape")
    for column in ("second", "mark", "volume_usd"):
        for place, row in enumerate(rows):
            changed = {**row, column: f"{row[column]} + 1"}
            assert not _agree([*rows[:place], changed, *rows[place + 1 :]], tape)


@every_tape
def test_the_arithmetic_of_a_page_on_files_is_right(page: Page) -> None:
    workings = [row["working"] for row in page.rows("Tape")]
    assert [wrong for working in workings for wrong in wrong_sums(working)] == []
    assert any("=" in working for working in workings)
