import dataclasses
import hashlib
import math
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from crashsim.data.schema import ACCOUNT_COLUMNS, POSITION_COLUMNS, Book, MarketOrigin, Tape
from crashsim.data.synthetic.anchors import read_window_volume
from crashsim.data.synthetic.population import generate_book
from crashsim.scenarios.errors import InputError
from crashsim.scenarios.files.loading import load, load_venue
from crashsim.scenarios.models.generate import Population
from crashsim.scenarios.models.margin_tables import TierTable
from crashsim.scenarios.models.venue import Venue

STATED = load("oct11").book.generate or Population(open_interest_usd=1.0)
NIGHT = STATED.model_copy(update={"markets": (), "market_shares": {}})  # of any venue
ROOT = Path(__file__).parents[2]


VOLUMES = read_window_volume(NIGHT.volume_path)
HALTED = "FTTUSDT"


def flat_tape() -> Tape:
    """Thirty markets at constant prices; in one of them nobody traded that night."""
    some = [name for name in VOLUMES if name not in ("RAYUSDT", "WAVESUSDT")][::4]
    markets = tuple(sorted({*some, "BTCUSDT", "ETHUSDT", "SOLUSDT", HALTED}))
    time_ms = np.arange(3, dtype=np.int64) * 1000 + 1_760_129_100_000
    still = np.zeros((3, len(markets)))
    return Tape(
        time_ms=time_ms,
        markets=markets,
        mark=np.tile(np.geomspace(1e-4, 1e5, len(markets)), (3, 1)),
        volume_usd=still,
        funding_rate=still,
        origins={name: MarketOrigin("last", "reconstructed", "test") for name in markets},
    )


TAPE = flat_tape()


def book_of(seed: int = 1, **changes: object) -> Book:
    return generate_book(NIGHT.model_copy(update=changes), TAPE, seed)


@pytest.fixture(scope="module")
def book() -> Book:
    return book_of()


def positions_of(book: Book) -> pl.DataFrame:
    marks = pl.DataFrame({"market": TAPE.markets, "mark": TAPE.mark[0]})
    usd = pl.col("size") * pl.col("mark")
    return book.positions.join(marks, on="market", maintain_order="left").with_columns(
        usd=usd, upnl=pl.col("size") * (pl.col("mark") - pl.col("entry_price"))
    )


def units_of(book: Book) -> pl.DataFrame:
    """Cross units with gross, net and equity in USD."""
    return (
        positions_of(book)
        .filter(margin_mode="cross")
        .group_by("account")
        .agg(
            gross=pl.col("usd").abs().sum(),
            net=pl.col("usd").sum(),
            upnl=pl.col("upnl").sum(),
            has_both=pl.col("size").sign().n_unique() > 1,
        )
        .join(book.accounts, on="account")
        .with_columns(equity=pl.col("cash") + pl.col("upnl"))
        .sort("account")
    )


def test_the_frames_are_those_of_the_contract(book: Book) -> None:
    assert dict(book.accounts.schema) == dict(ACCOUNT_COLUMNS)
    assert dict(book.positions.schema) == dict(POSITION_COLUMNS)
    assert book.provenance == "assumed"
    assert book.accounts["account"].is_sorted() and book.accounts["account"].is_unique().all()
    key = book.positions.select("account", "market", "margin_mode")
    assert key.is_unique().all() and key.equals(key.sort("account", "market", "margin_mode"))
    assert book.accounts["account"][0] == "acct-00001"
    assert book.accounts.height == NIGHT.accounts == 6_000
    assert set(book.positions["account"]) == set(book.accounts["account"])


def test_every_number_is_one_that_the_engine_takes(book: Book) -> None:
    assert book.accounts["cash"].is_finite().all() and (book.accounts["cash"] >= 0).all()
    positions = book.positions
    assert positions["size"].is_finite().all() and (positions["size"] != 0).all()
    assert positions["entry_price"].is_finite().all() and (positions["entry_price"] > 0).all()
    assert (positions["opened_at"].dt.timestamp("ms") < TAPE.time_ms[0]).all()
    is_isolated = positions["margin_mode"] == "isolated"
    assert (positions["isolated_margin"].is_not_null() == is_isolated).all()
    assert (positions.filter(is_isolated)["isolated_margin"] > 0).all()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_longs_and_shorts_balance_in_every_market(seed: int) -> None:
    book = book_of(seed)
    for (market,), rows in book.positions.group_by("market"):
        sizes = rows["size"].to_list()
        assert abs(math.fsum(sizes)) <= 1e-12 * math.fsum(map(abs, sizes)), market


def test_open_interest_is_the_given_one_shared_by_volume(book: Book) -> None:
    longs = positions_of(book).filter(pl.col("size") > 0).group_by("market").agg(pl.sum("usd"))
    held = dict(longs.iter_rows())
    total = sum(VOLUMES[market].volume_usd for market in TAPE.markets)
    assert set(held) == set(TAPE.markets) - {HALTED}
    for market, usd in held.items():
        expected = NIGHT.open_interest_usd * VOLUMES[market].volume_usd / total
        assert usd == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(("tops", "share"), [(10, 0.5), (3, 0.2), (0, 0.0)])
def test_the_top_shorts_hold_their_share_of_every_market(tops: int, share: float) -> None:
    book = book_of(top_shorts=tops, top_short_share=share, size_sigma=0.5, accounts=40_000)
    shorts = positions_of(book).filter(pl.col("size") < 0).with_columns(pl.col("usd").abs())
    total = shorts.group_by("account").agg(pl.sum("usd")).sort("usd", descending=True)
    top = total.head(tops)["account"].to_list()
    by_market = shorts.group_by("market").agg(
        frac=pl.col("usd").filter(pl.col("account").is_in(top)).sum() / pl.col("usd").sum()
    )
    assert by_market["frac"].to_numpy() == pytest.approx(share, abs=1e-3)
    if tops:
        assert total["usd"][tops - 1] > total["usd"][tops]


def interest_of(book: Book) -> dict[str, float]:
    longs = positions_of(book).filter(pl.col("size") > 0).group_by("market").agg(pl.sum("usd"))
    return dict(longs.iter_rows())


def test_only_the_listed_markets_hold_open_interest() -> None:
    held = interest_of(book_of(markets=("BTC", "ETHUSDT", "kBONK", "kPEPE")))
    listed = {"BTCUSDT", "ETHUSDT", "1000BONKUSDT", "1000PEPEUSDT"} & set(TAPE.markets)
    assert set(held) == listed and len(listed) > 2
    assert sum(held.values()) == pytest.approx(NIGHT.open_interest_usd)


def test_a_market_with_a_share_of_its_own_holds_it_and_the_others_the_rest() -> None:
    plain, shared = interest_of(book_of()), interest_of(book_of(market_shares={"SOL": 0.4}))
    total = NIGHT.open_interest_usd
    assert shared["SOLUSDT"] == pytest.approx(0.4 * total)
    assert sum(shared.values()) == pytest.approx(total)
    rest = [market for market in plain if market != "SOLUSDT"]
    ratio = np.array([shared[market] / plain[market] for market in rest])
    assert ratio == pytest.approx(ratio[0])


@pytest.mark.parametrize(
    ("key", "value"), [("markets", ("BTC", "BTZ")), ("market_shares", {"BTZ": 0.1})]
)
def test_a_market_that_nobody_knows_is_refused(key: str, value: object) -> None:
    with pytest.raises(InputError, match=rf'book.generate.{key}: found "BTZ", expected markets of'):
        book_of(**{key: value})


def test_shares_of_more_than_the_whole_are_refused() -> None:
    with pytest.raises(ValueError, match="market_shares must not sum to more than 1"):
        Population(open_interest_usd=1.0, market_shares={"BTC": 0.6, "ETH": 0.5})


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("changes", [{}, {"accounts": 600, "size_sigma": 3.0}])
def test_no_account_has_more_equity_than_a_third_of_open_interest(
    seed: int, changes: dict[str, object]
) -> None:
    light = {"long_leverage_median": 0.2, "top_leverage_median": 0.1, "isolated_share": 0.3}
    capped = equity_of(book_of(seed, **light, **changes))
    free = equity_of(book_of(seed, **light, **changes, max_equity_frac_oi=1e9))
    third_usd = STATED.max_equity_frac_oi * NIGHT.open_interest_usd
    assert STATED.max_equity_frac_oi <= 1 / 3
    assert free.max() > third_usd >= capped.max() * (1 - 1e-9)
    below = free <= third_usd
    assert capped[below] == pytest.approx(free[below])  # nobody else changes
    assert capped[~below] == pytest.approx(third_usd)


def equity_of(book: Book) -> NDArray[np.float64]:
    """Equity of all units by account, ascending by name."""
    units = (
        positions_of(book)
        .group_by("account")
        .agg(held=pl.col("upnl").sum() + pl.col("isolated_margin").sum())
    )
    rows = book.accounts.join(units, on="account", how="left").sort("account")
    return (rows["cash"] + rows["held"]).to_numpy()


def test_the_top_shorts_are_levered_as_stated_and_scattered_over_the_ids() -> None:
    units = units_of(book_of(top_leverage_median=0.4, size_sigma=0.5)).sort("net").head(10)
    assert (units["gross"] / units["equity"] < 2).all()
    assert units["account"].str.tail(5).cast(pl.Int64).std() > NIGHT.accounts / 10


@pytest.mark.parametrize("share", [0.2, 0.35, 0.6])
def test_the_share_of_shorts_is_the_given_one(share: float) -> None:
    units = units_of(book_of(short_share=share, mixed_share=0.0, top_shorts=1))
    assert (units["net"] < 0).mean() == pytest.approx(share, abs=0.02)
    assert not units["has_both"].any()


def test_accounts_draw_as_many_markets_as_given() -> None:
    counts = book_of(position_shares=(0.5, 0.0, 0.5), market_power=0.0).positions
    by_account = counts.group_by("account").len()["len"].value_counts()
    share = {row[0]: row[1] / NIGHT.accounts for row in by_account.iter_rows()}
    assert share[1] == pytest.approx(0.5, abs=0.02)
    held = len(TAPE.markets) - 1  # of three draws among these some fall together
    assert share[3] == pytest.approx(0.5 * (held - 1) * (held - 2) / held**2, abs=0.02)


def test_leverage_keeps_its_bounds_and_its_median() -> None:
    units = units_of(book_of(isolated_share=0.0))  # free cash beside those lowers it further
    leverage = units["gross"] / units["equity"]
    maximum = NIGHT.max_leverage
    assert leverage.min() >= NIGHT.min_leverage * (1 - 1e-9)
    assert leverage.max() <= maximum["BTC"] * (1 + 1e-9)
    assert leverage.max() > 10  # the maximum is by market
    assert leverage.filter(units["has_both"]).max() <= NIGHT.mixed_max_leverage * (1 + 1e-9)
    plain_long = (units["net"] > 0) & ~units["has_both"]
    assert leverage.filter(plain_long).median() == pytest.approx(
        NIGHT.long_leverage_median, rel=0.1
    )


@pytest.mark.parametrize("market", ["BTC", "XRP"])
def test_above_a_size_the_most_leverage_falls_with_its_root(market: str) -> None:
    shares: dict[str, object] = {
        "position_shares": (1.0,),
        "isolated_share": 0.0,
        "markets": (market,),
    }
    shares["max_equity_frac_oi"] = 1e9  # of so concentrated a book it would bind
    units = units_of(book_of(**shares, long_leverage_median=1e3, size_sigma=2.5, accounts=600))
    longs = units.filter(pl.col("net") > 0)
    most, large_usd = (
        table.get(market, table["*"]) for table in (NIGHT.max_leverage, NIGHT.large_notional_usd)
    )
    bound = most / np.sqrt(np.maximum(1.0, longs["gross"].to_numpy() / large_usd))
    leverage = (longs["gross"] / longs["equity"]).to_numpy()
    assert (leverage <= bound * (1 + 1e-9)).all() and (leverage >= bound / 2 * (1 - 1e-9)).all()
    assert bound.min() < most / 2 < bound.max()  # there are large ones, and others


def test_the_skew_makes_the_tail() -> None:
    def top_tenth(sigma: float) -> float:
        gross = units_of(book_of(size_sigma=sigma)).filter(pl.col("net") > 0)["gross"]
        ordered = gross.sort(descending=True)
        return float(ordered.head(ordered.len() // 10).sum() / ordered.sum())

    assert top_tenth(0.5) < 0.5 < top_tenth(1.6) < top_tenth(2.5)


def test_some_are_in_profit_at_the_start_and_some_at_a_loss(book: Book) -> None:
    assert 0.4 < (positions_of(book)["upnl"] > 0).mean() < 0.6


def test_a_share_of_positions_is_isolated(book: Book) -> None:
    frac = (book.positions["margin_mode"] == "isolated").mean()
    assert frac == pytest.approx(NIGHT.isolated_share, abs=0.005)


def maintenance_usd(venue: Venue, market: str, usd: float) -> float:
    table = venue.margin.margin_table_for(market).table
    if not isinstance(table, TierTable):
        return usd * max(table.base, table.factor * math.sqrt(usd))
    ends = [*(tier.from_ for tier in table.tiers[1:]), math.inf]
    parts = zip(table.tiers, ends, strict=True)
    return sum(max(0.0, min(usd, end) - tier.from_) * tier.rate for tier, end in parts)


@pytest.mark.parametrize("changes", [{}, {"isolated_share": 0.5, "size_sigma": 2.6}])
@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("name", ["backpack", "binance", "hyperliquid"])
def test_nobody_starts_below_maintenance_margin(
    name: str, seed: int, changes: dict[str, object]
) -> None:
    book = book_of(seed, **changes)
    venue = load_venue(name)
    rows = positions_of(book).select("account", "market", "usd", "margin_mode")
    needed = [maintenance_usd(venue, market, abs(usd)) for _, market, usd, _ in rows.iter_rows()]
    margins = positions_of(book).with_columns(mm=pl.Series(needed))
    cross = margins.filter(margin_mode="cross").group_by("account").agg(pl.sum("mm"))
    units = units_of(book).join(cross, on="account")
    assert (units["equity"] > units["mm"]).all()
    alone = margins.filter(margin_mode="isolated")
    assert (alone["isolated_margin"] + alone["upnl"] > alone["mm"]).all()


def digest(book: Book) -> str:
    csv = book.accounts.write_csv() + book.positions.write_csv()
    return hashlib.sha256(csv.encode()).hexdigest()


def test_the_seed_decides_the_book(book: Book) -> None:
    assert digest(book_of()) == digest(book)
    assert digest(book_of(2)) != digest(book)


def test_one_parameter_leaves_the_draws_of_the_others_alone(book: Book) -> None:
    other = book_of(long_leverage_median=3.0, entry_spread=0.01)
    columns = ["account", "market", "size", "opened_at"]
    assert other.positions.select(columns).equals(book.positions.select(columns))
    assert not other.accounts.equals(book.accounts)


def test_the_book_is_the_same_on_one_thread(book: Book) -> None:
    probe = (
        "import sys; sys.path.insert(0, 'tests/data'); "
        "from test_population import book_of, digest; print(digest(book_of()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", probe],
        cwd=ROOT,
        env={**os.environ, "POLARS_MAX_THREADS": "1", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == digest(book)


def test_a_larger_population_has_wider_names() -> None:
    names: NDArray[np.object_] = book_of(accounts=120_000).accounts["account"].to_numpy()
    assert names[0] == "acct-000001" and names[-1] == "acct-120000"


def test_too_few_accounts_for_both_sides_of_every_market_are_refused() -> None:
    with pytest.raises(InputError, match=r"50 accounts hold \d+ .* each of 27 markets; raise acc"):
        book_of(accounts=50)


def test_the_book_looks_at_nothing_of_the_tape_but_the_first_marks(book: Book) -> None:
    later = np.where(np.arange(3)[:, None] > 0, 1.0, TAPE.mark)
    traded = np.ones_like(TAPE.mark)
    other = dataclasses.replace(TAPE, mark=later, volume_usd=traded)
    assert digest(generate_book(NIGHT, other, 1)) == digest(book)


def test_a_tape_of_other_markets_is_refused() -> None:
    other = dataclasses.replace(TAPE, markets=tuple(f"X{name}" for name in TAPE.markets))
    with pytest.raises(InputError, match=r"window_volume.csv: no volume for any market"):
        generate_book(NIGHT, other, 1)
