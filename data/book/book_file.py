"""Files of a book: accounts and positions in a folder, or both in one file; checked row by row."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import polars as pl

from crashsim.data.checked.columns import is_empty, numbers, texts, times_ms
from crashsim.data.checked.findings import Findings
from crashsim.data.checked.table import InputFile, Table, read_table
from crashsim.data.schema import TIME, no_collateral
from crashsim.scenarios.errors import InputError

ACCOUNTS = ("account", "cash", "tags")
POSITIONS = (
    "account",
    "market",
    "size",
    "entry_price",
    "margin_mode",
    "isolated_margin",
    "opened_at",
)
COLLATERAL = ("account", "asset", "quantity")
_MODES = ("cross", "isolated")
_CASH = "a finite number of USD"
_SIZE = "a finite number of base units that is not 0 (long above 0, short below)"


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

    One file has account, cash, market, size, entry_price and the optional columns of positions.
    The cash of an account stands in any of its rows; where it is repeated it must agree. A row with
    no market, size and entry_price is an account without a position. Raises InputError.
    """
    if not path.exists():
        raise InputError(f"{path}: does not exist, expected a folder with accounts and positions")
    return _read_folder(path) if path.is_dir() else _read_single(path)


def _read_folder(folder: Path) -> BookRows:
    accounts_table = read_table(_only_file(folder, "accounts"))
    positions_table = read_table(_only_file(folder, "positions"))
    accounts = _accounts(Findings(accounts_table))
    positions = _positions(Findings(positions_table))
    unknown = ~positions["account"].is_in(accounts["account"].to_list())
    findings = Findings(positions_table)
    findings.bad_rows(unknown, "account", f"an account of {accounts_table.path.name}")
    findings.stop()
    book = BookRows(accounts, positions, accounts_table, positions_table)
    return _with_collateral(book, folder)


def _with_collateral(book: BookRows, folder: Path) -> BookRows:
    if not sorted(folder.glob("collateral.*")):
        return book
    table = read_table(_only_file(folder, "collateral"))
    findings = Findings(table)
    _check_columns(findings, COLLATERAL, COLLATERAL)
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


def _only_file(folder: Path, stem: str) -> Path:
    found = sorted(path for path in folder.glob(f"{stem}.*") if path.is_file())
    if len(found) != 1:
        names = ", ".join(path.name for path in found) or "none"
        raise InputError(
            f"{folder}: expected one file {stem}.csv or {stem}.parquet in this folder, "
            f"found {names}"
        )
    return found[0]


def _accounts(findings: Findings) -> pl.DataFrame:
    _check_columns(findings, ("account", "cash"), ACCOUNTS)
    frame = pl.DataFrame(
        [texts(findings, "account", "an account id"), numbers(findings, "cash", _CASH)]
    )
    findings.stop()
    refuse_repeats(findings, frame.select("account"))
    return frame


def _check_columns(
    findings: Findings,
    needed: tuple[str, ...],
    allowed: tuple[str, ...],
    *,
    rows_needed: bool = True,
) -> None:
    for name in findings.table.columns:
        if name not in allowed and (name == "asset" or name.startswith("collateral")):
            raise InputError(_not_here(f"{findings.table.path}, column {name}"))
    findings.require(needed)
    if rows_needed:
        findings.require_rows()
    findings.refuse_unknown(allowed)
    findings.stop()


def _not_here(where: str) -> str:
    return (
        f"{where}: collateral other than USD stands in a file of its own, so this book is refused; "
        "put it into collateral.csv in the book's folder, with account, asset and quantity"
    )


def refuse_repeats(findings: Findings, keys: pl.DataFrame) -> None:
    """Raise InputError where an earlier row has the same keys."""
    if keys.is_duplicated().any():
        findings.repeats(keys)
        findings.stop()


def _positions(findings: Findings) -> pl.DataFrame:
    _check_columns(findings, POSITIONS[:4], POSITIONS, rows_needed=False)
    frame = _position_columns(findings, bare=False)
    findings.stop()
    refuse_repeats(findings, frame.select("account", "market", "margin_mode"))
    return frame


def _position_columns(findings: Findings, bare: pl.Series | bool) -> pl.DataFrame:
    """The columns of POSITIONS; `bare` rows are accounts without a position."""
    account = texts(findings, "account", "an account id")
    market = texts(findings, "market", "a market", empty_ok=bare)
    size = numbers(findings, "size", _SIZE, empty_ok=bare)
    findings.bad_rows((size == 0).fill_null(False), "size", _SIZE)
    entry = numbers(findings, "entry_price", "a price above 0", above=0, empty_ok=bare)
    mode = _margin_mode(findings)
    return pl.DataFrame(
        [account, market, size, entry, mode, _isolated_margin(findings, mode), _opened_at(findings)]
    )


def _margin_mode(findings: Findings) -> pl.Series:
    name = "margin_mode"
    if not findings.table.has(name):
        return pl.repeat("cross", findings.table.frame.height, eager=True).alias(name)
    modes = texts(findings, name, "cross, isolated or empty", allowed=_MODES, empty_ok=True)
    return modes.fill_null("cross")


def _isolated_margin(findings: Findings, mode: pl.Series) -> pl.Series:
    name = "isolated_margin"
    isolated = mode == "isolated"
    if not findings.table.has(name):
        if isolated.any():
            findings.add(
                "has isolated positions but no column isolated_margin, expected their margin"
            )
        return pl.repeat(None, len(mode), dtype=pl.Float64, eager=True).alias(name)
    expected = "a margin in USD of at least 0 where margin_mode is isolated, else empty or 0"
    margin = numbers(findings, name, expected, at_least=0, empty_ok=True)
    absent = is_empty(findings.table.frame[name])
    findings.bad_rows(isolated & absent | ~isolated & (margin > 0).fill_null(False), name, expected)
    return margin.set(~isolated, None)


def _opened_at(findings: Findings) -> pl.Series:
    name = "opened_at"
    if not findings.table.has(name):
        return pl.repeat(None, findings.table.frame.height, dtype=TIME, eager=True).alias(name)
    return times_ms(findings, name, empty_ok=True).cast(TIME)


def _read_single(path: Path) -> BookRows:
    table = read_table(path)
    findings = Findings(table)
    _check_columns(findings, ("account", "cash", *POSITIONS[1:4]), ("cash", "tags", *POSITIONS))
    empty = [is_empty(table.frame[name]) for name in ("market", "size", "entry_price")]
    rows = _position_columns(findings, empty[0] & empty[1] & empty[2])
    cash = numbers(findings, "cash", _CASH, empty_ok=True)
    findings.stop()
    refuse_repeats(findings, rows.select("account", "market", "margin_mode"))
    accounts = _agreed_cash(findings, rows.select("account").with_columns(cash))
    return BookRows(accounts, rows, table, table)


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
