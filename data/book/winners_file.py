"""A table of winners, one row an account, for laying a deficit on them without a replay."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from crashsim.data.checked.columns import numbers, texts
from crashsim.data.checked.findings import Findings
from crashsim.data.checked.table import InputFile, Table, read_table
from crashsim.scenarios.errors import InputError

REQUIRED = ("account", "weight", "equity", "leverage")
FLAG = "is_negative_equity"  # rows that a file itself calls insolvent


@dataclass(frozen=True)
class WinnersTable:
    """account, weight, equity, leverage and the extra columns asked for, sorted by account.

    insolvent: (n,) flagged so by the file; where it has no such flag, equity below 0.
    """

    frame: pl.DataFrame
    insolvent: pl.Series
    file: InputFile


def read_winners(path: Path, columns: Mapping[str, str], extra: Sequence[str] = ()) -> WinnersTable:
    """Read a CSV or Parquet file of winners.

    columns: name in REQUIRED, FLAG or `extra` -> the file's own column; a name that is not given is
    looked for as it is. weight and equity are USD, leverage a ratio, all finite; FLAG, which a file
    need not have, is true or false. Raises InputError.
    """
    table = read_table(path)
    _refuse_unknown(columns, [*REQUIRED, FLAG, *extra], table)
    names = {name: columns.get(name, name) for name in [*REQUIRED, FLAG, *extra]}
    missing = [name for name in REQUIRED if not table.has(names[name])]
    if missing:
        raise InputError(
            f"{path}: has no column for {', '.join(missing)} (columns found: "
            f"{', '.join(table.columns)}); name it with --map {missing[0]}=COLUMN"
        )
    findings = Findings(table)
    findings.require_rows()
    found = {"account": texts(findings, names["account"]).alias("account")}
    for name, column in names.items():
        if name not in ("account", FLAG) and table.has(column):
            found[name] = numbers(findings, column, "a finite number").alias(name)
    findings.repeats(found["account"].to_frame())
    if table.has(names[FLAG]):
        found["insolvent"] = _flag(findings, names[FLAG]).alias("insolvent")
    findings.stop()
    frame = pl.DataFrame(list(found.values())).sort("account")
    if "insolvent" not in frame.columns:
        frame = frame.with_columns(insolvent=pl.col("equity") < 0)
    return WinnersTable(frame.drop("insolvent"), frame["insolvent"], table.as_input("winners"))


def _flag(findings: Findings, column: str) -> pl.Series:
    written = texts(findings, column, "true or false", allowed=("true", "false"))
    return (written == "true").fill_null(False)


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
