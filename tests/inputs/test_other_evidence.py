"""What a table says of itself against the kind that its columns make."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from crashsim.cli.app import app
from crashsim.data.store.store import open_store
from crashsim.data.store.store_tape import store_rows
from crashsim.data.tape.foreign_prices import any_price_rows
from crashsim.data.tape.price_file import is_contract_file, read_price_rows
from crashsim.scenarios.errors import InputError


def _import(folder: Path, name: str, *options: str) -> Result:
    asked = ["data", "import", str(folder / name), "--store", str(folder / "store"), *options]
    return CliRunner().invoke(app, asked)


_TRADE = "timestamp,symbol,side,price,size"
_ROW = "1760130000000,BTCUSDT,buy,100,1"


@pytest.mark.parametrize(
    ("name", "header", "row", "said"),
    [
        ("a.csv", f"{_TRADE},U,u", f"{_ROW},5,6", "'u' say that these are the levels"),
        ("a.csv", f"{_TRADE},num_orders", f"{_ROW},4", "'num_orders' say that"),
        ("a.csv", f"{_TRADE},ordState", f"{_ROW},live", "'ordstate' say that these are orders"),
        ("liquidations.csv", _TRADE, _ROW, "its name says a feed of liquidations"),
        ("BTCUSDT-forceOrders-2025-10-10.csv", _TRADE, _ROW, "a feed of liquidations"),
        (
            "open-interest.csv",
            "timestamp,symbol,open,high,low,close",
            "1760130000000,BTCUSDT,9,11,8,10",
            "its name says open interest",
        ),
        (
            "a.csv",
            "timestamp,symbol,mark_price,index_price",
            "1760130000000,BTCUSDT,100,0",
            "expected a number above 0",
        ),
    ],
)
def test_a_table_that_is_something_else_is_refused(
    name: str, header: str, row: str, said: str, tmp_path: Path
) -> None:
    later = row.replace("1760130000000", "1760130060000")
    (tmp_path / name).write_text(f"{header}\n{row}\n{later}\n")
    done = _import(tmp_path, name)
    assert isinstance(done.exception, InputError)
    assert said in str(done.exception)


def test_a_kind_that_is_said_is_believed(tmp_path: Path) -> None:
    file = tmp_path / "liquidations.csv"
    file.write_text(f"{_TRADE}\n{_ROW}\n")
    assert _import(tmp_path, file.name, "--kind", "trades").exit_code == 0


def test_a_comma_that_may_be_either_is_what_the_option_says(tmp_path: Path) -> None:
    header = "time;symbol;open;high;low;close"
    rows = [f"2025-10-10 21:0{minute};BTCUSDT;100,5;101,250;99,125;100,500" for minute in range(3)]
    (tmp_path / "a.csv").write_text("\n".join([header, *rows, ""]).replace("100,5;", "100,500;"))
    assert "say which with --decimal" in str(_import(tmp_path, "a.csv").exception)
    comma = _import(tmp_path, "a.csv", "--decimal", ",").output
    assert "99.125 to 101.25" in " ".join(comma.split())
    whole = _import(tmp_path, "a.csv", "--decimal", ".", "--source", "other")
    assert "99,125 to 101,250" in " ".join(whole.output.split())


def test_bars_of_two_lengths_in_one_market_are_refused(tmp_path: Path) -> None:
    starts = [60 * n for n in range(60)] + [3600 + 300 * n for n in range(60)]
    rows = [f"{1760130000 + at},BTCUSDT,100,101,99,100,5" for at in starts]
    header = "timestamp,symbol,open,high,low,close,volume"
    (tmp_path / "a.csv").write_text("\n".join([header, *rows, ""]))
    assert "holds bars of two lengths" in str(_import(tmp_path, "a.csv").exception)


def test_a_market_of_shorter_bars_among_others_of_longer_ones_is_refused(tmp_path: Path) -> None:
    minutes = [(60 * n, "BTCUSDT") for n in range(7)]
    fives = [(300 * n, market) for market in ("ETHUSDT", "SOLUSDT", "XRPUSDT") for n in range(20)]
    rows = [f"{1760130000 + at},{market},100,101,99,100,5" for at, market in (*minutes, *fives)]
    header = "timestamp,symbol,open,high,low,close,volume"
    (tmp_path / "a.csv").write_text("\n".join([header, *rows, ""]))
    told = "holds bars of two lengths (BTCUSDT every 60 s, other rows every 300 s)"
    assert told in str(_import(tmp_path, "a.csv").exception)


def test_a_volume_in_contracts_beside_a_turnover_is_asked_about(tmp_path: Path) -> None:
    header = "timestamp,symbol,open,high,low,close,volume,turnover"
    rows = [f"{1760130000 + 60 * n},BTCUSDT,100,101,99,100,2000,2000" for n in range(3)]
    (tmp_path / "a.csv").write_text("\n".join([header, *rows, ""]))
    assert "0.01 times volume times price" in str(_import(tmp_path, "a.csv").exception)
    said = " ".join(_import(tmp_path, "a.csv", "--map", "turnover=volume_usd").output.split())
    assert "quote volume 6,000" in said
    assert "not used: volume" in said


def test_candles_whose_every_volume_is_0_are_said_in_the_replay(tmp_path: Path) -> None:
    header = "timestamp,symbol,open,high,low,close,volume"
    rows = [f"{1760130000 + 60 * n},BTCUSDT,100,101,99,100,0" for n in range(5)]
    (tmp_path / "a.csv").write_text("\n".join([header, *rows, ""]))
    assert _import(tmp_path, "a.csv").exit_code == 0
    store = open_store(tmp_path / "store")
    bars = store_rows("import", 1760130000000, 1760130240000, None, store)
    assert any("nothing can be closed" in note for note in bars.table.notes)


@pytest.mark.parametrize("sign", [";", "|", "\t"])
def test_marks_of_any_delimiter_keep_their_volume(sign: str, tmp_path: Path) -> None:
    rows = ["time,market,mark,volume_usd", "2025-10-10T21:00:00Z,BTCUSDT,100,5"]
    file = tmp_path / "a.csv"
    file.write_text("\n".join(rows).replace(",", sign))
    assert is_contract_file(file)
    volume = read_price_rows(file).volume_usd
    assert volume is not None
    assert volume.tolist() == [5.0]


def test_sizes_of_a_swap_by_its_okx_name_are_contracts(tmp_path: Path) -> None:
    text = "ts,instId,side,px,sz\n1760130000000,BTC-USDT-SWAP,sell,100000,500\n"
    (tmp_path / "a.csv").write_text(text)
    assert "--contract-size" in str(_import(tmp_path, "a.csv").exception)
    sized = _import(tmp_path, "a.csv", "--contract-size", "0.01").output
    assert "volume 5 " in " ".join(sized.split())
    coins = _import(tmp_path, "a.csv", "--map", "sz=size", "--source", "other").output
    assert "volume 500 " in " ".join(coins.split())


def test_a_funding_rate_above_1_is_asked_about(tmp_path: Path) -> None:
    (tmp_path / "f.csv").write_text("time,market,funding_rate\n2025-10-10 21:00:00,BTC,5\n")
    assert "is it a percentage?" in str(_import(tmp_path, "f.csv").exception)


def test_marks_as_json_records_keep_their_volume(tmp_path: Path) -> None:
    row = {"time": "2025-10-10T21:00:00Z", "market": "BTC", "mark": 100.0, "volume_usd": 5.0}
    (tmp_path / "m.json").write_text(json.dumps([row]))
    volume = any_price_rows(tmp_path / "m.json").volume_usd
    assert volume is not None and volume.tolist() == [5.0]
