"""Bytes to contract frames; knows no policy.

from crashsim import data
inputs = data.read_inputs(scenario)      # tape, book, flows, and the files they came from
tape = data.read_prices("prices.csv")    # one file, without a scenario
"""

from typing import TYPE_CHECKING

from crashsim.lazy import attach

if TYPE_CHECKING:
    from crashsim.data.book.book import read_book as read_book
    from crashsim.data.book.book import read_book_folder as read_book_folder
    from crashsim.data.book.flow_file import read_flow_file as read_flow_file
    from crashsim.data.book.flow_file import read_flows as read_flows
    from crashsim.data.checked.table import InputFile as InputFile
    from crashsim.data.inputs import Inputs as Inputs
    from crashsim.data.inputs import read_inputs as read_inputs
    from crashsim.data.schema import Book as Book
    from crashsim.data.schema import Flows as Flows
    from crashsim.data.schema import MarketOrigin as MarketOrigin
    from crashsim.data.schema import Tape as Tape
    from crashsim.data.tape.prices import read_prices as read_prices
    from crashsim.data.tape.prices import read_tape as read_tape
else:
    # Imported when first asked for: `crashsim data --help` needs none of them, nor Polars.
    __getattr__, __dir__, __all__ = attach(__name__, __file__)
