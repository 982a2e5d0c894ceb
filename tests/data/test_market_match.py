"""Which names of a book, of collateral and of --prices a tape's markets may serve."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crashsim.data import read_inputs, read_tape
from crashsim.data.book.market_match import MarketIndex, Match, MismatchError, Use, match_notes
from crashsim.data.tape.prices import load_tape
from crashsim.scenarios.errors import InputError
from crashsim.scenarios.models.scenario import Scenario

Write = Callable[[str, str], Path]
Build = Callable[..., Scenario]


def _served(name: str, *tape: str, venue: str | None = None, use: Use = Use.POSITION) -> Match:
    return MarketIndex(dict.fromkeys(tape)).find(name, venue, use)


@pytest.mark.parametrize(
    ("name", "market"),
    [
        ("BTCUSDT", "BTCUSDT"),
        ("BTC/USDT:USDT", "BTCUSDT"),
        ("BTC-USDT-SWAP", "BTCUSDT"),
        ("BTC", "BTCUSDT"),
        ("BTC-PERP", "BTCUSDT"),
        ("BTC_USDC_PERP", "BTCUSDT"),
        ("PF_XBTUSD", "BTCUSDT"),
        ("BTC-USD", "BTCUSDT"),
        ("BTC/USDT", "BTCUSDT"),
        ("BTCUSDT_251226", "BTC/USDT:USDT-251226"),
        ("BTC/USDC:USDC-251226", "BTC/USDT:USDT-251226"),
        ("TOY", "TOY"),
        ("X-1", "X-1"),
    ],
)
def test_the_same_contract_on_the_same_coin_is_found(name: str, market: str) -> None:
    assert _served(name, "BTCUSDT", "BTC/USDT:USDT-251226", "TOY", "X-1").market == market


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("BTC-26DEC25-90000-P", "it is an option on BTC of 2025-12-26, and the tape has BTCUSDT"),
        (
            "BTC-251226-90000-P",
            "it is BTC/USDT:USDT-251226-90000-P, an option on BTC of 2025-12-26, and the tape",
        ),
        ("BTC-USD-SWAP", "it is BTC/USD:BTC, a perpetual on BTC paid in BTC"),
        ("BTCUSDT_SPBL", r"a position is a contract; what is owned stands in collateral\.csv"),
        ("@107", "a position is a contract"),
        ("BTC/USD:BTC", r"paid in BTC \(coin-margined\), and the tape has BTCUSDT"),
        ("BTCUSD_PERP", r"paid in BTC \(coin-margined\), and the tape has BTCUSDT"),
        ("BTC-USD-SWAP", r"paid in BTC \(coin-margined\), and the tape has BTCUSDT"),
        ("BTC-PERPETUAL", r"paid in BTC \(coin-margined\), and the tape has BTCUSDT"),
        ("ETH/USD:BTC", r"paid in BTC \(a quanto\), and the tape has ETHUSDT"),
        ("BTCUSDT_251226", "a dated future on BTC of 2025-12-26 paid in USDT, and the tape has"),
        ("BTC-26DEC25", r"may be BTC/USD:BTC-251226 or BTC/USDC:USDC-251226: say whose"),
        ("BTCUSD", r"may be BTC/USD:BTC or BTC/USD: say whose spelling it is with --names-of"),
        ("XBTUSD", r"may be BTC/USD:BTC or BTC/USD: say whose spelling it is with --names-of"),
        ("ETH/BTC", "a spot pair of ETH in BTC, and the tape has ETHUSDT"),
        ("ETHBTC", "a spot pair of ETH in BTC, and the tape has ETHUSDT"),
        ("SOLUSDT", "a market of the tape"),
        ("a/b/c", "a market of the tape"),
    ],
)
def test_everything_else_is_refused_with_what_the_tape_has(name: str, why: str) -> None:
    with pytest.raises(MismatchError, match=why):
        _served(name, "BTCUSDT", "ETHUSDT", venue=None)


@pytest.mark.parametrize("name", ["BTCUSD_PERP", "BTC/USD:BTC", "BTC-26DEC25-90000-P", "BTCUSD"])
def test_what_cannot_be_replayed_is_refused_on_a_tape_of_its_own_name_too(name: str) -> None:
    with pytest.raises(MismatchError):
        _served(name, name)


def test_one_name_is_another_contract_at_another_venue() -> None:
    with pytest.raises(MismatchError, match="coin-margined"):
        _served("BTCUSD", "BTC", venue="bybit")
    with pytest.raises(MismatchError, match="a spot pair of BTC in USD"):
        _served("BTCUSD", "BTC", venue="kraken")
    assert _served("BTC-USD", "BTC", venue="dydx").market == "BTC"
    with pytest.raises(MismatchError, match="a position is a contract"):
        _served("BTC-USD", "BTC", venue="coinbase")


def test_a_name_of_the_tape_is_read_as_the_tape_spells_it() -> None:
    with pytest.raises(MismatchError, match="coin-margined"):
        MarketIndex({"BTCUSD": "bybit-contracts"}).find("BTCUSD")
    assert not MarketIndex({"BTCUSDT": "binance-contracts"}).find("BTCUSDT").may_be_spot
    assert MarketIndex({"BTCUSDT": None}).find("BTCUSDT").may_be_spot


def test_the_contract_goes_before_the_spot_pair_but_not_for_collateral() -> None:
    tape = ("BTC/USDT", "BTC/USDT:USDT")
    assert _served("BTC", *tape).market == "BTC/USDT:USDT"
    assert _served("BTC", *tape, use=Use.ASSET).market == "BTC/USDT"
    only_spot = _served("BTC", "BTC/USDT")
    assert only_spot.is_spot_price
    assert match_notes({"BTC": only_spot}) == (
        "BTC is priced by BTC/USDT, a contract by a spot pair",
    )
    over = _served("BTC/USDT", "BTC-PERP", use=Use.PRICE)
    assert match_notes({"BTC/USDT": over}, are_prices=True) == (
        "BTC-PERP is priced by BTC/USDT, a contract by a spot pair",
    )


def test_the_same_multiple_goes_first_and_the_same_dollar_then() -> None:
    assert _served("kPEPE", "PEPEUSDT", "1000PEPEUSDC").market == "1000PEPEUSDC"
    assert _served("PEPE_USDC_PERP", "PEPEUSDT", "PEPEUSDC").market == "PEPEUSDC"
    with pytest.raises(MismatchError, match="it may be ETHUSDC or ETHUSDT"):
        _served("ETH", "ETHUSDT", "ETHUSDC")


def test_another_dollar_and_another_multiple_are_said() -> None:
    matches = {name: _served(name, "BTCUSDT", "1000PEPEUSDT") for name in ("BTC", "PEPE", "kPEPE")}
    assert match_notes(matches) == (
        "PEPE is priced by 1000PEPEUSDT: sizes are multiplied and prices divided by 0.001",
        "BTC is priced by BTCUSDT, kPEPE is priced by 1000PEPEUSDT",
    )
    assert match_notes({"TOY": _served("TOY", "TOY")}) == ()
    assert match_notes({"BTCUSDT": _served("BTCUSDT", "BTCUSDT")}) == (
        "BTCUSDT: perpetual or spot by name, taken as perpetual",
    )


_TEXTS = st.text(st.sampled_from("BTCUSDEHPkx10-_/:@. 25"), max_size=14) | st.text(max_size=8)


@given(_TEXTS, st.sampled_from(list(Use)), st.sampled_from([None, "okx", "bybit-spot", "ccxt"]))
def test_any_name_is_served_by_the_tape_or_refused(name: str, use: Use, venue: str | None) -> None:
    tape = ("BTCUSDT", "ETH/USDT", "1000PEPEUSDC", "BTCUSD", "BTC/USDT:USDT-251226", "X-1")
    try:
        found = _served(name, *tape, venue=venue, use=use)
    except MismatchError as problem:
        assert str(problem)
    else:
        assert found.market in tape


PRICES = """
time,              market,       mark,     volume_usd
2025-10-10T21:00Z, BTCUSDT,      120000,   60
2025-10-10T21:00Z, 1000PEPEUSDT, 0.007,    60
2025-10-10T21:05Z, BTCUSDT,      110000,   60
"""
ACCOUNTS = "account,cash\na,5000\nb,5000"
POSITIONS = "account,market,size,entry_price"


def _book(write: Write, positions: str, collateral: str = "") -> None:
    write("prices.csv", PRICES)
    write("book/accounts.csv", ACCOUNTS)
    write("book/positions.csv", f"{POSITIONS}\n{positions}")
    if collateral:
        write("book/collateral.csv", f"account,asset,quantity\n{collateral}")


def test_a_multiple_is_converted_exactly_and_the_notional_stays(
    write: Write, scenario: Build
) -> None:
    _book(write, "a,PEPE,60000,0.000007\nb,kPEPE,-60,0.007", "a,PEPE,2000\nb,kPEPE,3")
    inputs = read_inputs(scenario())
    columns = ("account", "market", "size", "entry_price")
    assert inputs.book.positions.select(columns).rows() == [
        ("a", "1000PEPEUSDT", 60.0, pytest.approx(0.007, rel=1e-15)),
        ("b", "1000PEPEUSDT", -60.0, 0.007),
    ]
    assert inputs.book.collateral["quantity"].to_list() == [2.0, 3.0]
    positions = next(file for file in inputs.files if file.role == "positions")
    assert positions.names == {"PEPE": "1000PEPEUSDT", "kPEPE": "1000PEPEUSDT"}
    assert positions.recorded()["names"] == positions.names
    assert any("divided by 0.001" in note for note in positions.notes)


def test_two_multiples_of_one_account_are_one_position_twice(write: Write, scenario: Build) -> None:
    _book(write, "a,PEPE,60000,0.000007\na,kPEPE,-60,0.007")
    with pytest.raises(InputError, match=r"line 3: \(account, market, margin_mode\)"):
        read_inputs(scenario())


@pytest.mark.parametrize(
    "asset", ["BTC-26DEC25-90000-P", "BTCUSDT_251226", "BTC/ETH", "BTCUSD_PERP"]
)
def test_collateral_is_an_asset_and_no_contract(write: Write, scenario: Build, asset: str) -> None:
    _book(write, "a,BTC,1,120000", f"a,{asset},1")
    with pytest.raises(InputError, match=f'collateral.csv, line 2: asset is "{asset}", expected'):
        read_inputs(scenario())


def test_names_of_says_whose_spelling_a_book_has(write: Write, scenario: Build) -> None:
    _book(write, "a,BTC-USD,1,120000")
    assert _notes(scenario(), "positions") == (
        "BTC-USD is priced by BTCUSDT",
        "BTC-USD: perpetual or spot by name, taken as perpetual",
    )
    assert _notes(scenario(head={"names_of": "dydx"}), "positions") == (
        "BTC-USD is priced by BTCUSDT",
    )
    with pytest.raises(InputError, match=r"a spot pair of BTC in USD.* collateral\.csv"):
        read_inputs(scenario(head={"names_of": "coinbase"}))
    with pytest.raises(ValueError, match='found "mtgox", expected one of backpack, binance'):
        scenario(head={"names_of": "mtgox"})


def _notes(built: Scenario, role: str) -> tuple[str, ...]:
    return next(file.notes for file in read_inputs(built).files if file.role == role)


def test_an_overlay_in_another_multiple_is_converted_and_said(
    write: Write, scenario: Build
) -> None:
    write("prices.csv", PRICES)
    over = write("over.csv", "time,market,mark,volume_usd\n2025-10-10T21:00Z,PEPE,0.000008,9")
    reading = load_tape(scenario(overlays=(over,)))
    assert reading.tape.markets == ("1000PEPEUSDT", "BTCUSDT")
    assert reading.tape.mark[0, 0] == pytest.approx(0.008, rel=1e-15)
    assert reading.tape.volume_usd[0, 0] == 9
    file = reading.files[-1]
    assert file.names == {"PEPE": "1000PEPEUSDT"}
    assert file.notes[0] == "1000PEPEUSDT is priced by PEPE: prices are multiplied by 1000"


@pytest.mark.parametrize(
    "market", ["BTC/USD:BTC", "BTC-26DEC25-90000-P", "BTCUSD_PERP", "BTC/ETH", "BTCEUR", "BTCUSD"]
)
def test_an_overlay_of_another_contract_is_refused_with_its_rows(
    write: Write, scenario: Build, market: str
) -> None:
    write("prices.csv", PRICES)
    over = write("over.csv", f"time,market,mark,volume_usd\n2025-10-10T21:00Z,{market},1,9")
    with pytest.raises(InputError, match=f'over.csv, line 2: market is "{market}", expected'):
        load_tape(scenario(overlays=(over,)))


def test_an_overlay_of_a_dated_future_stands_beside_the_perpetual(
    write: Write, scenario: Build
) -> None:
    write("prices.csv", PRICES)
    over = write("over.csv", "time,market,mark,volume_usd\n2025-10-10T21:00Z,BTCUSDT_251226,9,9")
    tape = read_tape(scenario(overlays=(over,)))
    assert tape.markets == ("1000PEPEUSDT", "BTCUSDT", "BTCUSDT_251226")
    assert tape.mark[0].tolist() == [0.007, 120000, 9]


def test_a_price_that_is_not_in_a_dollar_is_no_mark(write: Write, scenario: Build) -> None:
    write("prices.csv", PRICES.replace("1000PEPEUSDT", "PEPE/BTC"))
    with pytest.raises(InputError, match=r'line 3: market is "PEPE/BTC", expected a market with'):
        read_tape(scenario())


def test_a_column_of_the_file_says_its_venue(write: Write, scenario: Build) -> None:
    rows = "time,market,mark,volume_usd,venue\n2025-10-10T21:00Z,BTCUSD,120000,9,bybit"
    write("prices.csv", rows)
    tape = read_tape(scenario())
    assert tape.origins["BTCUSD"].venue == "bybit"
    write("book/accounts.csv", ACCOUNTS)
    write("book/positions.csv", f"{POSITIONS}\na,BTCUSD,1,120000")
    with pytest.raises(InputError, match="coin-margined"):
        read_inputs(scenario())


def test_volume_of_another_contract_is_not_taken(write: Write, scenario: Build) -> None:
    rows = "time,market,mark\n2025-10-10T21:00Z,BTCUSDT,1"
    volume = write("v.csv", "time,market,volume_usd\n2025-10-10T21:00Z,BTCUSD_PERP,60")
    prices = {"path": write("prices.csv", rows), "volume_path": volume, "default_volume_usd": 1.0}
    with pytest.raises(InputError, match=r"v\.csv: has no volume for BTCUSDT, expected a market"):
        read_tape(scenario(prices=prices))
