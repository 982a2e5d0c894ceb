"""Positions of a book, row by row: our own columns, what venues' exports call them, and ccxt's."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import polars as pl

from crashsim.data.book.field_names import ACCOUNTS, OF_CCXT, POSITIONS, Names, known_as
from crashsim.data.checked.columns import is_empty, numbers, texts, times_ms
from crashsim.data.checked.findings import Findings
from crashsim.data.checked.table import PLACE, Table
from crashsim.data.loaders.meaning.column_names import plain
from crashsim.data.schema import TIME
from crashsim.scenarios.errors import InputError

_MODES = ("cross", "isolated")
_SIZE = "a finite number of base units that is not 0 (long above 0, short below)"
_SIGNS = {"long": 1, "buy": 1, "short": -1, "sell": -1, "both": 0, "net": 0}


@dataclass(frozen=True)
class PositionRows:
    """frame: POSITION_COLUMNS, each row aligned with the table that it was read from."""

    table: Table
    frame: pl.DataFrame


def of_one_account(table: Table, account: str | None) -> Table:
    """A table of positions that names no account, with the one that they are of, where known."""
    if account is None or _has(table, POSITIONS["account"]):
        return table
    own = table.frame.with_columns(account=pl.lit(account)).select(pl.exclude(PLACE), PLACE)
    note = f"positions without an account are those of {account}"
    return replace(table, frame=own, notes=(*table.notes, note))


def is_all_isolated(table: Table) -> bool:
    """Whether all rows are isolated positions as ccxt gives them, each with its own margin."""
    mode = next((n for n in table.columns if plain(n) == "marginmode"), None)
    if mode is None or not _is_ccxt(table) or _has(table, ACCOUNTS["cash"]):
        return False
    margin = next((n for n in table.columns if plain(n) in map(plain, OF_CCXT)), None)
    modes = table.frame[mode].cast(pl.String).str.to_lowercase()
    return margin is not None and len(modes) > 0 and bool((modes == "isolated").all())


def ask_cash(table: Table) -> None:
    """Raise InputError for positions that ccxt gives, which do not hold the wallet's balance."""
    if _is_ccxt(table) and not _has(table, ACCOUNTS["cash"]):
        raise InputError(
            f"{table.path}: positions without the account's cash, which an exchange gives apart "
            "(ccxt: fetch_balance); put this file into a folder as positions"
            f"{table.path.suffix}, beside an accounts.csv with the lines account,cash and me,25000 "
            "(the wallet's balance in USD, without the profit of open positions)"
        )


def refuse_collateral(table: Table) -> None:
    """Raise InputError for columns of collateral, which has a file of its own."""
    for name in table.columns:
        if name == "asset" or name.startswith("collateral"):
            raise InputError(
                f"{table.path}, column {name}: collateral other than USD stands in a file of its "
                "own, so this book is refused; put it into collateral.csv in the book's folder, "
                "with account, asset and quantity"
            )


def refuse_repeats(findings: Findings, keys: pl.DataFrame) -> None:
    """Raise InputError where an earlier row has the same keys."""
    if keys.is_duplicated().any():
        findings.repeats(keys)
        findings.stop()


def read_positions(table: Table, *, with_cash: bool = False) -> PositionRows:
    """Check a table of positions. with_cash: it is the whole book, and a row may be an account."""
    if not _is_ccxt(table):
        refuse_collateral(table)
    table = table if with_cash else _without_blanks(table)  # a row may hold an account's cash
    size = ("contracts", "contract_size") if _is_ccxt(table) else ("size",)
    cash = ("cash",) if with_cash else ()
    table = known_as(table, _names(table, with_cash), ("account", *cash, "market", *size, _ENTRY))
    findings = Findings(table)
    empty = [is_empty(table.frame[name]) for name in ("market", *size[:1], _ENTRY)]
    frame = _columns(findings, empty[0] & empty[1] & empty[2] if with_cash else False)
    findings.stop()
    refuse_repeats(findings, frame.select("account", "market", "margin_mode"))
    return PositionRows(_with_notes(table), frame)


def _without_blanks(table: Table) -> Table:
    """The rows that are positions: exchanges list markets with a size of 0 and no entry as well."""
    names = (("contracts", *POSITIONS["size"]), POSITIONS[_ENTRY])
    columns = [[own for own in table.columns if plain(own) in map(plain, each)] for each in names]
    if not all(columns):
        return table
    is_zero = [
        pl.col(found[0]).cast(pl.String).str.strip_chars().cast(pl.Float64, strict=False) == 0
        for found in columns
    ]
    no_entry = is_zero[1] | pl.col(columns[1][0]).is_null()
    kept = table.frame.filter(~(is_zero[0] & no_entry).fill_null(False))
    if not (left := table.frame.height - kept.height):
        return table
    note = f"rows with a size of 0 and no entry, which are no positions, left out: {left}"
    return replace(table, frame=kept, notes=(*table.notes, note))


def _with_notes(table: Table) -> Table:
    if plain(table.own.get("isolated_margin", "")) != "initialmargin":
        return table
    note = "isolated margins are the initial ones, since the file has no collateral"
    return replace(table, notes=(*table.notes, note))


_ENTRY = "entry_price"


def _has(table: Table, names: Sequence[str]) -> bool:
    return bool({plain(name) for name in names} & {plain(name) for name in table.columns})


def _is_ccxt(table: Table) -> bool:
    return _has(table, ("contracts",)) and not _has(table, POSITIONS["size"])


def _names(table: Table, with_cash: bool) -> Names:
    more: Mapping[str, tuple[str, ...]] = {"isolated_margin": OF_CCXT} if _is_ccxt(table) else {}
    whole = {name: ACCOUNTS[name] for name in ("cash", "tags")} if with_cash else {}
    return {**POSITIONS, **more, **whole}


def _columns(findings: Findings, bare: pl.Series | bool) -> pl.DataFrame:
    """The columns of POSITION_COLUMNS; `bare` rows are accounts without a position."""
    account = texts(findings, "account", "an account id")
    market = texts(findings, "market", "a market", empty_ok=bare)
    size = _size(findings, bare)
    entry = numbers(findings, _ENTRY, "a price above 0", above=0, empty_ok=bare)
    mode = _margin_mode(findings)
    margin = _isolated_margin(findings, mode)
    return pl.DataFrame([account, market, size, entry, mode, margin, _opened_at(findings)])


def _size(findings: Findings, bare: pl.Series | bool) -> pl.Series:
    """Signed base units: as they stand, by the side, or contracts times their size."""
    if findings.table.has("contracts"):
        column = "contracts"
        size = numbers(findings, column, _SIZE, empty_ok=bare)
        size *= numbers(findings, "contract_size", "base units a contract, above 0", above=0)
    else:
        column = "size"
        size = numbers(findings, column, _SIZE, empty_ok=bare)
    findings.bad_rows((size == 0).fill_null(False), column, _SIZE)
    if not findings.table.has("side"):
        return size.alias("size")
    side = texts(findings, "side", empty_ok=True).str.to_lowercase()
    known = side.is_in([*_SIGNS]) | side.is_null()
    findings.bad_rows(~known, "side", "long, short, buy or sell, or empty for a signed size")
    sign = side.replace_strict(_SIGNS, default=0, return_dtype=pl.Int64)
    wrong = ((sign == 1) & (size < 0)).fill_null(False)
    findings.bad_rows(wrong, column, "a size above 0 where the side is long")
    return (size.abs() * sign).set(sign == 0, None).fill_null(size).alias("size")


def _margin_mode(findings: Findings) -> pl.Series:
    name = "margin_mode"
    if not findings.table.has(name):
        return pl.repeat("cross", findings.table.frame.height, eager=True).alias(name)
    modes = texts(findings, name, empty_ok=True).str.to_lowercase().replace("crossed", "cross")
    known = modes.is_in([*_MODES]) | modes.is_null()
    findings.bad_rows(~known, name, "cross, isolated or empty")
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
    money = ~isolated & (margin > 0).fill_null(False) & (not findings.table.has("contracts"))
    findings.bad_rows(isolated & absent | money, name, expected)
    return margin.set(~isolated, None)


def _opened_at(findings: Findings) -> pl.Series:
    name = "opened_at"
    if not findings.table.has(name):
        return pl.repeat(None, findings.table.frame.height, dtype=TIME, eager=True).alias(name)
    return times_ms(findings, name, empty_ok=True, is_epoch_ok=True).cast(TIME)
