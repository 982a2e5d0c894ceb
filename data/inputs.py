"""All inputs of a replay, read together."""

from dataclasses import dataclass

from crashsim.data.book.book import load_book
from crashsim.data.book.flow_file import load_flows
from crashsim.data.checked.table import InputFile
from crashsim.data.schema import Book, Flows, Tape
from crashsim.data.tape.prices import load_tape
from crashsim.scenarios.models.scenario import Scenario


@dataclass(frozen=True)
class Inputs:
    """Tape, book and flows of a scenario, and the files that they were read from."""

    tape: Tape
    book: Book
    flows: Flows
    files: tuple[InputFile, ...]


def read_inputs(scenario: Scenario) -> Inputs:
    """Read and check all inputs of a scenario. Raises InputError for the first that is unfit."""
    tape = load_tape(scenario)
    book = load_book(scenario, tape.tape)
    flows = load_flows(scenario, book.book, tape.tape)
    return Inputs(tape.tape, book.book, flows.flows, tape.files + book.files + flows.files)
