"""Options that several commands share: the inputs of a replay and what is changed in them."""

from pathlib import Path
from typing import Annotated

import typer

from crashsim.cli import completion

Scenario = Annotated[
    str,
    typer.Argument(
        autocompletion=completion.scenarios,
        metavar="SCENARIO",
        help="Bundled name, folder or scenario.toml.",
    ),
]
Prices = Annotated[
    list[Path] | None,
    typer.Option(
        metavar="FILE",
        help="Lay the markets of this CSV or Parquet file over the scenario's prices; "
        "repeatable, later files on top.",
    ),
]
Book = Annotated[
    Path | None,
    typer.Option(metavar="DIR", help="Replay this book: a folder with accounts and positions."),
]
Flows = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Replay these deposits and withdrawals."),
]
With = Annotated[
    list[Path] | None,
    typer.Option(
        "--with",
        metavar="DIR_OR_FILE",
        help="Add accounts and positions to the book, such as your own; repeatable.",
    ),
]
Set = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="SECTION.KEY=VALUE",
        help="Change one key of the scenario or of every venue; repeatable.",
    ),
]
Seed = Annotated[int | None, typer.Option(min=0, metavar="N", help="Seed of everything random.")]
