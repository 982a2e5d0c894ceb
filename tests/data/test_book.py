from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from crashsim.data import Book, read_book, read_book_folder, read_tape
from crashsim.data.schema import ACCOUNT_COLUMNS, POSITION_COLUMNS
from crashsim.scenarios.errors import InputError
from crashsim.scenarios.models.scenario import Scenario

Write = Callable[[str, str], Path]
Build = Callable[..., Scenario]

PRICES = """
time,              market,   mark, volume_usd
2025-10-10T21:00Z, BTCUSDT,  100,  60
2025-10-10T21:00Z, ETHUSDT,  10,   60
2025-10-10T21:00Z, ETHUSDC,  10,   60
2025-10-10T21:05Z, NEWUSDT,  9,    60
"""
ACCOUNTS = "account,cash\nb,5\na,-1.5"
POSITIONS = "account,market,size,entry_price"


@pytest.fixture
def book_of(write: Write, scenario: Build) -> Callable[..., Book]:
    """The book of these texts read on the tape of PRICES, with `mine` added if given."""

    def _book(positions: str, accounts: str = ACCOUNTS, mine: str = "") -> Book:
        write("prices.csv", PRICES)
        write("book/accounts.csv", accounts)
        write("book/positions.csv", positions)
        built = scenario(extra_book=(write("mine.csv", mine),) if mine else ())
        return read_book(built, read_tape(built))

    return _book


def _message(call: Callable[[], object]) -> str:
    with pytest.raises(InputError) as caught:
        call()
    return str(caught.value)


def test_a_book_is_sorted_with_all_columns_and_defaults(book_of: Callable[..., Book]) -> None:
    book = book_of(
        """
        account, market,  size, entry_price, margin_mode, isolated_margin, opened_at
        b,       ETHUSDT, -2,   11,          isolated,    7,         2025-10-10T23:00+02:00
        b,       BTCUSDT, 1,    100,         ,            ,
        b,       ETHUSDT, 3,    9,           cross,       ,
        a,       BTCUSDT, -1,   100,         ,            ,
        """
    )
    assert dict(book.accounts.schema) == dict(ACCOUNT_COLUMNS)
    assert dict(book.positions.schema) == dict(POSITION_COLUMNS)
    assert book.accounts.rows() == [("a", -1.5), ("b", 5.0)]
    opened = datetime(2025, 10, 10, 21, tzinfo=UTC)
    assert book.positions.rows() == [
        ("a", "BTCUSDT", -1.0, 100.0, "cross", None, None),
        ("b", "BTCUSDT", 1.0, 100.0, "cross", None, None),
        ("b", "ETHUSDT", 3.0, 9.0, "cross", None, None),
        ("b", "ETHUSDT", -2.0, 11.0, "isolated", 7.0, opened),
    ]
    assert (book.provenance, book.source) == ("yours", "book")


@pytest.mark.parametrize("name", ["BTC", "BTC-PERP", "BTC/USDT:USDT", "BTC_USDC_PERP", "BTCUSDT"])
def test_a_position_finds_its_market_by_name_or_base(
    book_of: Callable[..., Book], name: str
) -> None:
    book = book_of(f"{POSITIONS}\na,{name},1,100")
    assert book.positions["market"].to_list() == ["BTCUSDT"]


def test_account_ids_stay_text(book_of: Callable[..., Book]) -> None:
    book = book_of(f"{POSITIONS}\n007,BTC,1,100", accounts="account,cash\n007,1\n7,2")
    assert book.accounts["account"].to_list() == ["007", "7"]


def test_csv_and_parquet_books_are_equal(write: Write, tmp_path: Path) -> None:
    write("book/accounts.csv", ACCOUNTS)
    write("book/positions.csv", f"{POSITIONS}\na,BTC,1,100\nb,BTC,-1,90")
    folder = tmp_path / "parquet"
    folder.mkdir()
    for name in ("accounts", "positions"):
        pl.read_csv(tmp_path / f"book/{name}.csv").write_parquet(folder / f"{name}.parquet")
    csv, parquet = read_book_folder(tmp_path / "book"), read_book_folder(folder)
    assert csv.accounts.equals(parquet.accounts)
    assert csv.positions.equals(parquet.positions)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("a,BTC,0,100", 'size is "0", expected a finite number of base units that is not 0'),
        ("a,BTC,inf,100", 'size is "inf", expected a finite number'),
        ("a,BTC,,100", "size is empty, expected a finite number"),
        ("a,BTC,1,0", 'entry_price is "0", expected a price above 0'),
        ("a,BTC,1,-4", 'entry_price is "-4", expected a price above 0'),
        ("a,BTC,1,nan", 'entry_price is "nan", expected a price above 0'),
        ("c,BTC,1,100", 'account is "c", expected an account of accounts.csv'),
        (",BTC,1,100", "account is empty, expected an account id"),
        ("a,BTX,1,100", 'market is "BTX", expected a market of the tape'),
        ("a,BTCUSTD,1,100", "expected a market of the tape (closest: BTCUSDT"),
        (
            "a,NEW,1,100",
            'market is "NEW", expected a market with a price at the first step 2025-10-10T21:00',
        ),
        (
            "a,ETHUSDT,2,10",
            "(account, market, margin_mode) is (a, ETHUSDT, cross) as in line 2 already",
        ),
    ],
)
def test_an_unfit_position_is_named_by_line_and_value(
    book_of: Callable[..., Book], row: str, message: str
) -> None:
    found = _message(lambda: book_of(f"{POSITIONS}\na,ETHUSDT,1,10\n{row}"))
    assert "positions.csv, line 3: " in found
    assert message in found


def test_two_names_of_one_market_are_one_position_twice(book_of: Callable[..., Book]) -> None:
    found = _message(lambda: book_of(f"{POSITIONS}\na,BTC,1,100\na,BTCUSDT,1,100"))
    assert "line 3: (account, market, margin_mode) is (a, BTCUSDT, cross) as in line 2" in found


def test_a_base_of_several_markets_is_refused(book_of: Callable[..., Book]) -> None:
    found = _message(lambda: book_of(f"{POSITIONS}\na,ETH,1,100"))
    assert 'line 2: market is "ETH", expected one market of the tape' in found
    assert "it may be ETHUSDC or ETHUSDT" in found


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ("isolated,", "isolated_margin is empty, expected a margin in USD of at least 0 where"),
        ("isolated,-1", 'isolated_margin is "-1", expected a margin in USD of at least 0 where'),
        ("cross,5", 'isolated_margin is "5", expected a margin in USD of at least 0 where'),
        (",5", 'isolated_margin is "5", expected a margin in USD of at least 0 where'),
        ("portfolio,", 'margin_mode is "portfolio", expected cross, isolated or empty'),
    ],
)
def test_isolated_margin_stands_with_isolated_positions_and_no_others(
    book_of: Callable[..., Book], cells: str, message: str
) -> None:
    header = f"{POSITIONS},margin_mode,isolated_margin"
    found = _message(lambda: book_of(f"{header}\na,BTC,1,100,{cells}"))
    assert f"positions.csv, line 2: {message}" in found
    assert "\n" not in found


def test_isolated_positions_need_the_column_of_their_margin(book_of: Callable[..., Book]) -> None:
    found = _message(lambda: book_of(f"{POSITIONS},margin_mode\na,BTC,1,100,isolated"))
    assert "has isolated positions but no column isolated_margin" in found


@pytest.mark.parametrize(
    ("accounts", "message"),
    [
        ("account,cash\na,1\na,2", "accounts.csv, line 3: (account) is (a) as in line 2 already"),
        (
            "account,cash\na,",
            "accounts.csv, line 2: cash is empty, expected a finite number of USD",
        ),
        ("account,cash\na,inf", 'accounts.csv, line 2: cash is "inf", expected a finite number'),
        ("account\na", "accounts.csv: has no column cash (columns found: account)"),
        ("account,cash", "accounts.csv: has no data rows"),
        ("account,cash,tagss\na,1,3", "unknown column tagss, did you mean tags?"),
        ("account,equity\na,1", "has equity and no cash; equity is not cash"),
        (
            "account,cash,ccy\na,1,BTC",
            'line 2: ccy is "BTC", expected a dollar such as USD or USDC',
        ),
        ("account,cash,collateral_btc\na,1,3", "column collateral_btc: collateral other than USD"),
        ("account,cash,asset\na,1,BTC", "column asset: collateral other than USD"),
    ],
)
def test_unfit_accounts_are_refused(
    book_of: Callable[..., Book], accounts: str, message: str
) -> None:
    assert message in _message(lambda: book_of(f"{POSITIONS}\na,BTC,1,100", accounts=accounts))


def test_tags_are_allowed_and_not_read(book_of: Callable[..., Book]) -> None:
    book = book_of(f"{POSITIONS}\na,BTC,1,100", accounts="account,cash,tags\na,1,whale")
    assert book.accounts.columns == ["account", "cash"]


def test_a_folder_has_one_file_of_each_kind(write: Write, tmp_path: Path) -> None:
    folder = tmp_path / "book"
    assert "does not exist" in _message(lambda: read_book_folder(folder))
    write("book/accounts.csv", ACCOUNTS)
    assert "positions.parquet in this folder, found none" in _message(
        lambda: read_book_folder(folder)
    )
    write("book/positions.csv", f"{POSITIONS}\na,BTC,1,100")
    write("book/accounts.parquet", ACCOUNTS)
    assert "found accounts.csv, accounts.parquet" in _message(lambda: read_book_folder(folder))
    (folder / "accounts.parquet").unlink()
    assert read_book_folder(folder).collateral.is_empty()


def test_collateral_is_named_by_its_market(book_of: Callable[..., Book], write: Write) -> None:
    write("book/collateral.csv", "account,asset,quantity\nb,BTC,2\na,BTC-PERP,0.5")
    book = book_of(f"{POSITIONS}\na,BTC,1,100")
    assert book.collateral.rows() == [("a", "BTCUSDT", 0.5), ("b", "BTCUSDT", 2.0)]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("c,BTC,1", "an account of accounts.csv"),
        ("a,BTC,0", "a quantity above 0"),
        ("a,BTC,1\na,BTC,2", "(account, asset) is (a, BTC) as in line 2"),
        ("a,DOGE,1", "a market of the tape"),
        ("a,NEW,1", "a market with a price at the first step"),
    ],
)
def test_unfit_collateral_is_refused(
    book_of: Callable[..., Book], write: Write, rows: str, message: str
) -> None:
    write("book/collateral.csv", f"account,asset,quantity\n{rows}")
    assert message in _message(lambda: book_of(f"{POSITIONS}\na,BTC,1,100"))


MINE = "account,cash,market,size,entry_price"


def test_one_file_adds_accounts_with_their_positions(book_of: Callable[..., Book]) -> None:
    mine = (
        f"{MINE}\nme,50,BTC,1,100\nme,,ETHUSDT,-2,10\nidle,7,,,\nyou,1,BTC,1,9\nyou,1.0,ETHUSDT,1,9"
    )
    book = book_of(f"{POSITIONS}\na,BTC,1,100", mine=mine)
    assert book.accounts.rows() == [("a", -1.5), ("b", 5), ("idle", 7), ("me", 50), ("you", 1)]
    assert book.positions["account"].to_list() == ["a", "me", "me", "you", "you"]
    assert book.positions["market"].to_list()[1:3] == ["BTCUSDT", "ETHUSDT"]
    assert book.source == "book + mine.csv"


@pytest.mark.parametrize(
    ("mine", "message"),
    [
        (
            "a,50,BTC,1,100",
            'line 2: account is "a", expected an id that book does not have already',
        ),
        ("me,50,BTC,1,100\nme,51,ETHUSDT,1,10", 'line 3: cash is "51", expected the same cash in'),
        ("me,,BTC,1,100", "line 2: cash is empty, expected the account's cash in one of its rows"),
        ("me,5,BTC,,100", "line 2: size is empty, expected a finite number"),
        ("me,5,,1,100", "line 2: market is empty, expected a market"),
        ("me,5,BTC,1,", "line 2: entry_price is empty, expected a price above 0"),
        ("me,5,XYZ,1,1", 'line 2: market is "XYZ", expected a market of the tape'),
        ("me,5,BTC,1,1\nme,5,BTC,1,1", "line 3: (account, market, margin_mode) is"),
    ],
)
def test_unfit_rows_of_an_added_file_are_refused(
    book_of: Callable[..., Book], mine: str, message: str
) -> None:
    found = _message(lambda: book_of(f"{POSITIONS}\na,BTC,1,100", mine=f"{MINE}\n{mine}"))
    assert f"mine.csv, {message}" in found
    assert "\n" not in found


def test_a_folder_can_be_added_too(write: Write, scenario: Build) -> None:
    write("prices.csv", PRICES)
    for folder, account in (("book", "a"), ("more", "z")):
        write(f"{folder}/accounts.csv", f"account,cash\n{account},1")
        last = write(f"{folder}/positions.csv", f"{POSITIONS}\n{account},BTC,1,100")
    built = scenario(extra_book=(last.parent,))
    assert read_book(built, read_tape(built)).accounts["account"].to_list() == ["a", "z"]


def test_an_isolated_margin_of_a_cross_position_may_be_0_or_nan_but_not_money(
    book_of: Callable[..., Book], tmp_path: Path
) -> None:
    header = "account,market,size,entry_price,margin_mode,isolated_margin"
    book = book_of(f"{header}\na,BTCUSDT,1,100,cross,0\nb,BTCUSDT,-1,100,isolated,0")
    assert book.positions["isolated_margin"].to_list() == [None, 0.0]
    message = _message(lambda: book_of(f"{header}\na,BTCUSDT,1,100,cross,5"))
    assert message.count("line 2: isolated_margin") == 1
    assert "empty or 0" in message

    folder = tmp_path / "parquet"
    folder.mkdir()
    pl.DataFrame({"account": ["a"], "cash": [1.0]}).write_parquet(folder / "accounts.parquet")
    row = {"account": "a", "market": "BTC", "size": 1.0, "entry_price": 9.0}
    positions = pl.DataFrame([row | {"margin_mode": "cross", "isolated_margin": float("nan")}])
    positions.write_parquet(folder / "positions.parquet")
    assert read_book_folder(folder).positions["isolated_margin"].to_list() == [None]


def test_a_book_may_hold_no_position_at_all(book_of: Callable[..., Book]) -> None:
    book = book_of(POSITIONS)
    assert book.accounts.height == 2
    assert book.positions.is_empty()


def test_spaces_around_names_do_not_belong_to_them(tmp_path: Path) -> None:
    (tmp_path / "accounts.csv").write_text("account, cash\na , 1\n", encoding="utf-8")
    rows = "account, market, size, entry_price, margin_mode\na, BTC, 1, 9, cross\n"
    (tmp_path / "positions.csv").write_text(rows, encoding="utf-8")
    book = read_book_folder(tmp_path)
    assert book.positions.select("account", "market", "margin_mode").rows() == [
        ("a", "BTC", "cross")
    ]
