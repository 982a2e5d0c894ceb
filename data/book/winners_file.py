"""A table of winners, one row an account, for laying a deficit on them without a replay."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from crashsim.data.checked.columns import numbers, texts
from crashsim.data.checked.findings import Findings
from crashsim.data.checked.table import InputFile, Table, read_table
from crashsim.data.loaders.meaning.column_names import ALIASES
from crashsim.scenarios.errors import InputError

REQUIRED = ("account", "weight", "equity", "leverage")
FLAG = "is_negative_equity"  # rows that a file itself calls insolvent
# What a column is often called, in parts of names, for a hint.
_WORDS = {
    "account": ("account_id", "trader", "owner"),
    "weight": ("closed_pnl", "profit", "pnl"),
    "equity": ("account_value", "equity", "balance"),
    "leverage": ("leverage", "lev"),
}
_FLAGS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


@dataclass(frozen=True)
class WinnersTable:
    """account, weight, equity, leverage and the extra columns asked for, sorted by account.

    insolvent: (n,) equity below 0, whatever a flag of the file says. notes: what was summed, and
    where the file's flag and equity disagree, one sentence each.
    """

    frame: pl.DataFrame
    insolvent: pl.Series
    file: InputFile
    notes: tuple[str, ...]


def read_winners(path: Path, columns: Mapping[str, str], extra: Sequence[str] = ()) -> WinnersTable:
    """Read a CSV or Parquet file of winners, one row an account or one an event.

    columns: name in REQUIRED, FLAG or `extra` -> the file's own column; a name that is not given is
    looked for as it is, an account also as user, address or wallet. weight and equity are USD,
    leverage a ratio, all finite; FLAG, which a file need not have, is true or false. Rows of one
    account are events: their weights are summed. Raises InputError.
    """
    table = read_table(path)
    _refuse_unknown(columns, [*REQUIRED, FLAG, *extra], table)
    names = {name: columns.get(name, name) for name in [*REQUIRED, FLAG, *extra]}
    if "account" not in columns:
        names["account"] = next((n for n in ALIASES["account"] if table.has(n)), "account")
    missing = [name for name in REQUIRED if not table.has(names[name])]
    if missing:
        hints = " ".join(f"--map {name}={_likely(name, table.columns)}" for name in missing)
        raise InputError(
            f"{path}: has no column for {', '.join(missing)} (columns found: "
            f"{', '.join(table.columns)}); name it with {hints}"
        )
    findings = Findings(table)
    findings.require_rows()
    found = {"account": texts(findings, names["account"]).alias("account")}
    for name, column in names.items():
        if name not in ("account", FLAG) and table.has(column):
            found[name] = numbers(findings, column, "a finite number").alias(name)
    if table.has(names[FLAG]):
        found[FLAG] = _flag(findings, names[FLAG]).alias(FLAG)
    findings.stop()
    frame, summed = _by_account(pl.DataFrame(list(found.values())))
    insolvent = (frame["equity"] < 0).alias("insolvent")
    notes = (*summed, *_disagreement(frame, insolvent, names[FLAG]))
    kept = frame.drop(FLAG, strict=False)
    return WinnersTable(kept, insolvent, table.as_input("winners", *notes), notes)


def _likely(name: str, columns: Sequence[str]) -> str:
    """The column that may be meant, for a hint; COLUMN where none looks like it."""
    for word in _WORDS[name]:
        for column in columns:
            if word in column.lower() and "percent" not in column and column != FLAG:
                return column
    return "COLUMN"


def _by_account(rows: pl.DataFrame) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """One row an account: weights summed, the rest of its last row; and a note where any was."""
    grouped = rows.sort("account", maintain_order=True).group_by("account", maintain_order=True)
    frame = grouped.agg(pl.col("weight").sum(), pl.exclude("account", "weight").last())
    if frame.height == rows.height:
        return frame.select(rows.columns), ()
    note = (
        f"{rows.height:,} rows are events of {frame.height:,} accounts: weights were summed, "
        "equity and leverage are those of an account's last row"
    )
    return frame.select(rows.columns), (note,)


def _disagreement(frame: pl.DataFrame, insolvent: pl.Series, column: str) -> tuple[str, ...]:
    """A note where the file's own flag says otherwise than the equity, which is followed."""
    if FLAG not in frame.columns:
        return ()
    other = int((frame[FLAG] != insolvent).sum())
    if not other:
        return ()
    note = f"{column} and equity disagree for {other:,} of {frame.height:,} accounts"
    return (f"{note}; the equity was followed",)


def _flag(findings: Findings, column: str) -> pl.Series:
    raw = findings.table.frame[column].cast(pl.String, strict=False).str.strip_chars()
    written = raw.str.to_lowercase().replace_strict(_FLAGS, default=None, return_dtype=pl.Boolean)
    findings.bad_rows(written.is_null(), column, "true or false")
    return written.fill_null(False)


def _refuse_unknown(columns: Mapping[str, str], known: Sequence[str], table: Table) -> None:
    for name, column in columns.items():
        if name not in known:
            raise InputError(
                f"--map {name}={column}: unknown name {name}; known: {', '.join(known)}"
            )
        if not table.has(column):
            raise InputError(
                f"--map {name}={column}: {table.path} has no column {column} (columns found: "
                f"{', '.join(table.columns)})"
            )
