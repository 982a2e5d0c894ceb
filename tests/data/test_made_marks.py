from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from crashsim.data.schema import Tape
from crashsim.data.synthetic.anchors import MarketAnchors, read_anchors
from crashsim.data.synthetic.made_marks import mark_path, read_marks
from crashsim.data.synthetic.reconstruct import reconstruct_tape
from crashsim.scenarios.errors import InputError
from crashsim.scenarios.models.generate import Anchors

Write = Callable[[str, str], Path]
ANCHORS = Anchors()
assert ANCHORS.mark_path is not None
MARKS = read_marks(ANCHORS.mark_path)
MARKETS = {facts.market: facts for facts in read_anchors(ANCHORS.path)}
SHARED = Path(__file__).parents[2].parent / "shared" / "data" / "oct11"


def ms(hour: int, minute: int) -> int:
    return int(datetime(2025, 10, 10, hour, minute, tzinfo=UTC).timestamp() * 1000)


@pytest.fixture(scope="module", params=[20251010, 3])
def tape(request: pytest.FixtureRequest) -> Tape:
    steps = np.arange(ms(20, 45), ms(22, 0) + 1, 1000, dtype=np.int64)
    return reconstruct_tape(ANCHORS, steps, request.param, 1.0)


def both(tape: Tape, market: str) -> tuple[np.ndarray, np.ndarray]:
    column = tape.markets.index(market)
    assert tape.last is not None
    return tape.mark[:, column], tape.last[:, column]


def test_every_recorded_low_of_the_mark_is_reached_at_the_low_of_last(tape: Tape) -> None:
    assert len(MARKS.by_market) == 35
    for market, own in MARKS.by_market.items():
        mark, last = both(tape, market)
        hour = tape.time_ms >= ms(21, 0)
        assert mark[hour].min() == own.low_price[ms(21, 0)], market
        assert mark[np.argmin(last)] == own.low_price[ms(21, 0)], market


def test_the_mark_meets_the_recorded_distance_at_whole_hours(tape: Tape) -> None:
    for market, own in MARKS.by_market.items():
        mark, last = both(tape, market)
        at = np.searchsorted(tape.time_ms, [ms(21, 0), ms(22, 0)])
        expected = own.basis[np.searchsorted(own.time_ms, [ms(21, 0), ms(22, 0)])]
        assert np.allclose(np.log(mark[at] / last[at]), expected, atol=1e-9), market


def test_without_a_recorded_mark_it_falls_by_the_median_part_of_last(tape: Tape) -> None:
    others = [market for market in tape.markets if market not in MARKS.by_market]
    assert len(others) == 71
    for market in others:
        mark, facts = both(tape, market)[0], MARKETS[market]
        fall = np.log(facts.hour_price / mark.min())
        assert fall == pytest.approx(MARKS.fall_ratio * facts.fall), market


def test_btc_as_published(tape: Tape) -> None:
    mark, last = both(tape, "BTCUSDT")
    assert last.min() == 101_516.5
    assert mark.min() == pytest.approx(101_877.69, abs=0.01)


def test_the_median_and_some_ratios_of_the_falls() -> None:
    """The log fall of mark over that of last, as stated where the figures were published."""
    stated = {"BTCUSDT": 0.974, "ETHUSDT": 0.937, "SOLUSDT": 0.942, "BNBUSDT": 0.868}
    rows = pl.read_csv(ANCHORS.mark_path, comment_prefix="#")
    hour = rows.filter(pl.col("time").str.contains("T21"))
    for market, ratio in stated.items():
        row = hour.row(by_predicate=pl.col("market") == market, named=True)
        falls = [np.log(row[f"{k}_open"] / row[f"{k}_low"]) for k in ("mark", "last")]
        assert falls[0] / falls[1] == pytest.approx(ratio, abs=0.001)
    assert pytest.approx(0.984, abs=0.001) == MARKS.fall_ratio


HOUR = 3_600_000
ROWS = """time, market, mark_open, mark_low, mark_close, last_open, last_low, last_close
2025-10-10T21:00:00Z, A, 101, 61, 90, 100, 60, 90"""


def test_a_mark_by_hand(write: Write) -> None:
    """Last 100, 60, 90; mark 1 % above it at first, at 61 at the low and level at the end."""
    marks = read_marks(write("marks.csv", ROWS))
    first = ms(21, 0)
    times = np.array([first, first + HOUR // 2, first + HOUR])
    facts = MarketAnchors("A", times[[0, 2]], np.array([100.0, 90.0]), 60.0, first, HOUR)
    mark = mark_path(np.array([100.0, 60.0, 90.0]), times, facts, marks)
    assert mark.tolist() == pytest.approx([101.0, 61.0, 90.0])
    assert marks.fall_ratio == pytest.approx(np.log(101 / 61) / np.log(100 / 60))


def test_the_mark_of_an_unknown_market_by_hand(write: Write) -> None:
    marks = read_marks(write("marks.csv", ROWS))
    first = ms(21, 0)
    times = np.array([first, first + HOUR // 2, first + HOUR])
    facts = MarketAnchors("B", times[[0, 2]], np.array([100.0, 100.0]), 50.0, first, HOUR)
    mark = mark_path(np.array([100.0, 50.0, 100.0]), times, facts, marks)
    assert mark.tolist() == pytest.approx([100.0, 100 * 0.5**marks.fall_ratio, 100.0])


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("101, 61", "101, 0", r"row 1 \(A\): mark_low is 0.0, expected a price above 0"),
        ("101, 61", "101, low", "mark_low is None, expected a finite number"),
        ("T21:00", "T21:30", "expected the start of an hour"),
        ("last_close", "last", "no column last_close"),
        ("100, 60, 90", "60, 60, 60", "no hour in which mark and last fell"),
    ],
)
def test_wrong_marks_are_refused_by_row_and_value(
    write: Write, old: str, new: str, message: str
) -> None:
    path = write("marks.csv", ROWS.replace(old, new))
    with pytest.raises(InputError, match=message) as caught:
        read_marks(path)
    assert str(path) in str(caught.value)


@pytest.mark.skipif(not SHARED.is_dir(), reason="needs the recorded figures beside the repository")
def test_bundled_marks_are_those_of_the_published_list() -> None:
    published = pl.read_csv(SHARED / "binance_usdtm_mark_and_last_1h.csv")
    bundled = pl.read_csv(ANCHORS.mark_path, comment_prefix="#")
    key = ["market", "time"]
    assert bundled.sort(key).equals(published.select(bundled.columns).sort(key))
