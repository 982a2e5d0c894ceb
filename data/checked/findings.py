"""What is wrong with a table, collected so that a person can mend it in one go."""

from collections.abc import Collection, Sequence
from datetime import datetime
from difflib import get_close_matches

import polars as pl

from crashsim.data.checked.table import PLACE, Table
from crashsim.scenarios.errors import InputError

_SHOWN = 5


class Findings:
    """Collects the problems of one table; `stop` raises them together as one InputError."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self._lines: list[str] = []

    def stop(self) -> None:
        """Raise InputError if anything was found."""
        if self._lines:
            raise InputError("\n".join(self._lines))

    def add(self, text: str) -> None:
        """Note a problem of the file as a whole."""
        self._lines.append(f"{self.table.path}: {text}")

    def bad_rows(self, bad: pl.Series, column: str, expected: str) -> None:
        """Note the rows where `bad` (aligned with the table) is true: their place and value."""
        found = self.table.frame.filter(bad).select(PLACE, pl.col(column).alias("value"))
        texts = [
            f"{place}: {self.table.own.get(column, column)} is {_shown(value)}, expected {expected}"
            for place, value in found.head(_SHOWN).iter_rows()
        ]
        self._add_rows(texts, found.height)

    def repeats(self, keys: pl.DataFrame) -> None:
        """Note rows whose keys (aligned with the table) an earlier row has already."""
        names = keys.columns
        marked = keys.with_columns(self.table.frame[PLACE])
        found = marked.with_columns(first=pl.col(PLACE).min().over(names)).filter(
            pl.col(PLACE) != pl.col("first")
        )
        word = self.table.place_word
        texts = [
            f"{row[PLACE]}: ({', '.join(names)}) is ({', '.join(str(row[n]) for n in names)}) as "
            f"in {word} {row['first']} already, expected once"
            for row in found.head(_SHOWN).iter_rows(named=True)
        ]
        self._add_rows(texts, found.height)

    def require(self, columns: Sequence[str]) -> None:
        """Raise InputError at once for missing columns, naming what the file has instead."""
        missing = [name for name in columns if not self.table.has(name)]
        if not missing:
            return
        found = self.table.columns
        self.add(
            f"has no column {_listed(missing)} (columns found: {_listed(found)}), "
            f"expected {_listed(columns)}"
        )
        self.stop()

    def require_rows(self) -> None:
        """Raise InputError for a table without rows."""
        if self.table.frame.is_empty():
            self.add("has no data rows, expected at least one")
            self.stop()

    def refuse_unknown(self, allowed: Collection[str]) -> None:
        """Note every column that is not allowed."""
        for name in self.table.columns:
            if name not in allowed:
                self.add(
                    f"unknown column {name}{_meant(name, allowed)}, allowed: {_listed(allowed)}"
                )

    def refuse_misspelt(self, known: Collection[str]) -> None:
        """Note columns that are almost a known one; other unknown columns are let through."""
        for name in self.table.columns:
            if name not in known and (hint := _meant(name, known)):
                self.add(f"unknown column {name}{hint}")

    def _add_rows(self, texts: list[str], count: int) -> None:
        word = self.table.place_word
        self._lines += [f"{self.table.path}, {word} {text}" for text in texts]
        if count > len(texts):
            self._lines.append(f"{self.table.path}: ... and {count - len(texts)} more {word}s")


def closest(name: str, known: Collection[str]) -> str:
    """` (closest: X, Y)` for an error message, or nothing."""
    near = get_close_matches(name, list(known), n=3, cutoff=0.5)
    return f" (closest: {_listed(near)})" if near else ""


def _meant(name: str, known: Collection[str]) -> str:
    near = get_close_matches(name.lower(), list(known), n=1, cutoff=0.85)
    return f", did you mean {near[0]}?" if near else ""


def _shown(value: object) -> str:
    if value is None:
        return "empty"
    if isinstance(value, datetime):
        return value.isoformat()
    return f'"{value}"' if isinstance(value, str) else str(value)


def _listed(names: Collection[str]) -> str:
    return ", ".join(names)
