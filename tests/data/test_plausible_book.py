"""A book whose entries cannot be of this tape: refused with its rows, or told."""

from collections.abc import Callable
from pathlib import Path

import pytest

from crashsim.data import read_inputs
from crashsim.engine.measure.opening import doubts
from crashsim.lab.doubts import warnings
from crashsim.lab.replay import run
from crashsim.scenarios.errors import InputError
from crashsim.scenarios.models.scenario import Scenario

Write = Callable[[str, str], Path]
Build = Callable[..., Scenario]

PRICES = """
time,              market, mark,     volume_usd
2025-10-10T21:00Z, PEPE,   0.000007, 1000
2025-10-10T21:00Z, BTC,    100,      1000
2025-10-10T21:01Z, PEPE,   0.0000069, 1000
"""


@pytest.fixture
def notes_of(write: Write, scenario: Build, tmp_path: Path) -> Callable[..., tuple[str, ...]]:
    """The notes on the positions of a book of these rows."""

    def _notes(*rows: str, **book: object) -> tuple[str, ...]:
        write("prices.csv", PRICES)
        write("book/accounts.csv", "account,cash\nlon,50\nsho,50")
        write("book/positions.csv", "\n".join(["account,market,size,entry_price", *rows]))
        built = scenario(book={"path": tmp_path / "book", **book})
        files = read_inputs(built).files
        return next(file.notes for file in files if file.role == "positions")

    return _notes


OTHER_MULTIPLE = ("lon,PEPE,60000,0.0070", "sho,PEPE,-60000,0.007")


def test_a_book_in_another_multiple_is_refused_with_its_rows_and_the_slip(
    notes_of: Callable[..., tuple[str, ...]],
) -> None:
    with pytest.raises(InputError) as caught:
        notes_of(*OTHER_MULTIPLE)
    message = str(caught.value)
    assert 'positions.csv, line 2: entry_price is "0.0070", expected a price near' in message
    assert 'positions.csv, line 3: entry_price is "0.007", expected a price near' in message
    assert "PEPE, 7e-06: the entries there are 1000 times that mark (median)" in message
    assert "1000PEPE or kPEPE" in message
    assert "--allow-implausible" in message


@pytest.mark.parametrize("book", [{"allow_implausible": True}, {"provenance": "reconstructed"}])
def test_what_is_allowed_or_rebuilt_from_a_record_is_told(
    notes_of: Callable[..., tuple[str, ...]], book: dict[str, object]
) -> None:
    (entries,) = notes_of(*OTHER_MULTIPLE, **book)
    assert entries.startswith(
        "2 of 2 entries of PEPE are 20 times or more away from its first mark"
    )


def test_one_old_entry_among_others_is_told_and_not_refused(
    notes_of: Callable[..., tuple[str, ...]],
) -> None:
    rows = ("lon,BTC,0.1,100", "sho,BTC,-0.1,101", "lon,PEPE,1000,0.000007", "sho,PEPE,-9,0.000007")
    assert notes_of(*rows) == ()
    old = notes_of("lon,BTC,0.1,5", "sho,BTC,-0.1,101")
    assert old == ("1 of 2 entries of BTC are 20 times or more away from its first mark 100",)
    assert notes_of("lon,BTC,0.1,5.1", "sho,BTC,-0.1,101") == ()


def test_entries_in_cents_are_called_so(notes_of: Callable[..., tuple[str, ...]]) -> None:
    with pytest.raises(InputError, match=r"100\.5 times that mark \(median\) \(in cents\?\)"):
        notes_of("lon,BTC,0.1,10000", "sho,BTC,-0.1,10100")
    with pytest.raises(InputError, match=r"1/100 of that mark \(median\) \(in cents\?\)"):
        notes_of("lon,BTC,0.1,1", "sho,BTC,-0.1,1")


@pytest.fixture
def warned(write: Write, scenario: Build) -> Callable[..., str]:
    """The warnings of a run on a book: account -> cash, and rows of positions."""

    def _warned(cash: dict[str, float], *rows: str) -> str:
        write("prices.csv", PRICES)
        accounts = "\n".join(f"{account},{usd}" for account, usd in cash.items())
        write("book/accounts.csv", f"account,cash\n{accounts}")
        write("book/positions.csv", "\n".join(["account,market,size,entry_price", *rows]))
        finished = run(scenario(book={"path": write("book/x", "").parent}))
        return "\n".join(warnings(finished.inputs, finished.outcome))

    return _warned


def test_accounts_below_zero_and_below_maintenance_at_the_first_step_are_named(
    warned: Callable[..., str],
) -> None:
    cash = {"idle": 1, "owes": -3, "sunk": 5, "thin": 10.5, "well": 40, "sho": 60}
    rows = ("sunk,BTC,1,110", "thin,BTC,1,110", "well,BTC,1,110", "sho,BTC,-3,110")
    told = warned(cash, *rows)
    assert "bankrupt at the first step: sunk, 1 of 6 accounts (sizes in contracts, or" in told
    assert "below maintenance at the first step: thin, 1 of 6 accounts (sizes in" in told
    assert "below zero at the first step with no position: owes, 1 of 6 accounts\n" in told
    assert "an equity larger" not in told
    assert warned(cash | {"owes": 0, "sunk": 30, "thin": 30}, *rows) == ""


def test_an_equity_above_the_open_interest_of_its_markets_is_named(
    warned: Callable[..., str],
) -> None:
    rows = ("lon,BTC,1,100", "sho,BTC,-1,100", "lon,PEPE,1000000,0.000007")
    told = warned({"lon": 107.1, "sho": 99, "idle": 1e6}, *rows)
    assert told.startswith("an equity larger than the open interest of their markets: lon, 1 of 3")
    assert "cash in cents" in told
    assert warned({"lon": 106.9, "sho": 99, "idle": 1e6}, *rows) == ""


def test_no_slip_of_the_pen_is_guessed_at_where_nobody_wrote_the_account(
    warned: Callable[..., str], scenario: Build, tmp_path: Path
) -> None:
    warned({"thin": 10.5, "sho": 60}, "thin,BTC,1,110", "sho,BTC,-1,110")
    tables = run(scenario(book={"path": tmp_path / "book"})).outcome.tables()
    named = "below maintenance at the first step: thin, 1 of 2 accounts"
    assert doubts(tables, ["sho"]) == (named,)
    assert doubts(tables, ["thin"])[0].startswith(f"{named} (sizes in contracts")
