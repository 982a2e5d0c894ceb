"""Which files a window needs: periods, zones, market names and the table itself."""

from datetime import UTC, datetime

import pytest

from crashsim.data.fetch.archives import ARCHIVES
from crashsim.data.fetch.remote_files import archive_named, files_for
from crashsim.data.pull.feeds import FEEDS
from crashsim.scenarios.errors import InputError

START = datetime(2025, 10, 10, 20, tzinfo=UTC)
END = datetime(2025, 10, 10, 22, tzinfo=UTC)


def urls(name: str, *markets: str, start: datetime = START, end: datetime = END) -> list[str]:
    return [file.url for file in files_for(archive_named(name), markets, start, end)]


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("binance-klines", "/daily/klines/BTCUSDT/1m/BTCUSDT-1m-2025-10-10.zip"),
        ("binance-mark", "/daily/markPriceKlines/BTCUSDT/1m/BTCUSDT-1m-2025-10-10.zip"),
        ("binance-index", "/daily/indexPriceKlines/BTCUSDT/1m/BTCUSDT-1m-2025-10-10.zip"),
        ("binance-aggtrades", "/daily/aggTrades/BTCUSDT/BTCUSDT-aggTrades-2025-10-10.zip"),
        ("binance-funding", "/monthly/fundingRate/BTCUSDT/BTCUSDT-fundingRate-2025-10.zip"),
    ],
)
def test_binance_files_lie_where_its_archive_puts_them(name: str, url: str) -> None:
    assert urls(name, "BTC") == [f"https://data.binance.vision/data/futures/um{url}"]


def test_a_bybit_file_is_one_day_of_one_market() -> None:
    assert urls("bybit-trades", "BTCUSDT", "1000PEPEUSDT") == [
        "https://public.bybit.com/trading/BTCUSDT/BTCUSDT2025-10-10.csv.gz",
        "https://public.bybit.com/trading/1000PEPEUSDT/1000PEPEUSDT2025-10-10.csv.gz",
    ]


def test_okx_days_start_eight_hours_early_so_the_evening_lies_in_the_next_file() -> None:
    base = "https://static.okx.com/cdn/okex/traderecords/trades/daily"
    assert urls("okx-trades", "BTC-USDT-SWAP") == [
        f"{base}/20251010/BTC-USDT-SWAP-trades-2025-10-10.zip",
        f"{base}/20251011/BTC-USDT-SWAP-trades-2025-10-11.zip",
    ]


def test_hyperliquid_hours_have_no_leading_zero_and_the_next_hour_is_needed_too() -> None:
    early = datetime(2025, 10, 10, 8, tzinfo=UTC)
    base = "s3://hl-mainnet-node-data/node_fills_by_block/hourly/20251010"
    found = urls("hl-fills", start=early, end=early.replace(hour=9))
    assert found == [f"{base}/8.lz4", f"{base}/9.lz4"]
    assert urls("hl-fills") == [f"{base}/{hour}.lz4" for hour in (20, 21, 22)]


def test_a_snapshot_of_the_day_before_is_fetched_too() -> None:
    base = "s3://hydromancer-reservoir/by_dex/hyperliquid/snapshots/perp"
    assert urls("reservoir-positions") == [f"{base}/date=2025-10-09/", f"{base}/date=2025-10-10/"]


def test_a_window_over_new_year_takes_both_months() -> None:
    found = urls(
        "binance-funding",
        "BTC",
        start=datetime(2025, 12, 31, 20, tzinfo=UTC),
        end=datetime(2026, 1, 1, 4, tzinfo=UTC),
    )
    assert [url[-11:-4] for url in found] == ["2025-12", "2026-01"]


def test_the_end_of_a_window_is_outside_it() -> None:
    midnight = datetime(2025, 10, 11, tzinfo=UTC)
    assert len(urls("binance-klines", "BTC", end=midnight)) == 1
    assert len(urls("binance-klines", "BTC", end=midnight.replace(second=1))) == 2


def test_an_archive_with_one_file_a_market_needs_markets() -> None:
    with pytest.raises(InputError, match="binance-klines has one file a market: name them with"):
        urls("binance-klines")
    assert urls("hl-contexts") == ["s3://hyperliquid-archive/asset_ctxs/20251010.csv.lz4"]


def test_an_unknown_archive_names_the_known_ones() -> None:
    with pytest.raises(
        InputError, match="archive 'binance' is not known; known are binance-klines"
    ):
        archive_named("binance")


def test_every_archive_that_a_refusal_points_to_exists() -> None:
    named = {name for feed in FEEDS.values() for name in feed.archives.values()}
    assert named <= set(ARCHIVES)


def test_only_buckets_cost_and_each_says_where_it_is() -> None:
    for archive in ARCHIVES.values():
        assert archive.paid == archive.base.startswith("s3://") == bool(archive.region)
        assert archive.terms
        assert archive.what
