"""The book of a scenario: accounts and positions, with the user's own added."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from crashsim.data.book.book_file import BookRows, read_book_rows
from crashsim.data.book.market_match import MarketIndex
from crashsim.data.checked.findings import Findings, closest
from crashsim.data.checked.table import InputFile
from crashsim.data.clock import utc_text
from crashsim.data.schema import Book, Tape
from crashsim.scenarios.errors import InputError
from crashsim.scenarios.models.scenario import Scenario

_BASE_ROLES = {"accounts": "accounts", "positions": "positions", "collateral": "collateral"}
_ADDED_ROLES = dict.fromkeys(_BASE_ROLES, "added")


@dataclass(frozen=True)
class BookReading:
    """A book and the files that it was read from."""

    book: Book
    files: tuple[InputFile, ...]


def read_book_folder(path: Path) -> Book:
    """The book in a folder (or single file, see `read_book_rows`), market names as written.

    Raises InputError for rows that break the rules of the contract, naming file, row and value.
    """
    rows = read_book_rows(Path(path))
    held = rows.positions.filter(pl.col("market").is_not_null())
    return _sorted(rows.accounts, held, rows.collateral, Origin("recorded", Path(path).name))


def read_book(scenario: Scenario, tape: Tape) -> Book:
    """The scenario's book, with market names of the tape. Raises InputError."""
    return load_book(scenario, tape).book


def load_book(scenario: Scenario, tape: Tape) -> BookReading:
    """The scenario's book, with an account of the files read.

    Every position's market must have a price at the first step; its name is the tape's own, or the
    only one of the tape with its base.
    """
    reading = _base(scenario, tape)
    for path in scenario.extra_book:
        reading = _with_added(reading, path, tape)
    return reading


def _base(scenario: Scenario, tape: Tape) -> BookReading:
    path, population = scenario.book.path, scenario.book.generate
    if population is not None:
        from crashsim.data.synthetic.population import generate_book

        return BookReading(generate_book(population, tape, scenario.seed), ())
    assert path is not None  # the scenario's model asks for exactly one of the two
    rows = read_book_rows(path)
    origin = Origin(scenario.book.provenance or "recorded", path.name)
    book = _sorted(rows.accounts, _resolved(rows, tape), _assets(rows, tape), origin)
    return BookReading(book, rows.files(_BASE_ROLES))


def _with_added(reading: BookReading, path: Path, tape: Tape) -> BookReading:
    book, rows = reading.book, read_book_rows(path)
    findings = Findings(rows.accounts_table)
    known = (
        rows.accounts_table.frame["account"]
        .cast(pl.String)
        .str.strip_chars()
        .is_in(book.accounts["account"].to_list())
    )
    findings.bad_rows(known, "account", f"an id that {book.source} does not have already")
    findings.stop()
    both = _sorted(
        pl.concat([book.accounts, rows.accounts]),
        pl.concat([book.positions, _resolved(rows, tape)]),
        pl.concat([book.collateral, _assets(rows, tape)]),
        Origin(book.provenance, f"{book.source} + {path.name}"),
    )
    return BookReading(both, reading.files + rows.files(_ADDED_ROLES))


def _resolved(rows: BookRows, tape: Tape) -> pl.DataFrame:
    """The positions with the tape's market names; bare account rows left out."""
    findings = Findings(rows.positions_table)
    found = _names_in(tape, rows.positions["market"], findings)
    positions = rows.positions.with_columns(pl.col("market").replace(found))
    held = positions["market"].is_not_null()
    keys = positions.select("account", "market", "margin_mode")
    if keys.filter(held).is_duplicated().any():
        findings.repeats(keys)
        findings.stop()
    return positions.filter(held)


def _assets(rows: BookRows, tape: Tape) -> pl.DataFrame:
    """The collateral with its assets named by their market in the tape."""
    if rows.collateral_table is None:
        return rows.collateral
    findings = Findings(rows.collateral_table)
    found = _names_in(tape, rows.collateral["asset"], findings)
    return rows.collateral.with_columns(pl.col("asset").replace(found))


def _names_in(tape: Tape, column: pl.Series, findings: Findings) -> dict[str, str]:
    """The tape's market for each name in a column; each must have a price at the first step."""
    index = MarketIndex(tape.markets)
    names = column.drop_nulls().unique(maintain_order=True).to_list()
    found = {name: _match(index, name, findings) for name in names}
    findings.stop()
    for name, market in found.items():
        expected = (
            f"a market of the tape{closest(name, tape.markets)}"
            if market is None
            else f"a market with a price at the first step {utc_text(int(tape.time_ms[0]))}"
        )
        if market is None or np.isnan(tape.mark[0, tape.markets.index(market)]):
            findings.bad_rows((column == name).fill_null(False), column.name, expected)
    findings.stop()
    return {name: market for name, market in found.items() if market is not None}


def _match(index: MarketIndex, name: str, findings: Findings) -> str | None:
    try:
        return index.find(name)
    except InputError as problem:
        findings.add(str(problem))
        return None


@dataclass(frozen=True)
class Origin:
    """How a book is known, and the name of what it was read from."""

    provenance: str
    source: str


def _sorted(
    accounts: pl.DataFrame, positions: pl.DataFrame, collateral: pl.DataFrame, origin: Origin
) -> Book:
    return Book(
        accounts=accounts.sort("account"),
        positions=positions.sort("account", "market", "margin_mode"),
        provenance=origin.provenance,
        source=origin.source,
        collateral=collateral.sort("account", "asset"),
    )
