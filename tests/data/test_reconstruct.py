from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from crashsim.data.schema import Tape
from crashsim.data.synthetic.anchors import MarketAnchors, read_anchors, read_window_volume
from crashsim.data.synthetic.reconstruct import reconstruct_tape
from crashsim.scenarios.errors import InputError
from crashsim.scenarios.models.generate import Anchors

Write = Callable[[str, str], Path]
ANCHORS = Anchors()
MARKETS = read_anchors(ANCHORS.path)
RECORDED = Path(__file__).parents[2].parent / "shared" / "data" / "oct11"


def ms(hour: int, minute: int, second: int = 0) -> int:
    return int(datetime(2025, 10, 10, hour, minute, second, tzinfo=UTC).timestamp() * 1000)


def grid(step_s: int, first: int = ms(20, 45), last: int = ms(22, 0)) -> NDArray[np.int64]:
    return np.arange(first, last + 1, step_s * 1000, dtype=np.int64)


def tape_of(seed: int = 20251010, step_s: int = 1) -> Tape:
    return reconstruct_tape(ANCHORS, grid(step_s), seed, 0.1)


@pytest.fixture(scope="module")
def tape() -> Tape:
    return tape_of()


@pytest.fixture(scope="module", params=[20251010, 0, 7])
def seeded(request: pytest.FixtureRequest) -> Tape:
    return tape_of(request.param)


def column(tape: Tape, facts: MarketAnchors) -> NDArray[np.float64]:
    assert tape.last is not None
    return np.asarray(tape.last[:, tape.markets.index(facts.market)])


def test_the_tape_is_the_whole_night_of_106_markets(tape: Tape) -> None:
    assert tape.mark.shape == tape.volume_usd.shape == tape.funding_rate.shape == (4501, 106)
    assert list(tape.markets) == sorted(tape.markets)
    assert {"BTCUSDT", "ETHUSDT", "SOLUSDT"} < set(tape.markets)
    assert np.isfinite(tape.mark).all() and (tape.mark > 0).all()
    assert not tape.funding_rate.any()
    kinds = {(origin.price_kind, origin.provenance) for origin in tape.origins.values()}
    assert kinds == {("mark (reconstructed)", "reconstructed")}
    assert set(tape.origins) == set(tape.markets)


def test_the_path_goes_through_every_anchor_exactly(seeded: Tape) -> None:
    checked = 0
    for facts in MARKETS:
        on_grid = np.isin(facts.time_ms, seeded.time_ms)
        at = np.searchsorted(seeded.time_ms, facts.time_ms[on_grid])
        assert column(seeded, facts)[at].tolist() == facts.price[on_grid].tolist()
        checked += at.size
    by_the_hour, a_few, five_minutes, minutes = 86 * 2, 2 * 7, 11 * 16, 7 * 52 - 1
    assert checked == by_the_hour + a_few + five_minutes + minutes  # TRX has none at 20:45


def test_the_path_also_meets_the_anchors_outside_the_window() -> None:
    tape = reconstruct_tape(ANCHORS, grid(60, ms(20, 0), ms(24 - 1, 59, 0)), 1, 1.0)
    late = reconstruct_tape(ANCHORS, np.array([ms(23, 0), ms(23, 0) + 3_600_000]), 1, 1.0)
    for facts in MARKETS:
        assert column(tape, facts)[0] == facts.price[0]
        assert column(late, facts).tolist() == facts.price[-2:].tolist()


def test_no_price_is_below_the_low_of_the_hour_and_the_low_is_reached(seeded: Tape) -> None:
    for facts in MARKETS:
        assert column(seeded, facts).min() == facts.low_price


def test_each_low_is_in_the_bar_that_holds_it(seeded: Tape) -> None:
    for facts in MARKETS:
        if facts.fall == 0:
            continue  # a halted market has one price all night
        when = seeded.time_ms[np.flatnonzero(column(seeded, facts) == facts.low_price)]
        first, last = facts.low_bar_ms, facts.low_bar_ms + facts.low_bar_len_ms - 1
        if not facts.is_resolved:
            first, last = ms(21, 15), ms(21, 25)
        assert first <= when.min() and when.max() <= last, facts.market


@pytest.mark.parametrize("step_s", [7, 60])
def test_a_coarser_grid_reads_the_same_path_and_keeps_the_volume(tape: Tape, step_s: int) -> None:
    coarse = tape_of(step_s=step_s)
    at = np.searchsorted(tape.time_ms, coarse.time_ms)
    assert np.array_equal(coarse.mark, tape.mark[at])
    ends = at[1:] + 1
    summed = [tape.volume_usd[a:b].sum(axis=0) for a, b in zip(ends - step_s, ends, strict=True)]
    assert np.allclose(coarse.volume_usd[1:], summed, rtol=1e-9, atol=1e-6)


def test_a_shorter_window_reads_the_same_path(tape: Tape) -> None:
    part = reconstruct_tape(ANCHORS, grid(1, ms(21, 10), ms(21, 12)), 20251010, 0.1)
    at = np.searchsorted(tape.time_ms, part.time_ms)
    assert np.array_equal(part.mark, tape.mark[at])


def test_the_volume_of_the_window_is_the_published_one_times_the_scale(tape: Tape) -> None:
    volumes = read_window_volume(ANCHORS.volume_path)
    within = (tape.time_ms > ms(21, 9)) & (tape.time_ms <= ms(22, 0))
    traded = tape.volume_usd[within].sum(axis=0)
    published = np.array([volumes[market].volume_usd for market in tape.markets])
    assert np.allclose(traded, 0.1 * published, rtol=1e-9)
    assert (tape.volume_usd >= 0).all() and not tape.volume_usd[0].any()


def test_most_volume_trades_around_the_fall(tape: Tape) -> None:
    total = tape.volume_usd.sum(axis=1)
    rate = {
        name: total[(tape.time_ms > first) & (tape.time_ms <= last)].mean()
        for name, first, last in (
            ("quiet", ms(20, 45), ms(20, 48)),
            ("fall", ms(21, 15), ms(21, 21)),
            ("after", ms(21, 45), ms(22, 0)),
        )
    }
    assert rate["fall"] > 3 * rate["after"] > 3 * rate["quiet"] > 0


def test_markets_move_together(tape: Tape) -> None:
    moving = [i for i, facts in enumerate(MARKETS) if facts.fall > 0]
    returns = np.diff(np.log(tape.mark[::60, moving]), axis=0)
    common = np.median(returns, axis=1)
    correlations = [np.corrcoef(common, column)[0, 1] for column in returns.T]
    assert np.median(correlations) > 0.8
    assert np.min(correlations) < 0.99  # each has a noise of its own


def test_the_seed_decides_the_path_and_nothing_else(tape: Tape) -> None:
    again, other = tape_of(), tape_of(seed=1)
    assert again.mark.tobytes() == tape.mark.tobytes()
    assert again.volume_usd.tobytes() == tape.volume_usd.tobytes()
    assert (other.mark != tape.mark).mean() > 0.9


def test_the_scale_of_volume_leaves_prices_alone(tape: Tape) -> None:
    doubled = reconstruct_tape(ANCHORS, tape.time_ms, 20251010, 0.2)
    assert np.array_equal(doubled.mark, tape.mark)
    assert np.allclose(doubled.volume_usd, 2 * tape.volume_usd, rtol=1e-12)


def test_a_window_beyond_the_anchors_is_refused() -> None:
    with pytest.raises(
        InputError,
        match=r"cover 2025-10-10T20:00:00Z to 2025-10-11T00:00:00Z, found a window from "
        r"2025-10-10T19:00:00Z",
    ):
        reconstruct_tape(ANCHORS, grid(60, ms(19, 0)), 1, 1.0)


GOOD = """
    # a source line
    market, time,                 price, kind,  resolution
    AUSDT,  2025-10-10T20:00:00Z, 10,    price, 5m
    AUSDT,  2025-10-10T21:00:00Z, 9,     price, 5m
    AUSDT,  2025-10-10T21:20:00Z, 5,     low,   5m
    AUSDT,  2025-10-10T22:00:00Z, 8,     price, 5m
"""


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "10,    price, 5m",
            "-10, price, 5m",
            r"row 1 \(AUSDT\): price is -10.0, expected a price",
        ),
        ("10,    price, 5m", "ten, price, 5m", "price is None, expected a finite number"),
        ("5,     low", "5, least", 'kind is \'least\', expected "price" or "low"'),
        ("5,     low,   5m", "5, low, 2m", "resolution is '2m', expected one of"),
        ("5,     low", "8.5, low", "AUSDT has a price below its low 8.5"),
        ("5,     low", "5, price", "AUSDT has 0 low rows, expected one"),
        ("2025-10-10T21:00:00Z", "2025-10-10T20:30:00Z", "no price at the start of the hour"),
        ("2025-10-10T21:00:00Z", "2025-10-10T20:00:00Z", "one row a market, time and kind"),
        ("2025-10-10T20:00:00Z", "tea time", "expected a time such as"),
        ("resolution", "detail", "no column resolution"),
    ],
)
def test_a_wrong_anchor_is_refused_by_row_and_value(
    write: Write, old: str, new: str, message: str
) -> None:
    path = write("anchors.csv", GOOD.replace(old, new, 1))
    with pytest.raises(InputError, match=message) as caught:
        read_anchors(path)
    assert str(path) in str(caught.value)


def test_the_readers_own_anchors_make_a_tape(write: Write) -> None:
    anchors = Anchors(
        path=write("anchors.csv", GOOD),
        volume_path=write(
            "volume.csv",
            """market, start, end, volume_usd
            AUSDT, 2025-10-10T21:00:00Z, 2025-10-10T22:00:00Z, 3600""",
        ),
    )
    tape = reconstruct_tape(anchors, grid(1, ms(20, 0)), 3, 1.0)
    assert tape.mark[0, 0] == 10 and tape.mark[-1, 0] == 8 and tape.mark.min() == 5
    assert tape.volume_usd[3601:].sum() == pytest.approx(3600)


def test_a_market_without_a_volume_is_refused(write: Write) -> None:
    volume = write("volume.csv", "market, start, end, volume_usd")
    with pytest.raises(InputError, match="no volume for 1000BONKUSDT, "):
        reconstruct_tape(Anchors(volume_path=volume), grid(60), 1, 1.0)


@pytest.mark.skipif(not RECORDED.is_dir(), reason="needs the recorded bars beside the repository")
def test_bundled_figures_are_those_of_the_published_list() -> None:
    lists = [pl.read_csv(RECORDED / f"price_anchors{more}.csv") for more in ("", "_more")]
    published = pl.concat(lists).filter(~pl.col("market").is_in(["GIGGLEUSDT", "MONUSDT"]))
    finer = lists[1].filter(kind="low")["market"].implode()
    coarse_low = (pl.col("kind") == "low") & (pl.col("resolution") == "1h")
    published = published.filter(~(coarse_low & pl.col("market").is_in(finer)))
    stamp = pl.col("time").str.slice(0, 19)
    columns = ["market", "time", "price", "kind"]
    bundled = pl.read_csv(ANCHORS.path, comment_prefix="#").with_columns(stamp)
    expected = published.with_columns(stamp).select(columns).unique().sort(columns)
    assert bundled.select(columns).sort(columns).equals(expected)


@pytest.mark.skipif(not RECORDED.is_dir(), reason="needs the recorded bars beside the repository")
@pytest.mark.parametrize("market", ["BTCUSDT", "ETHUSDT", "SOLUSDT", "INJUSDT", "OPUSDT"])
def test_the_path_stays_near_the_recorded_five_minute_bars(tape: Tape, market: str) -> None:
    bars = pl.read_parquet(RECORDED / "binance_usdtm_5m.parquet").filter(market=market)
    first_ms = bars["ts"].dt.timestamp("ms").to_numpy()
    within = (first_ms >= tape.time_ms[0]) & (first_ms < tape.time_ms[-1])
    assert tape.last is not None
    path = tape.last[:-1, tape.markets.index(market)].reshape(-1, 300)
    recorded = bars["close"].to_numpy()[within]
    fall = np.log(recorded.max() / bars["low"].to_numpy()[within].min())
    miss = np.abs(np.log(path[:, -1] / recorded))
    assert np.median(miss) < 0.1 * fall
    width = np.log(path.max(axis=1) / path.min(axis=1))
    real = np.log(bars["high"].to_numpy()[within] / bars["low"].to_numpy()[within])
    assert 0.3 < np.median(width / real) < 2.0
