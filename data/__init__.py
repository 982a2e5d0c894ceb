"""Bytes to contract frames; knows no policy.

from crashsim import data
inputs = data.read_inputs(scenario)      # tape, book, flows, and the files they came from
tape = data.read_prices("prices.csv")    # one file, without a scenario
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from crashsim.data.book.book import read_book, read_book_folder
    from crashsim.data.book.flow_file import read_flow_file, read_flows
    from crashsim.data.checked.table import InputFile
    from crashsim.data.inputs import Inputs, read_inputs
    from crashsim.data.schema import Book, Flows, MarketOrigin, Tape
    from crashsim.data.tape.prices import read_prices, read_tape

__all__ = [
    "Book",
    "Flows",
    "InputFile",
    "Inputs",
    "MarketOrigin",
    "Tape",
    "read_book",
    "read_book_folder",
    "read_flow_file",
    "read_flows",
    "read_inputs",
    "read_prices",
    "read_tape",
]

# A name is imported when first asked for: `crashsim data --help` needs none of them, nor Polars.
_MODULE_OF = {
    "Book": "schema",
    "Flows": "schema",
    "InputFile": "checked.table",
    "Inputs": "inputs",
    "MarketOrigin": "schema",
    "Tape": "schema",
    "read_book": "book.book",
    "read_book_folder": "book.book",
    "read_flow_file": "book.flow_file",
    "read_flows": "book.flow_file",
    "read_inputs": "inputs",
    "read_prices": "tape.prices",
    "read_tape": "tape.prices",
}


def __getattr__(name: str) -> object:
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"crashsim.data.{_MODULE_OF[name]}"), name)
