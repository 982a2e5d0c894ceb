"""Deposits and withdrawals: the flows of a scenario."""

from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from crashsim.data.book.book import read_book
from crashsim.data.book.book_file import files_of, only_file, read_book_rows
from crashsim.data.book.field_names import FLOWS, known_as, refuse_other_money
from crashsim.data.checked.columns import numbers, texts, times_ms
from crashsim.data.checked.findings import Findings
from crashsim.data.checked.ownership import YOURS, provenance_of_flows
from crashsim.data.checked.table import InputFile, Table, read_table
from crashsim.data.clock import utc_text
from crashsim.data.schema import FLOW_COLUMNS, TIME, Book, Flows, Tape
from crashsim.scenarios.models.scenario import Scenario

KINDS = ("deposit", "withdrawal")
_KINDS = {
    **dict.fromkeys(("deposit", "deposits", "in"), "deposit"),
    **dict.fromkeys(("withdrawal", "withdrawals", "withdraw", "out"), "withdrawal"),
}


@dataclass(frozen=True)
class FlowReading:
    """Flows and the files that they were read from."""

    flows: Flows
    files: tuple[InputFile, ...]


def read_flow_file(path: Path) -> Flows:
    """The flows of one file, sorted by time, then file order; none is left out.

    A file with a header and no rows is a file without flows. Raises InputError for rows that break
    the rules of the contract, naming file, row and value.
    """
    rows = _read(Path(path))
    return _flows(rows.frame, provenance_of_flows(Path(path)), rows.table.path.name)


def read_flows(scenario: Scenario, book: Book, tape: Tape) -> Flows:
    """The scenario's flows within the tape's window. Raises InputError."""
    return load_flows(scenario, book, tape).flows


def load_flows(scenario: Scenario, book: Book, tape: Tape) -> FlowReading:
    """The scenario's flows and those of accounts added to its book, with the files read.

    A flow before the first step is an error: the book's cash has it already or should have. Flows
    after the last step cannot matter to the replay: they are left out, and a note says how many.
    """
    reading = _of_scenario(scenario, book, tape)
    for folder in filter(Path.is_dir, scenario.extra_book):
        if files_of(folder, "flows"):
            path = only_file(folder, "flows")
            more = _from_file(path, read_book_rows(folder).accounts, folder.name, tape)
            reading = _joined(reading, more, f"{folder.name}/{path.name}")
    return reading


def _of_scenario(scenario: Scenario, book: Book, tape: Tape) -> FlowReading:
    path, sample = scenario.flows.path, scenario.flows.generate
    if path is not None:
        reading = _from_file(path, book.accounts, book.source, tape)
        known = scenario.flows.provenance or provenance_of_flows(path)
        return replace(reading, flows=replace(reading.flows, provenance=known))
    if sample is not None:
        from crashsim.data.synthetic.flow_sample import generate_flows

        if scenario.extra_book:  # nobody deposits for accounts that the user has added
            book = read_book(scenario.model_copy(update={"extra_book": ()}), tape)
        return FlowReading(generate_flows(sample, book, tape, scenario.seed), ())
    return FlowReading(_flows(pl.DataFrame(schema=dict(FLOW_COLUMNS)), YOURS, "none"), ())


def _joined(base: FlowReading, more: FlowReading, name: str) -> FlowReading:
    """Both in order of time; how the base's are known stays, unless it has none."""
    known = more.flows if base.flows.frame.is_empty() else base.flows
    frame = pl.concat([base.flows.frame, more.flows.frame])
    count = base.flows.added.get(name, 0) + more.flows.frame.height
    added = {**base.flows.added, name: count}
    flows = replace(_flows(frame, known.provenance, known.source), added=added)
    return FlowReading(flows, base.files + more.files)


def _from_file(path: Path, accounts: pl.DataFrame, source: str, tape: Tape) -> FlowReading:
    """The flows of a file within the tape's window, all of these accounts. source: theirs."""
    rows = _read(path)
    frame = rows.frame
    first_ms, last_ms = int(tape.time_ms[0]), int(tape.time_ms[-1])
    time_ms = frame["time"].dt.epoch("ms")
    findings = Findings(rows.table)
    findings.bad_rows(
        time_ms < first_ms, "time", f"a time from the first step {utc_text(first_ms)} on"
    )
    unknown = ~frame["account"].is_in(accounts["account"].to_list())
    findings.bad_rows(unknown, "account", f"an account of the book ({source})")
    findings.stop()
    late = time_ms > last_ms
    note = f"flows after the last step {utc_text(last_ms)}, not applied: {late.sum()}"
    file = rows.table.as_input("flows", *((note,) if late.any() else ()))
    return FlowReading(_flows(frame.filter(~late), YOURS, path.name), (file,))


@dataclass(frozen=True)
class _FlowRows:
    """frame: FLOW_COLUMNS in file order, each row aligned with the table."""

    table: Table
    frame: pl.DataFrame


def _read(path: Path) -> _FlowRows:
    table = known_as(read_table(path), FLOWS, ("time", "account", "kind", "amount"))
    findings = Findings(table)
    refuse_other_money(findings)
    columns = [
        times_ms(findings, "time", is_epoch_ok=True).cast(TIME).alias("time"),
        texts(findings, "account", "an account id"),
        _kind(findings),
        numbers(findings, "amount", "a number of USD above 0", above=0),
    ]
    findings.stop()
    return _FlowRows(table, pl.DataFrame(columns))


def _kind(findings: Findings) -> pl.Series:
    said = texts(findings, "kind", empty_ok=True).str.to_lowercase()
    kinds = said.replace_strict(_KINDS, default=None, return_dtype=pl.String())
    findings.bad_rows(kinds.is_null(), "kind", " or ".join(KINDS))
    return kinds


def _flows(frame: pl.DataFrame, provenance: str, source: str) -> Flows:
    return Flows(frame.sort("time", maintain_order=True), provenance, source)
