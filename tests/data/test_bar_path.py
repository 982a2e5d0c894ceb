from collections.abc import Callable
from datetime import UTC, datetime
from math import sqrt
from pathlib import Path

import numpy as np
import pytest

from crashsim.data import Tape, read_prices
from crashsim.scenarios.errors import InputError

Write = Callable[[str, str], Path]
HEADER = "time, market, open, high, low, close, volume_usd\n"


def _at(minute: int, second: int = 0) -> datetime:
    return datetime(2025, 10, 10, 21, minute, second, tzinfo=UTC)


def _bars(*rows: str, header: str = HEADER) -> str:
    return header + "\n".join(f"2025-10-10T{row}" for row in rows)


def _only(tape: Tape, field: str = "mark") -> list[float]:
    assert tape.markets == ("X",)
    return list(getattr(tape, field)[:, 0])


# Sixty seconds in steps of ten: knots at steps 0 (open), 2 (a third), 4 (two thirds), 5 (close).
def test_a_rising_bar_goes_from_open_to_low_to_high_to_close(write: Write) -> None:
    path = write("b.csv", _bars("21:00Z,X,4,16,1,9,60", "21:01Z,X,9,9,9,9,0"))
    tape = read_prices(path, end=_at(1), step="10s")
    # Between knots the geometric mean: sqrt(4 * 1) and sqrt(1 * 16).
    assert _only(tape) == pytest.approx([4, 2, 1, 4, 16, 9, 9])
    assert _only(tape, "volume_usd") == pytest.approx([10, 10, 10, 10, 10, 10, 0])


def test_a_falling_bar_goes_from_open_to_high_to_low_to_close(write: Write) -> None:
    path = write("b.csv", _bars("21:00Z,X,9,16,1,4,60", "21:01Z,X,4,4,4,4,0"))
    tape = read_prices(path, end=_at(1), step="10s")
    assert _only(tape) == pytest.approx([9, 12, 16, 4, 1, 4, 4])


def test_a_bar_that_closes_where_it_opened_counts_as_rising(write: Write) -> None:
    path = write("b.csv", _bars("21:00Z,X,4,16,1,4,60", "21:01Z,X,4,4,4,4,0"))
    assert _only(read_prices(path, end=_at(1), step="10s"))[2:5:2] == [1, 16]


def test_on_one_second_steps_the_knots_of_a_minute_are_at_0_20_40_and_59_exactly(
    write: Write,
) -> None:
    path = write("b.csv", _bars("21:00Z,X,100,103.7,91.3,101.1,60", "21:01Z,X,101,101,101,101,6"))
    mark = _only(read_prices(path, end=_at(1, 30), step="1s"))
    assert [mark[k] for k in (0, 20, 40, 59, 60)] == [100, 91.3, 103.7, 101.1, 101]
    assert mark[10] == pytest.approx(sqrt(100 * 91.3))
    assert mark[30] == pytest.approx(sqrt(91.3 * 103.7))
    assert min(mark) == 91.3
    assert max(mark) == 103.7


def test_extremes_go_to_the_nearest_later_step(write: Write) -> None:
    # A third of 60 s is 20 s and two thirds are 40 s: on steps of 7 s that is 21 s and 42 s.
    path = write("b.csv", _bars("21:00Z,X,4,16,1,9,60", "21:01Z,X,9,9,9,9,0"))
    mark = _only(read_prices(path, end=_at(0, 59), step="7s"))
    assert len(mark) == 9
    assert [mark[k] for k in (0, 3, 6, 8)] == [4, 1, 16, 9]


def test_a_step_as_long_as_the_bar_has_the_close_since_later_knots_count(write: Write) -> None:
    path = write("b.csv", _bars("21:00Z,X,4,16,1,9,60", "21:01Z,X,9,9,2,3,30"))
    tape = read_prices(path, end=_at(2), step="1m")
    assert _only(tape) == [9, 3, 3]
    assert _only(tape, "volume_usd") == [60, 30, 0]


def test_steps_longer_than_the_bar_sum_the_volume_of_the_bars_passed_by(write: Write) -> None:
    rows = [f"21:{m:02d}Z,X,{m + 1},{m + 1},{m + 1},{m + 1},{10 + m}" for m in range(6)]
    tape = read_prices(write("b.csv", _bars(*rows)), end=_at(6), step="2m")
    assert _only(tape, "volume_usd") == [10, 11 + 12, 13 + 14, 15]
    # 21:06 lies after the last bar and knows its close, though no step lay in that bar.
    assert _only(tape) == [1, 3, 5, 6]


def test_a_bar_that_begins_before_the_window_counts_with_the_part_inside(write: Write) -> None:
    path = write("b.csv", _bars("21:00Z,X,4,16,1,9,60", "21:01Z,X,9,9,9,9,0"))
    whole = read_prices(path, end=_at(1), step="10s")
    late = read_prices(path, start=_at(0, 20), end=_at(1), step="10s")
    assert _only(late) == _only(whole)[2:]
    assert _only(late, "volume_usd") == _only(whole, "volume_usd")[2:]


def test_a_bar_that_ends_after_the_window_counts_with_the_part_inside(write: Write) -> None:
    path = write("b.csv", _bars("21:00Z,X,4,16,1,9,60", "21:01Z,X,9,9,9,9,0"))
    early = read_prices(path, end=_at(0, 30), step="10s")
    assert _only(early) == pytest.approx([4, 2, 1, 4])
    assert _only(early, "volume_usd") == [10, 10, 10, 10]


def test_in_a_gap_and_after_the_last_bar_the_close_is_carried_without_volume(write: Write) -> None:
    path = write("b.csv", _bars("21:00Z,X,4,4,4,4,6", "21:01Z,X,5,5,5,5,6", "21:03Z,X,7,7,7,7,6"))
    tape = read_prices(path, end=_at(5), step="30s")
    assert _only(tape) == [4, 4, 5, 5, 5, 5, 7, 7, 7, 7, 7]
    assert _only(tape, "volume_usd") == [3, 3, 3, 3, 0, 0, 3, 3, 0, 0, 0]


def test_the_last_bar_before_the_window_is_known_where_the_window_starts_in_a_gap(
    write: Write,
) -> None:
    path = write("b.csv", _bars("21:00Z,X,4,4,4,4,6", "21:01Z,X,5,6,5,6,6", "21:05Z,X,7,7,7,7,6"))
    tape = read_prices(path, start=_at(3), end=_at(5), step="1m")
    assert _only(tape) == [6, 6, 7]


def test_bars_off_the_grid_open_at_their_first_step(write: Write) -> None:
    path = write("b.csv", _bars("21:00:03Z,X,4,16,1,9,60", "21:01:03Z,X,9,9,9,9,0"))
    mark = _only(read_prices(path, start=_at(0), end=_at(1, 10), step="10s"))
    # Steps 10..60 s lie in the bar; the thirds, at 23 s and 43 s, fall to 30 s and 50 s.
    assert np.isnan(mark[0])
    assert mark[1:] == pytest.approx([4, 2, 1, 4, 16, 9, 9])


def test_a_file_may_state_the_length_of_each_markets_bars(write: Write) -> None:
    rows = (
        "21:00Z,A,1,1,1,1,60,60",
        "21:01Z,A,1,1,1,1,60,60",
        "21:00Z,B,1,1,1,1,60,120",
        "21:02Z,B,1,1,1,1,60,120",
    )
    path = write("b.csv", _bars(*rows, header=HEADER.replace("\n", ",interval_s\n")))
    tape = read_prices(path, end=_at(1, 59), step="1s")
    assert tape.volume_usd[:, 0] == pytest.approx(np.ones(120))
    assert tape.volume_usd[:, 1] == pytest.approx(np.full(120, 0.5))


@pytest.mark.parametrize(
    ("header", "cells", "expected"),
    [
        ("volume", "3", 27),
        ("quote_volume", "12", 12),
        ("quote_volume,volume", "12,3", 12),
        ("volume,volume_usd,quote_volume", "3,5,12", 5),
    ],
)
def test_volume_of_bars_is_in_quote_or_base_times_close(
    write: Write, header: str, cells: str, expected: float
) -> None:
    text = f"time,market,open,high,low,close,{header}\n" + "\n".join(
        f"2025-10-10T21:0{m}Z,X,4,16,1,9,{cells}" for m in range(2)
    )
    tape = read_prices(write("b.csv", text), end=_at(0, 59), step="1s")
    assert tape.volume_usd.sum() == pytest.approx(expected)


def test_bars_are_last_prices_unless_they_say_otherwise(write: Write) -> None:
    path = write("b.csv", _bars("21:00Z,X,4,16,1,9,60", "21:01Z,X,9,9,9,9,0"))
    assert read_prices(path, step="1s").origins["X"].price_kind == "last"
    assert read_prices(path, step="1s", price_kind="mark").origins["X"].price_kind == "mark"


def test_by_default_the_window_of_bars_ends_with_the_last_bar(write: Write) -> None:
    path = write("b.csv", _bars("21:00Z,X,4,16,1,9,60", "21:01Z,X,9,9,9,9,0"))
    assert len(read_prices(path, step="10s").time_ms) == 12


@pytest.mark.parametrize(
    ("rows", "step", "message"),
    [
        (["21:00Z,X,4,16,1,9,60", "21:01Z,X,9,9,9,9,0"], "native", "holds bars, which need a step"),
        (["21:00Z,X,4,16,1,9,60"], "1s", "the length of its bars cannot be seen"),
        (["21:00Z,X,4,3,1,2,60"], "1s", r'line 2: high is "3", expected the largest price'),
        (["21:00Z,X,4,5,3,2,60"], "1s", r'line 2: low is "3", expected the smallest price'),
        (["21:00Z,X,4,5,0,4,60"], "1s", r'line 2: low is "0", expected a price above 0'),
    ],
)
def test_unfit_bars_are_refused(write: Write, rows: list[str], step: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_prices(write("b.csv", _bars(*rows)), step=step)
