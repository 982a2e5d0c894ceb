"""Deposits and withdrawals: the flows of a scenario."""

from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from crashsim.data.book.book import read_book
from crashsim.data.checked.columns import numbers, texts, times_ms
from crashsim.data.checked.findings import Findings
from crashsim.data.checked.table import InputFile, Table, read_table
from crashsim.data.clock import utc_text
from crashsim.data.schema import FLOW_COLUMNS, TIME, Book, Flows, Tape
from crashsim.scenarios.models.scenario import Scenario

KINDS = ("deposit", "withdrawal")
_COLUMNS = ("account", "kind", "amount")


@dataclass(frozen=True)
class FlowReading:
    """Flows and the files that they were read from."""

    flows: Flows
    files: tuple[InputFile, ...]


def read_flow_file(path: Path) -> Flows:
    """The flows of one CSV or Parquet file, sorted by time, then file order; none is left out.

    A file with a header and no rows is a file without flows. Raises InputError for rows that break
    the rules of the contract, naming file, row and value.
    """
    table = read_table(Path(path))
    return _flows(_checked(table), table.path.name)


def read_flows(scenario: Scenario, book: Book, tape: Tape) -> Flows:
    """The scenario's flows within the tape's window. Raises InputError."""
    return load_flows(scenario, book, tape).flows


def load_flows(scenario: Scenario, book: Book, tape: Tape) -> FlowReading:
    """The scenario's flows, with an account of the files read.

    A flow before the first step is an error: the book's cash has it already or should have. Flows
    after the last step cannot matter to the replay: they are left out, and a note says how many.
    """
    path, sample = scenario.flows.path, scenario.flows.generate
    if path is not None:
        reading = _from_file(path, book, tape)
        known = replace(reading.flows, provenance=scenario.flows.provenance or "recorded")
        return replace(reading, flows=known)
    if sample is not None:
        from crashsim.data.synthetic.flow_sample import generate_flows

        if scenario.extra_book:  # nobody deposits for accounts that the user has added
            book = read_book(scenario.model_copy(update={"extra_book": ()}), tape)
        return FlowReading(generate_flows(sample, book, tape, scenario.seed), ())
    return FlowReading(Flows(pl.DataFrame(schema=dict(FLOW_COLUMNS)), "recorded", "none"), ())


def _from_file(path: Path, book: Book, tape: Tape) -> FlowReading:
    table = read_table(path)
    frame = _checked(table)
    first_ms, last_ms = int(tape.time_ms[0]), int(tape.time_ms[-1])
    time_ms = frame["time"].dt.epoch("ms")
    findings = Findings(table)
    findings.bad_rows(
        time_ms < first_ms,
        _time_column(table),
        f"a time from the first step {utc_text(first_ms)} on",
    )
    unknown = ~frame["account"].is_in(book.accounts["account"].to_list())
    findings.bad_rows(unknown, "account", f"an account of the book ({book.source})")
    findings.stop()
    late = time_ms > last_ms
    note = f"flows after the last step {utc_text(last_ms)}, not applied: {late.sum()}"
    notes = (note,) if late.any() else ()
    return FlowReading(_flows(frame.filter(~late), path.name), (table.as_input("flows", *notes),))


def _checked(table: Table) -> pl.DataFrame:
    """The rows in file order, FLOW_COLUMNS."""
    findings = Findings(table)
    time = _time_column(table)
    findings.require([time, *_COLUMNS])
    findings.refuse_unknown([time, *_COLUMNS])
    columns = [
        times_ms(findings, time).cast(TIME).alias("time"),
        texts(findings, "account", "an account id"),
        texts(findings, "kind", "deposit or withdrawal", allowed=KINDS),
        numbers(findings, "amount", "a number of USD above 0", above=0),
    ]
    findings.stop()
    return pl.DataFrame(columns)


def _time_column(table: Table) -> str:
    return "ts" if table.has("ts") and not table.has("time") else "time"


def _flows(frame: pl.DataFrame, source: str) -> Flows:
    return Flows(frame.sort("time", maintain_order=True), "recorded", source)
