"""Files of a book: accounts and positions in a folder, or both in one file; checked row by row."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import polars as pl

from crashsim.data.book.field_names import ACCOUNTS, COLLATERAL, known_as, refuse_other_money
from crashsim.data.book.position_rows import (
    ask_cash,
    is_all_isolated,
    of_one_account,
    read_positions,
    refuse_collateral,
    refuse_repeats,
)
from crashsim.data.checked.columns import numbers, texts
from crashsim.data.checked.findings import Findings
from crashsim.data.checked.table import InputFile, Table, read_table
from crashsim.data.schema import no_collateral
from crashsim.scenarios.errors import InputError

_CASH = "a finite number of USD"
_PARTS = ("accounts", "positions", "collateral", "flows")
_BESIDE = ("book.json", "check.csv", "venue.toml", "scenario.toml")  # of `data book`, a scenario


@dataclass(frozen=True)
class BookRows:
    """A book as read, each row aligned with its table; market and asset names as written.

    accounts, positions, collateral: frames of the columns of data/schema.py, in file order.
    """

    accounts: pl.DataFrame
    positions: pl.DataFrame
    accounts_table: Table
    positions_table: Table
    collateral: pl.DataFrame = field(default_factory=no_collateral)
    collateral_table: Table | None = None

    def files(self, roles: Mapping[str, str]) -> tuple[tuple[InputFile, str], ...]:
        """The manifest's entries, each with what it holds: accounts, positions or collateral.

        roles: the role of each in the manifest.
        """
        tables = {"accounts": self.accounts_table, "positions": self.positions_table}
        if self.accounts_table is self.positions_table:
            del tables["positions"]
        if self.collateral_table is not None:
            tables["collateral"] = self.collateral_table
        return tuple((table.as_input(roles[kind]), kind) for kind, table in tables.items())


def read_book_rows(path: Path) -> BookRows:
    """Read a folder with accounts.* and positions.*, or one file with both.

    One file has account, cash, market, size, entry_price and the optional columns of positions,
    under any of the names of `field_names`; positions as ccxt gives them are of one account.
    The cash of an account stands in any of its rows; where it is repeated it must agree. A row with
    no market, size and entry_price is an account without a position. Raises InputError.
    """
    if not path.exists():
        raise InputError(f"{path}: does not exist, expected a folder with accounts and positions")
    return _read_folder(path) if path.is_dir() else _read_single(path)


def _read_folder(folder: Path) -> BookRows:
    accounts_table, accounts = _accounts(read_table(only_file(folder, "accounts")))
    only = accounts["account"][0] if accounts.height == 1 else None
    positions_table = of_one_account(read_table(only_file(folder, "positions")), only)
    positions = read_positions(positions_table)
    findings = Findings(positions.table)
    unknown = ~positions.frame["account"].is_in(accounts["account"].to_list())
    findings.bad_rows(unknown, "account", f"an account of {accounts_table.path.name}")
    findings.stop()
    noted = replace(accounts_table, notes=(*accounts_table.notes, *_strangers(folder)))
    return _with_collateral(BookRows(accounts, positions.frame, noted, positions.table), folder)


def _strangers(folder: Path) -> tuple[str, ...]:
    """What lies in a book's folder and is none of its files."""
    others = sorted(
        path.name
        for path in folder.iterdir()
        if path.name.split(".")[0] not in _PARTS
        and path.name not in _BESIDE
        and not path.name.startswith(".")
    )
    return (f"other files in this folder, not read: {', '.join(others)}",) if others else ()


def _with_collateral(book: BookRows, folder: Path) -> BookRows:
    if not sorted(folder.glob("collateral.*")):
        return book
    table = known_as(read_table(only_file(folder, "collateral")), COLLATERAL, [*COLLATERAL])
    findings = Findings(table)
    findings.require_rows()
    frame = pl.DataFrame(
        [
            texts(findings, "account", "an account id"),
            texts(findings, "asset", "an asset"),
            numbers(findings, "quantity", "a quantity above 0", above=0),
        ]
    )
    unknown = ~frame["account"].is_in(book.accounts["account"].to_list())
    findings.bad_rows(unknown, "account", f"an account of {book.accounts_table.path.name}")
    findings.stop()
    refuse_repeats(findings, frame.select("account", "asset"))
    return replace(book, collateral=frame, collateral_table=table)


def only_file(folder: Path, stem: str) -> Path:
    """The file of this name in a folder. Raises InputError where there is none or another."""
    found = files_of(folder, stem)
    if len(found) != 1:
        names = ", ".join(path.name for path in found) or "none"
        raise InputError(
            f"{folder}: expected one file {stem}.csv or {stem}.parquet in this folder, "
            f"found {names}"
        )
    return found[0]


def files_of(folder: Path, stem: str) -> list[Path]:
    """The files of this name in a folder, whatever their form."""
    return sorted(path for path in folder.glob(f"{stem}.*") if path.is_file())


def _accounts(table: Table) -> tuple[Table, pl.DataFrame]:
    refuse_collateral(table)
    table = known_as(table, ACCOUNTS, ("account", "cash"))
    findings = Findings(table)
    findings.require_rows()
    refuse_other_money(findings)
    frame = pl.DataFrame(
        [texts(findings, "account", "an account id"), numbers(findings, "cash", _CASH)]
    )
    findings.stop()
    refuse_repeats(findings, frame.select("account"))
    return table, frame


def _read_single(path: Path) -> BookRows:
    table = read_table(path)
    if is_all_isolated(table):
        positions = read_positions(of_one_account(table, path.stem))
        accounts = positions.frame.select("account", cash=pl.lit(0.0)).unique(maintain_order=True)
        noted = replace(positions.table, notes=(*positions.table.notes, _NO_CASH))
        return BookRows(accounts, positions.frame, noted, noted)
    ask_cash(table)
    rows = read_positions(table, with_cash=True)
    findings = Findings(rows.table)
    findings.require_rows()
    cash = numbers(findings, "cash", _CASH, empty_ok=True)
    findings.stop()
    accounts = _agreed_cash(findings, rows.frame.select("account").with_columns(cash))
    return BookRows(accounts, rows.frame, rows.table, rows.table)


_NO_CASH = "isolated positions alone: no cash but the margin behind each"


def _agreed_cash(findings: Findings, rows: pl.DataFrame) -> pl.DataFrame:
    """One row an account, in order of first appearance."""
    first = pl.col("cash").drop_nulls().first().over("account")
    findings.bad_rows(
        rows.select((pl.col("cash") != first).fill_null(False)).to_series(),
        "cash",
        "the same cash in every row of an account, or empty after the first",
    )
    findings.bad_rows(
        rows.select(first.is_null()).to_series(), "cash", "the account's cash in one of its rows"
    )
    findings.stop()
    return rows.group_by("account", maintain_order=True).agg(pl.col("cash").drop_nulls().first())
