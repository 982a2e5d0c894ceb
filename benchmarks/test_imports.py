"""Files into the store, beside the least that their parser needs for them."""

import json
import random
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import polars as pl
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from crashsim.data.loaders.format import Options
from crashsim.data.loaders.importer import import_file
from crashsim.data.store.store import Store

NOW = datetime(2026, 1, 1, tzinfo=UTC)
FILLS, TRADES = 300_000, 1_000_000
START_MS = 1_760_130_000_000


def fill(number: int, user: str, side: str) -> object:
    price = str(random.randrange(1, 100_000) / 10)
    record = {"coin": f"C{number % 180}", "px": price, "sz": "0.25", "side": side}
    record |= {"time": START_MS + number // 40, "startPosition": "97.2", "dir": "Open Long"}
    record |= {"closedPnl": "0.0", "hash": f"0x{number:064x}", "oid": 194_018_286_846 + number}
    record |= {"crossed": side == "B", "fee": "0.012345", "tid": 771_334_864_158_847 + number}
    if number % 20 == 0:
        record["liquidation"] = {"liquidatedUser": user, "markPx": price, "method": "market"}
    return [user, record | {"feeToken": "USDC", "twapId": None}]


@pytest.fixture(scope="module")
def fills(tmp_path_factory: pytest.TempPathFactory) -> Path:
    random.seed(1)
    users = [f"0x{random.getrandbits(160):040x}" for _ in range(20_000)]
    path = tmp_path_factory.mktemp("fills") / "21.json"
    with path.open("w") as out:
        for first in range(0, FILLS // 2, 30):
            legs = [(n, side) for n in range(first, first + 30) for side in "BA"]
            events = [fill(number, random.choice(users), side) for number, side in legs]
            block = {"local_time": "x", "block_time": "x", "block_number": first, "events": events}
            out.write(json.dumps(block, separators=(",", ":")) + "\n")
    return path


@pytest.fixture(scope="module")
def trades(tmp_path_factory: pytest.TempPathFactory) -> Path:
    random.seed(1)
    path = tmp_path_factory.mktemp("trades") / "BTCUSDT-aggTrades-2025-10-10.csv"
    with path.open("w") as out:
        out.write("agg_trade_id,price,quantity,first_trade_id,last_trade_id,transact_time,")
        out.write("is_buyer_maker\n")
        for n in range(TRADES):
            price, size = 110_000 + random.randrange(10_000) / 10, random.randrange(1, 5000) / 1000
            maker = "true" if n % 2 else "false"
            out.write(f"{n},{price},{size},{2 * n},{2 * n + 1},{START_MS + n},{maker}\n")
    return path


def imported(path: Path, folder: Path) -> int:
    (result,) = import_file(Store(folder), path, Options(), NOW)
    return sum(result.rows.values())


@pytest.mark.benchmark(group=f"{FILLS:,} fills of Hyperliquid")
def test_fills_only_decoded(benchmark: BenchmarkFixture, fills: Path) -> None:
    def decode() -> int:
        with fills.open("rb") as lines:
            return sum(len(msgspec.json.decode(line)["events"]) for line in lines)

    assert benchmark.pedantic(decode, rounds=3, warmup_rounds=1) == FILLS


@pytest.mark.benchmark(group=f"{FILLS:,} fills of Hyperliquid")
def test_fills_into_a_store(benchmark: BenchmarkFixture, fills: Path, tmp_path: Path) -> None:
    folders = (tmp_path / str(number) for number in range(10))
    rows = benchmark.pedantic(lambda: imported(fills, next(folders)), rounds=3, warmup_rounds=1)
    assert rows == FILLS


@pytest.mark.benchmark(group=f"{TRADES:,} trades of Binance")
def test_trades_only_parsed(benchmark: BenchmarkFixture, trades: Path) -> None:
    parsed = benchmark.pedantic(pl.read_csv, args=(trades,), rounds=3, warmup_rounds=1)
    assert parsed.height == TRADES


@pytest.mark.benchmark(group=f"{TRADES:,} trades of Binance")
def test_trades_into_a_store(benchmark: BenchmarkFixture, trades: Path, tmp_path: Path) -> None:
    folders = (tmp_path / str(number) for number in range(10))
    rows = benchmark.pedantic(lambda: imported(trades, next(folders)), rounds=3, warmup_rounds=1)
    assert rows == TRADES
