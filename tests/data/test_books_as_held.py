"""Books and flows as people hold them: other names, delimiters, JSON, ccxt; nothing dropped."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from crashsim.data import read_inputs
from crashsim.data.fetch.receipt import Entry, write_entry
from crashsim.data.inputs import Inputs
from crashsim.data.store.datasets import file_sha256
from crashsim.scenarios.errors import InputError
from crashsim.scenarios.models.scenario import Scenario

Build = Callable[..., Scenario]
Held = Callable[..., Inputs]

PRICES = """time,market,mark,volume_usd
2025-10-10T21:00Z,BTCUSDT,100,60
2025-10-10T21:00Z,ETHUSDT,10,60
2025-10-10T21:05Z,BTCUSDT,100,60
"""
TWO = [("a", "BTCUSDT", 2.0, 90.0), ("a", "ETHUSDT", -3.0, 11.0)]


@pytest.fixture
def held(tmp_path: Path, scenario: Build) -> Held:
    """The inputs of a scenario whose book and other files have these contents."""

    def _held(book: dict[str, str], more: tuple[str, ...] = (), **tables: Any) -> Inputs:
        (tmp_path / "prices.csv").write_text(PRICES)
        for name, text in book.items():
            path = tmp_path / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        return read_inputs(scenario(extra_book=tuple(tmp_path / name for name in more), **tables))

    return _held


def _notes(inputs: Inputs) -> str:
    return "\n".join(f"{file.name}: {note}" for file in inputs.files for note in file.notes)


def _rows(inputs: Inputs) -> list[tuple[Any, ...]]:
    return inputs.book.positions.select("account", "market", "size", "entry_price").rows()


CASH = {"book/accounts.csv": "account,cash\na,50\n"}


@pytest.mark.parametrize(
    "positions",
    [
        "User;Coin;Quantity;Entry Price\na;BTC;2;90\na;ETH;-3;11\n",
        "Wallet\tSymbol\tPosition Size\tavgPrice\na\tBTCUSDT\t2\t90\na\tETHUSDT\t-3\t11\n",
        "address|instrument|qty|entryPx\na|BTC-PERP|2|90\na|ETH-PERP|-3|11\n",
        "account,symbol,positionSide,amount,entryPrice\na,BTC,LONG,2,90\na,ETH,SHORT,3,11\n",
        "account;symbol;size;entry\na;BTC;2,00;90\na;ETH;-3;11,000\n",
        "account,symbol,side,size,entry\na,BTC,Buy,2,90\na,ETH,Sell,3,11\n",
        "account,symbol,positionSide,positionAmt,entryPrice\na,BTC,BOTH,2,90\na,ETH,SHORT,-3,11\n",
    ],
)
def test_positions_are_read_under_the_names_that_exports_have(held: Held, positions: str) -> None:
    assert _rows(held(CASH | {"book/positions.csv": positions})) == TWO


@pytest.mark.parametrize("form", ["array", "lines", "feather", "gzip"])
def test_positions_are_read_in_any_form(held: Held, tmp_path: Path, form: str) -> None:
    records = [dict(zip(("user", "coin", "szi", "entryPx"), row, strict=True)) for row in TWO]
    folder = tmp_path / "book"
    folder.mkdir()
    if form == "array":
        (folder / "positions.json").write_text(json.dumps(records, indent=1))
    elif form == "lines":
        (folder / "positions.jsonl").write_text("\n".join(map(json.dumps, records)) + "\n")
    elif form == "feather":
        pl.DataFrame(records).write_ipc(folder / "positions.feather")
    else:
        import gzip

        packed = gzip.compress(pl.DataFrame(records).write_csv().encode())
        (folder / "positions.csv.gz").write_bytes(packed)
    inputs = held(CASH)
    assert _rows(inputs) == TWO
    assert "not read" not in _notes(inputs)


@pytest.mark.parametrize(
    ("positions", "message"),
    [
        (
            "user;coin;side;qty;entry\na;BTC;long;-2;90",
            'line 2: qty is "-2", expected a size above 0 where the side is long',
        ),
        ("user;coin;side;qty;entry\na;BTC;up;2;90", 'line 2: side is "up", expected long, short'),
        ("user;coin;qty;entryPx\na;BTC;two;90", 'line 2: qty is "two", expected a finite'),
        ("user,coin,Size,size_,entry\na,BTC,1,1,9", "has Size and size_, expected one of them"),
        ("user;coin;qty;entry\na;BTC;2;1,100", "1,100 may be a decimal comma or a thousand"),
        ("user,coin,contracts,entry\na,BTC,2,90", "has no column contract_size"),
    ],
)
def test_what_is_unfit_is_named_as_the_file_names_it(
    held: Held, positions: str, message: str
) -> None:
    with pytest.raises(InputError) as caught:
        held(CASH | {"book/positions.csv": positions})
    assert message in str(caught.value)


def test_what_is_not_used_is_named(held: Held) -> None:
    rows = "account,market,size,entry_price,leverage,mark\na,BTC,2,90,5,100\n"
    notes = _notes(held(CASH | {"book/positions.csv": rows, "book/readme.txt": "x"}))
    assert "positions.csv: columns not used: leverage, mark" in notes
    assert "accounts.csv: other files in this folder, not read: readme.txt" in notes


CCXT: dict[str, Any] = {
    "info": {"positionAmt": "0.4"},
    "symbol": "BTC/USDT:USDT",
    "side": "short",
    "contracts": 400.0,
    "contractSize": 0.001,
    "entryPrice": 95.0,
    "marginMode": "cross",
    "collateral": 7.5,
    "initialMargin": 8.0,
    "leverage": 5.0,
}
EMPTY = CCXT | {"symbol": "DOGE/USDT:USDT", "contracts": 0.0, "entryPrice": None}
OWN = {"book/positions.csv": "account,market,size,entry_price\na,BTC,2,90\n"}


def test_ccxt_positions_are_contracts_times_their_size(held: Held) -> None:
    mine = {
        "mine/positions.json": json.dumps([CCXT, EMPTY]),
        "mine/accounts.csv": "account,cash\nme,25\n",
    }
    inputs = held(CASH | OWN | mine, ("mine",))
    assert _rows(inputs)[1] == ("me", "BTCUSDT", -0.4, 95.0)
    assert inputs.book.positions["margin_mode"].to_list() == ["cross", "cross"]
    assert inputs.book.added == {"mine": ("me",)}
    assert "positions.json: positions without an account are those of me" in _notes(inputs)
    assert "which are no positions, left out: 1" in _notes(inputs)
    assert "columns not used: info, initialMargin, leverage" in _notes(inputs)


RISK = {
    "symbol": "BTCUSDT",
    "positionAmt": "-0.400",
    "entryPrice": "95.0",
    "marginType": "isolated",
    "isolatedMargin": "31.5",
    "isolatedWallet": "30",
    "positionSide": "BOTH",
    "updateTime": 1760130000000,
}


def test_position_risk_of_binance_is_read_as_it_is_answered(held: Held) -> None:
    none = RISK | {"symbol": "ETHUSDT", "positionAmt": "0.000", "entryPrice": "0.0"}
    book = {"book/positions.json": json.dumps([none, RISK])}
    inputs = held(CASH | book)
    assert _rows(inputs) == [("a", "BTCUSDT", -0.4, 95.0)]
    assert inputs.book.positions["isolated_margin"].to_list() == [30.0]  # without open profit
    assert "columns not used: isolatedMargin, updateTime" in _notes(inputs)


def test_the_cash_behind_ccxt_positions_is_asked_for(held: Held) -> None:
    with pytest.raises(InputError) as caught:
        held(CASH | OWN | {"mine.json": json.dumps([CCXT])}, ("mine.json",))
    assert "positions without the account's cash" in str(caught.value)
    assert "accounts.csv with the lines account,cash and me,25000" in str(caught.value)


def test_isolated_ccxt_positions_bring_their_margin(held: Held) -> None:
    isolated = CCXT | {"marginMode": "isolated"}
    inputs = held(CASH | OWN | {"mine.json": json.dumps([isolated])}, ("mine.json",))
    assert inputs.book.accounts.rows() == [("a", 50.0), ("mine", 0.0)]
    assert inputs.book.positions["isolated_margin"].to_list() == [None, 7.5]
    assert "no cash but the margin behind each" in _notes(inputs)
    del isolated["collateral"]
    inputs = held({"mine.json": json.dumps([isolated])}, ("mine.json",))
    assert inputs.book.positions["isolated_margin"].to_list() == [None, 8.0]
    assert "isolated margins are the initial ones" in _notes(inputs)


MINE = {
    "mine/accounts.csv": "account,cash\nme,25\n",
    "mine/positions.csv": "account,market,size,entry_price\nme,BTC,1,100\n",
}
FLOW = "Timestamp,User,Type,Amount\n{},{},Deposit,{}\n"


def test_flows_beside_added_accounts_join_the_scenarios(held: Held, tmp_path: Path) -> None:
    files = {
        "mine/flows.csv": FLOW.format("1760130060000", "me", 5),
        "flows.csv": FLOW.format("2025-10-10T21:02Z", "a", 6),
    }
    inputs = held(CASH | OWN | MINE | files, ("mine",), flows={"path": tmp_path / "flows.csv"})
    first = datetime(2025, 10, 10, 21, 1, tzinfo=UTC)
    assert inputs.flows.frame.row(0) == (first, "me", "deposit", 5.0)
    assert inputs.flows.frame["account"].to_list() == ["me", "a"]
    assert inputs.flows.added == {"mine/flows.csv": 1}
    assert [file.role for file in inputs.files].count("flows") == 2


def test_flows_beside_added_accounts_are_of_those_accounts(held: Held) -> None:
    flows = {"mine/flows.csv": FLOW.format("2025-10-10T21:02Z", "a", 5)}
    with pytest.raises(InputError, match=r'User is "a", expected an account of the book .mine.'):
        held(CASH | OWN | MINE | flows, ("mine",))


def test_two_files_of_flows_are_refused(held: Held) -> None:
    flows = {f"mine/flows.{form}": FLOW.format("2025-10-10T21:02Z", "me", 5) for form in ("a", "b")}
    with pytest.raises(InputError, match=r"expected one file flows.csv .* found flows.a, flows.b"):
        held(CASH | OWN | MINE | flows, ("mine",))


def test_flows_beside_the_scenarios_own_book_are_not_dropped_in_silence(held: Held) -> None:
    flows = {"book/flows.csv": FLOW.format("2025-10-10T21:02Z", "a", 5)}
    inputs = held(CASH | OWN | flows)
    assert inputs.flows.frame.is_empty()
    assert "flows.csv beside it is not applied; --flows would" in _notes(inputs)


def test_a_file_is_yours_unless_a_receipt_or_the_scenario_says_otherwise(
    held: Held, tmp_path: Path
) -> None:
    def known(**prices: str) -> str:
        own = {"path": tmp_path / "prices.csv", **prices}
        return held(CASH | OWN, prices=own).tape.origins["BTCUSDT"].provenance

    assert known() == "yours"
    assert known(provenance="recorded") == "recorded"
    sha256 = file_sha256(tmp_path / "prices.csv")
    write_entry(tmp_path, "prices.csv", Entry("https://a/prices.csv", 1, sha256, True, "now"))
    assert known() == "recorded"
    write_entry(tmp_path, "prices.csv", Entry("https://a/prices.csv", 1, "00", True, "now"))
    assert known() == "yours"


def test_a_rebuilt_book_says_so_itself(held: Held) -> None:
    assert held(CASH | OWN).book.provenance == "yours"
    mark = {"book/book.json": json.dumps({"at_ms": 1, "snapshot_ms": 1, "inputs": []})}
    assert held(CASH | OWN | mark).book.provenance == "reconstructed"
