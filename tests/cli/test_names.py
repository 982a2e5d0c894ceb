"""Names of markets on the command line: what is refused, what is said, what the manifest keeps."""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest

from crashsim.cli import app

VENUE = """
name = "v"
[margin.markets."*"]
kind = "tiers"
tiers = [{from = 0, rate = 0.01}]
[liquidation]
participation = 1.0
[adl]
score = "bitmex"
"""
SCENARIO = """
[scenario]
name = "names"
start = 2025-10-10T21:00:00Z
end = 2025-10-10T21:10:00Z
venue = "venue.toml"
[prices]
path = "prices.csv"
provenance = "assumed"
[book]
path = "book"
provenance = "assumed"
"""


@dataclass(frozen=True)
class Done:
    """What a command left on its streams."""

    code: int
    out: str
    err: str


Command = Callable[..., Done]


@pytest.fixture
def crash(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    """Run `crashsim ARGS` in an empty folder with a store of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CRASHSIM_HOME", str(tmp_path / "home"))

    def run(*args: str | Path) -> Done:
        monkeypatch.setattr(sys, "argv", ["crashsim", *map(str, args)])
        with pytest.raises(SystemExit) as stop:
            app.main()
        streams = capsys.readouterr()
        code = stop.value.code
        return Done(code if isinstance(code, int) else 0, streams.out, streams.err)

    return run


def _night(folder: Path, marks: tuple[float, float], market: str, *positions: str) -> Path:
    """A scenario of one market at two prices, with 50,000 USD for each of lon and sho."""
    (folder / "book").mkdir(parents=True)
    rows = [f"2025-10-10T21:0{k}:00Z,{market},{mark},1e9" for k, mark in enumerate(marks)]
    files = {
        "scenario.toml": SCENARIO,
        "venue.toml": VENUE,
        "prices.csv": "\n".join(["time,market,mark,volume_usd", *rows]),
        "book/accounts.csv": "account,cash\nlon,50000\nsho,50000",
        "book/positions.csv": "\n".join(["account,market,size,entry_price", *positions]),
    }
    for name, text in files.items():
        (folder / name).write_text(text + "\n", encoding="utf-8")
    return folder


def _equity_end(run: Path) -> dict[str, float]:
    return dict(pl.read_parquet(run / "accounts.parquet").select("account", "equity_end").rows())


@pytest.mark.parametrize(
    ("name", "why"),
    [
        # Out of the money at both marks: as a perpetual, lon would gain 50,000 and sho lose all.
        ("BTC-26DEC25-90000-P", "an option on BTC of 2025-12-26, and the tape has BTCUSDT"),
        # One contract of 100 USD loses 16.67 USD; as a linear one of 1 BTC it would lose 20,000.
        ("BTC/USD:BTC", "(coin-margined), and the tape has BTCUSDT"),
        ("BTC-USD-SWAP", "(coin-margined), and the tape has BTCUSDT"),
        ("BTCUSD_PERP", "(coin-margined), and the tape has BTCUSDT"),
        ("BTCUSDT_251226", "a dated future on BTC of 2025-12-26"),
        ("BTCUSD", "--names-of VENUE"),
    ],
)
def test_what_is_no_perpetual_of_the_tape_is_refused_with_its_row(
    crash: Command, tmp_path: Path, name: str, why: str
) -> None:
    row = f"lon,{name},1,900", f"sho,{name},-1,900"
    _night(tmp_path / "night", (120_000, 100_000), "BTCUSDT", *row)
    done = crash("replay", "night", "--out", "run")
    assert done.code == 3
    assert f'positions.csv, line 2: market is "{name}", expected' in done.err
    assert f'positions.csv, line 3: market is "{name}", expected' in done.err
    assert why in done.err
    assert not (tmp_path / "run").exists()


def test_a_coin_margined_contract_is_refused_where_the_tape_has_it_too(
    crash: Command, tmp_path: Path
) -> None:
    row = "lon,BTCUSD_PERP,1,120000", "sho,BTCUSD_PERP,-1,120000"
    _night(tmp_path / "night", (120_000, 100_000), "BTCUSD_PERP", *row)
    done = crash("replay", "night", "--out", "run")
    assert (done.code, "only contracts paid in a dollar" in done.err) == (3, True)


def test_a_cross_replaces_no_price_in_dollars(crash: Command, tmp_path: Path) -> None:
    _night(tmp_path / "night", (4000, 3900), "ETHUSDT", "lon,ETHUSDT,1,4000", "sho,ETHUSDT,-1,4000")
    rows = "time,market,mark,volume_usd\n2025-10-10T21:00:00Z,ETH/BTC,0.036,1000\n"
    (tmp_path / "eb.csv").write_text(rows, encoding="utf-8")
    done = crash("replay", "night", "--prices", "eb.csv", "--out", "run")
    assert done.code == 3
    assert (
        'eb.csv, line 2: market is "ETH/BTC", expected a market with a price in a dollar'
        in done.err
    )
    assert crash("replay", "night", "--out", "run").code == 0
    assert _equity_end(tmp_path / "run") == {"lon": 49_900, "sho": 50_100}


def test_an_option_of_ones_own_is_refused_in_the_bundled_night(
    crash: Command, tmp_path: Path
) -> None:
    mine = "account,cash,market,size,entry_price\nme,5000,BTC-31OCT25-110000-P,-1,1200\n"
    (tmp_path / "mine.csv").write_text(mine, encoding="utf-8")
    done = crash("replay", "oct11", "--with", "mine.csv", "--set", "book.generate.accounts=2000")
    assert done.code == 3
    assert 'mine.csv, line 2: market is "BTC-31OCT25-110000-P", expected' in done.err
    assert "an option on BTC of 2025-10-31, and the tape has BTCUSDT" in done.err


def test_a_book_in_thousands_is_converted_and_everything_is_said(
    crash: Command, tmp_path: Path
) -> None:
    rows = "lon,kPEPE,60000,0.0070", "sho,1000PEPEUSDT,-60000,0.0070"
    _night(tmp_path / "night", (7.0e-6, 6.9e-6), "PEPE", *rows)
    done = crash("replay", "night", "--out", "run", "--json")
    assert done.code == 0
    ends = _equity_end(tmp_path / "run")
    assert ends == {"lon": pytest.approx(49_994), "sho": pytest.approx(50_006)}
    manifest = json.loads((tmp_path / "run/manifest.json").read_text("utf-8"))
    (file,) = [each for each in manifest["inputs"] if each["role"] == "positions"]
    assert file["names"] == {"kPEPE": "PEPE", "1000PEPEUSDT": "PEPE"}
    told = [each["text"] for each in manifest["provenance"]["statements"]]
    assert any(
        "kPEPE is priced by PEPE: sizes are multiplied and prices divided by 1000" in t
        for t in told
    )
    assert any("1000PEPEUSDT: perpetual or spot by name, taken as perpetual" in t for t in told)


def test_a_book_in_another_multiple_under_the_same_name_is_refused_unless_allowed(
    crash: Command, tmp_path: Path
) -> None:
    rows = "lon,PEPE,60000,0.0070", "sho,PEPE,-60000,0.007"
    _night(tmp_path / "night", (7.0e-6, 6.9e-6), "PEPE", *rows)
    done = crash("replay", "night", "--out", "run")
    assert done.code == 3
    assert 'positions.csv, line 2: entry_price is "0.0070", expected a price near' in done.err
    assert "1000PEPE or kPEPE" in done.err
    allowed = crash("replay", "night", "--out", "run", "--allow-implausible")
    assert allowed.code == 0
    assert "2 of 2 entries of PEPE are 20 times or more away" in " ".join(allowed.out.split())


def test_the_venue_of_the_names_is_recorded_and_asked_for(crash: Command, tmp_path: Path) -> None:
    rows = "lon,BTC-USD,1,120000", "sho,BTC-USD,-1,120000"
    _night(tmp_path / "night", (120_000, 119_000), "BTCUSDT", *rows)
    refused = crash("replay", "night", "--names-of", "coinbase")
    assert (refused.code, "what is owned stands in collateral.csv" in refused.err) == (3, True)
    unknown = crash("replay", "night", "--names-of", "mtgox")
    assert (unknown.code, 'names_of: found "mtgox"' in unknown.err) == (3, True)
    assert crash("replay", "night", "--names-of", "dydx", "--out", "run").code == 0
    manifest = json.loads((tmp_path / "run/manifest.json").read_text("utf-8"))
    assert manifest["scenario"]["scenario"]["names_of"] == "dydx"
    assert _equity_end(tmp_path / "run") == {"lon": 49_000, "sho": 51_000}


def test_bars_and_trades_of_one_tool_are_one_market_of_one_source(
    crash: Command, tmp_path: Path
) -> None:
    bar = "[[1760130000000,10,11,9,10.5,100],[1760130060000,10.5,11,9,10.6,100]]"
    trades = "timestamp,id,type,side,price,amount,cost\n1760130000000,1,,buy,10,1,10\n"
    (tmp_path / "ABC_USDT-1m.json").write_text(bar, encoding="utf-8")
    (tmp_path / "ABC_USDT-trades.csv").write_text(trades, encoding="utf-8")
    done = crash("data", "import", "ABC_USDT-1m.json", "ABC_USDT-trades.csv", "--json")
    assert done.code == 0
    listed = json.loads(crash("data", "ls", "--json").out)
    text = json.dumps(listed)
    assert text.count('"ABC/USDT"') == 2
    assert '"import"' not in text


def test_a_file_name_that_begins_with_a_venue_names_no_market(
    crash: Command, tmp_path: Path
) -> None:
    bars = "timestamp,open,high,low,close,volume\n1760130000000,10,11,9,10.5,100\n"
    (tmp_path / "Venue_ABCUSDT_2025-10-10.csv").write_text(bars, encoding="utf-8")
    done = crash("data", "import", "Venue_ABCUSDT_2025-10-10.csv")
    assert (done.code, "say it with --market" in done.err) == (3, True)


def test_the_store_leaves_crosses_out_and_reads_names_as_its_source(
    crash: Command, tmp_path: Path
) -> None:
    """Spot candles of Binance price a perpetual, and the output says so."""
    _night(tmp_path / "night", (100, 90), "X", "lon,ABCUSDT,1,100", "sho,ABCUSDT,-1,100")
    for market, price in (("ABCUSDT", 100), ("ABCBTC", 0.001)):
        rows = [
            f"{1760130000000000 + k * 60_000_000},{price},{price},{price},{price},10,"
            f"{1760130059999999 + k * 60_000_000},{10 * price},1,5,{5 * price},0"
            for k in range(11)
        ]
        (tmp_path / f"{market}-1m-2025-10-10.csv").write_text("\n".join(rows) + "\n", "utf-8")
        assert crash("data", "import", f"{market}-1m-2025-10-10.csv").code == 0
    store = ("--set", "prices.source=store:binance-spot", "--set", "scenario.step=1s")
    night = tmp_path / "night/scenario.toml"
    night.write_text(night.read_text("utf-8").replace('path = "prices.csv"', 'source = "store:x"'))
    done = crash("replay", "night", *store, "--out", "run")
    assert done.code == 0, done.err
    manifest = json.loads((tmp_path / "run/manifest.json").read_text("utf-8"))
    assert list(manifest["provenance"]["markets"]) == ["ABCUSDT"]
    told = " ".join(each["text"] for each in manifest["provenance"]["statements"])
    assert "left out, since their prices are in no dollar: ABCBTC" in told
