"""The book of a scenario: accounts and positions, with the user's own added."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import polars as pl

from crashsim.data.book.book_file import BookRows, files_of, read_book_rows
from crashsim.data.book.market_match import (
    Match,
    MismatchError,
    Use,
    index_of,
    match_notes,
    other_names,
)
from crashsim.data.book.plausible import check_entries
from crashsim.data.book.position_rows import refuse_repeats
from crashsim.data.checked.findings import Findings
from crashsim.data.checked.ownership import RECONSTRUCTED, provenance_of_book
from crashsim.data.checked.table import InputFile
from crashsim.data.clock import utc_text
from crashsim.data.schema import Book, Tape
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
    return _sorted(
        rows.accounts,
        held,
        rows.collateral,
        Origin(provenance_of_book(Path(path)), Path(path).name),
    )


def read_book(scenario: Scenario, tape: Tape) -> Book:
    """The scenario's book, with market names of the tape. Raises InputError."""
    return load_book(scenario, tape).book


def load_book(scenario: Scenario, tape: Tape) -> BookReading:
    """The scenario's book, with an account of the files read.

    Every position's market must be an instrument of the tape with a price at the first step; its
    name is the tape's, its size and entry price are in the tape's units.
    """
    reading = _base(scenario, tape)
    for path in scenario.extra_book:
        reading = _with_added(reading, path, tape, scenario)
    return reading


def _base(scenario: Scenario, tape: Tape) -> BookReading:
    path, population = scenario.book.path, scenario.book.generate
    if population is not None:
        from crashsim.data.synthetic.population import generate_book

        return BookReading(generate_book(population, tape, scenario.seed), ())
    assert path is not None  # the scenario's model asks for exactly one of the two
    rows = _without_flows(read_book_rows(path), path, scenario.flows.path)
    origin = Origin(scenario.book.provenance or provenance_of_book(path), path.name)
    is_told_only = origin.provenance == RECONSTRUCTED  # rebuilt from a record, not typed
    named = _named(rows, tape, scenario, is_told_only=is_told_only)
    book = _sorted(rows.accounts, named.positions, named.collateral, origin)
    return BookReading(book, named.files(rows, _BASE_ROLES))


def _without_flows(rows: BookRows, path: Path, applied: Path | None) -> BookRows:
    """The rows, with a note where the book's folder has flows that no setting applies."""
    idle = [file for file in files_of(path, "flows") if applied is None or file != applied]
    notes = tuple(f"{file.name} beside it is not applied; --flows would" for file in idle)
    table = replace(rows.accounts_table, notes=rows.accounts_table.notes + notes)
    return replace(rows, accounts_table=table) if notes else rows


def _with_added(reading: BookReading, path: Path, tape: Tape, scenario: Scenario) -> BookReading:
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
    named = _named(rows, tape, scenario)
    both = _sorted(
        pl.concat([book.accounts, rows.accounts]),
        pl.concat([book.positions, named.positions]),
        pl.concat([book.collateral, named.collateral]),
        Origin(book.provenance, f"{book.source} + {path.name}"),
    )
    ids = tuple(rows.accounts["account"])
    added = {path.name: book.added.get(path.name, ()) + ids}
    both = replace(both, added={**book.added, **added})
    return BookReading(both, reading.files + named.files(rows, _ADDED_ROLES))


@dataclass(frozen=True)
class _Named:
    """Rows under the tape's names and in its units, and the matches that made them so."""

    positions: pl.DataFrame
    collateral: pl.DataFrame
    of_positions: dict[str, Match]
    of_assets: dict[str, Match]
    doubts: tuple[str, ...]

    def _doubts_on(self, matches: Mapping[str, Match]) -> tuple[str, ...]:
        return self.doubts if matches is self.of_positions else ()

    def files(self, rows: BookRows, roles: Mapping[str, str]) -> tuple[InputFile, ...]:
        """The manifest's entries, with what is to be said of the names."""
        matches = {"positions": self.of_positions, "collateral": self.of_assets}
        if rows.accounts_table is rows.positions_table:
            matches["accounts"] = matches.pop("positions")
        return tuple(
            replace(
                file,
                notes=(*file.notes, *match_notes(found), *self._doubts_on(found)),
                names=other_names(found),
            )
            for file, kind in rows.files(roles)
            for found in (matches.get(kind, {}),)
        )


def _named(rows: BookRows, tape: Tape, scenario: Scenario, *, is_told_only: bool = False) -> _Named:
    """The rows as the tape has them. Entries of another unit are refused, or told only."""
    venue = scenario.scenario.names_of
    findings = Findings(rows.positions_table)
    found = _matches(tape, rows.positions["market"], venue, Use.POSITION, findings)
    positions = _in_tape_units(rows.positions, "market", found, ("size",), ("entry_price",))
    _refuse_doubles(rows, positions)
    is_refused = not (is_told_only or scenario.book.allow_implausible)
    doubts = check_entries(findings, positions, tape, is_refused=is_refused)
    assets, pledged = _pledged(rows, tape, venue)
    held = positions.filter(pl.col("market").is_not_null())
    return _Named(held, pledged, of_positions=found, of_assets=assets, doubts=doubts)


def _refuse_doubles(rows: BookRows, positions: pl.DataFrame) -> None:
    held = positions["market"].is_not_null()
    keys = positions.select("account", "market", "margin_mode")
    if keys.filter(held).is_duplicated().any():
        refuse_repeats(Findings(rows.positions_table), keys)


def _pledged(
    rows: BookRows, tape: Tape, venue: str | None
) -> tuple[dict[str, Match], pl.DataFrame]:
    """The collateral as the tape has it, and the matches that made it so."""
    if rows.collateral_table is None:
        return {}, rows.collateral
    findings = Findings(rows.collateral_table)
    assets = _matches(tape, rows.collateral["asset"], venue, Use.ASSET, findings)
    pledged = _in_tape_units(rows.collateral, "asset", assets, ("quantity",), ())
    refuse_repeats(findings, pledged.select("account", "asset"))
    return assets, pledged


def _in_tape_units(
    frame: pl.DataFrame,
    column: str,
    matches: Mapping[str, Match],
    sizes: tuple[str, ...],
    prices: tuple[str, ...],
) -> pl.DataFrame:
    """The rows under the tape's names: 60 kPEPE become 60,000 PEPE, their notional stays."""
    other = {name: each for name, each in matches.items() if each.own_units != each.tape_units}
    own = pl.col(column).replace_strict({n: m.own_units for n, m in other.items()}, default=1)
    tapes = pl.col(column).replace_strict({n: m.tape_units for n, m in other.items()}, default=1)
    if other:
        frame = frame.with_columns(
            *(pl.col(name) * own / tapes for name in sizes),
            *(pl.col(name) * tapes / own for name in prices),
        )
    return frame.with_columns(
        pl.col(column).replace({name: each.market for name, each in matches.items()})
    )


def _matches(
    tape: Tape, column: pl.Series, venue: str | None, use: Use, findings: Findings
) -> dict[str, Match]:
    """The tape's market for each name in a column; each must have a price at the first step."""
    index = index_of(tape)
    found: dict[str, Match] = {}
    for name in column.drop_nulls().unique(maintain_order=True):
        try:
            found[name] = index.find(name, venue, use)
        except MismatchError as problem:
            expected = str(problem)
        else:
            if np.isfinite(tape.mark[0, tape.markets.index(found[name].market)]):
                continue
            first = utc_text(int(tape.time_ms[0]))
            expected = f"a market with a price at the first step {first}"
        findings.bad_rows((column == name).fill_null(False), column.name, expected)
    findings.stop()
    return found


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
