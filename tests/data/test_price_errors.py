from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from crashsim.data import read_prices
from crashsim.scenarios.errors import InputError

Write = Callable[[str, str], Path]
HEADER = "time,market,mark,volume_usd"
GOOD = "2025-10-10T21:00Z,X,1,0"


def _message(path: Path, **settings: object) -> str:
    with pytest.raises(InputError) as caught:
        read_prices(path, **settings)  # type: ignore[arg-type]
    return str(caught.value).replace(f"{path.parent}/", "")


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("2025-10-10T21:01Z,X,0,0", 'mark is "0", expected a price above 0 (USD per unit of base)'),
        ("2025-10-10T21:01Z,X,-1,0", 'mark is "-1", expected a price above 0'),
        ("2025-10-10T21:01Z,X,NaN,0", 'mark is "NaN", expected a price above 0'),
        ("2025-10-10T21:01Z,X,inf,0", 'mark is "inf", expected a price above 0'),
        ("2025-10-10T21:01Z,X,1e308,0", 'mark is "1e308", expected a number of at most 1e+30'),
        ("2025-10-10T21:01Z,X,,0", "mark is empty, expected a price above 0"),
        ("2025-10-10T21:01Z,X,cheap,0", 'mark is "cheap", expected a price above 0'),
        ("2025-10-10T21:01Z,X,1,-3", 'volume_usd is "-3", expected a volume of at least 0'),
        ("2025-10-10T21:01Z,X,1,", "volume_usd is empty, expected a volume of at least 0"),
        ("2025-10-10T21:01Z,,1,0", "market is empty, expected text"),
        ("10.10.2025 21:01,X,1,0", 'time is "10.10.2025 21:01", expected an ISO time such as'),
        ("2025-10-32T21:01Z,X,1,0", 'time is "2025-10-32T21:01Z", expected an ISO time'),
        ("1760130060000,X,1,0", 'time is "1760130060000", expected an ISO time'),
        (",X,1,0", "time is empty, expected an ISO time"),
        (
            "2025-10-10T23:00+02:00,X,1,0",
            "(time, market) is (2025-10-10 21:00:00, X) as in line 2 already, expected once",
        ),
    ],
)
def test_an_unfit_row_is_named_by_file_line_and_value(write: Write, row: str, message: str) -> None:
    found = _message(write("p.csv", f"{HEADER}\n{GOOD}\n{row}"))
    assert found.startswith("p.csv, line 3: ")
    assert message in found
    assert "\n" not in found


def test_lines_are_counted_as_in_an_editor_also_past_blank_ones(write: Write) -> None:
    found = _message(write("p.csv", f"{HEADER}\n{GOOD}\n\n2025-10-10T21:01Z,X,0,0"))
    assert found.startswith("p.csv, line 4: mark")


def test_rows_of_parquet_are_counted_from_one(tmp_path: Path) -> None:
    path = tmp_path / "p.parquet"
    times = [datetime(2025, 10, 10, 21, m, tzinfo=UTC) for m in range(2)]
    frame = pl.DataFrame({"time": times, "market": "X", "mark": [1.0, None], "volume_usd": 0.0})
    frame.write_parquet(path)
    assert _message(path).startswith("p.parquet, row 2: mark is empty")


def test_five_rows_are_shown_and_the_others_counted(write: Write) -> None:
    rows = "\n".join(f"2025-10-10T21:{m:02d}Z,X,-{m},0" for m in range(1, 9))
    lines = _message(write("p.csv", f"{HEADER}\n{rows}")).split("\n")
    assert len(lines) == 6
    assert (
        lines[4] == 'p.csv, line 6: mark is "-5", expected a price above 0 (USD per unit of base)'
    )
    assert lines[5] == "p.csv: ... and 3 more lines"


def test_all_kinds_of_problems_of_a_file_are_said_at_once(write: Write) -> None:
    found = _message(write("p.csv", f"{HEADER}\nsoon,X,1,0\n2025-10-10T21:00Z,X,-1,-2"))
    assert [line.split(" is ")[0] for line in found.split("\n")] == [
        "p.csv, line 2: time",
        "p.csv, line 3: mark",
        "p.csv, line 3: volume_usd",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "time,market,volume_usd\nx,y,1",
            "has no column mark (columns found: time, market, volume",
        ),
        ("market,mark,volume_usd\ny,1,1", "has no column time "),
        ("time;market;mark\nx;y;1", 'time is "x", expected an ISO time'),
        ("time,ts,market,mark\nx,x,y,1", "has both columns time and ts"),
        ("time,market,mark,mark\nx,y,1,1", "has the column mark twice"),
        ("time,market,open,high,low\nx,y,1,1,1", "has no column close"),
        ("time,market,mark,open,high,low,close\nx,y,1,1,1,1,1", "expected marks or bars, not both"),
        (HEADER, "has no data rows"),
        (f"{HEADER}\n{GOOD},9", "line 2 has 5 fields, the header has 4"),
        (
            f"{HEADER},fundingrate\n{GOOD},0",
            "unknown column fundingrate, did you mean funding_rate?",
        ),
        (
            "time,market,mark\n2025-10-10T21:00Z,X,1",
            "has no volume for X, expected a column volume_usd",
        ),
        (f"{HEADER},price_kind\n{GOOD},bid", 'price_kind is "bid", expected mark, index or last'),
        (
            f"{HEADER},price_kind\n{GOOD},mark\n2025-10-10T21:01Z,X,1,0,last",
            "market X has more than one price_kind",
        ),
        (f"{HEADER},funding_rate\n{GOOD},nan", 'funding_rate is "nan", expected a rate'),
    ],
)
def test_an_unfit_file_is_refused_with_what_it_needs(write: Write, text: str, message: str) -> None:
    assert message in _message(write("p.csv", text))


def test_unrelated_columns_of_a_price_file_do_not_matter(write: Write) -> None:
    path = write("p.csv", f"{HEADER},taker_buy_volume,venue\n{GOOD},1,binance")
    assert read_prices(path).mark[0, 0] == 1


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty, expected a header line"),
        (b"PAR1 and nothing more", "not a readable Parquet file"),
        (b"PK\x03\x04\x00\x00", "not a whole zip archive"),
        (b"time,market,mark\n\xff\xfe,X,1\n", "p.csv: is not UTF-8 text; save it as UTF-8"),
    ],
)
def test_an_unreadable_file_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "p.csv"
    path.write_bytes(content)
    assert message in _message(path)


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    assert _message(tmp_path / "no.csv") == "no.csv: cannot be read: No such file or directory"
    (tmp_path / "folder").mkdir()
    assert _message(tmp_path / "folder") == "folder: cannot be read: Is a directory"


@pytest.mark.parametrize("step", ["native", "1m"])
def test_a_file_of_another_day_is_refused(write: Write, step: str) -> None:
    day = datetime(2025, 10, 12, tzinfo=UTC)
    found = _message(write("p.csv", f"{HEADER}\n{GOOD}"), start=day, end=day, step=step)
    assert found == (
        "p.csv: has no row in the window 2025-10-12T00:00:00Z to 2025-10-12T00:00:00Z; "
        "its rows go from 2025-10-10T21:00:00Z to 2025-10-10T21:00:00Z"
    )


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"step": "fast"}, 'step is "fast", expected "native" or a duration'),
        ({"step": "0s"}, 'step is "0s", expected "native" or a duration'),
        ({"price_kind": "bid"}, 'price_kind is "bid", expected mark, index, last or none'),
        ({"end": datetime(2025, 10, 9, tzinfo=UTC)}, "before it starts"),
        (
            {"start": datetime(2015, 10, 10, 21, tzinfo=UTC), "step": "1s"},
            "has 315,619,201 steps of 1 s, expected at most 10,000,000: is the year right?",
        ),
    ],
)
def test_unfit_settings_are_refused(write: Write, settings: dict[str, str], message: str) -> None:
    assert message in _message(write("p.csv", f"{HEADER}\n{GOOD}"), **settings)
