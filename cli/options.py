"""Options that several commands share: inputs of a replay, windows of data, forms of output."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from crashsim.cli import completion

if TYPE_CHECKING:
    from crashsim.scenarios import Overrides

_BUNDLED_SCENARIO = "Bundled name, folder or scenario.toml."
SCENARIO = typer.Argument(
    autocompletion=completion.scenarios, metavar="SCENARIO", help=_BUNDLED_SCENARIO
)
SCENARIO_NAME = typer.Argument(
    autocompletion=completion.scenarios, metavar="NAME", help=_BUNDLED_SCENARIO
)
POLICY_NAME = typer.Argument(
    autocompletion=completion.policies,
    metavar="NAME",
    help="Bundled name, TOML file or FILE.py:FUNCTION.",
)
Run = Annotated[
    str,
    typer.Argument(
        autocompletion=completion.runs, metavar="RUN", help="Run folder, or a name under runs/."
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
NamesOf = Annotated[
    str | None,
    typer.Option(
        metavar="VENUE",
        help="Read the names of markets in your files as this venue spells them: BTCUSD is one "
        "contract at bybit and another at kraken.",
    ),
]
AllowImplausible = Annotated[
    bool,
    typer.Option(
        "--allow-implausible",
        help="Take a book whose entries are 20 times or more away from the first marks.",
    ),
]


class Known(StrEnum):
    """How the content of a file is known."""

    RECORDED = "recorded"
    YOURS = "yours"
    RECONSTRUCTED = "reconstructed"
    ASSUMED = "assumed"


Provenance = Annotated[
    Known | None,
    typer.Option(
        help="How the files of prices, book and flows are known.  [default: yours, but recorded "
        "where data fetch or pull brought them]",
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
WindowOf = Annotated[
    str | None,
    typer.Argument(
        autocompletion=completion.scenarios,
        metavar="[SCENARIO]",
        help="Bundled name, folder or scenario.toml: its window and markets.",
    ),
]
Markets = Annotated[
    list[str] | None,
    typer.Option(metavar="NAME", help="Only this market, such as BTCUSDT; repeatable."),
]
Moment = Annotated[str | None, typer.Option(metavar="TIME", help="Instead of the scenario's, UTC.")]
StoreFolder = Annotated[
    Path | None,
    typer.Option("--store", metavar="DIR", help="The store.  [default: in the user data folder]"),
]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Draws = Annotated[
    int | None,
    typer.Option(
        min=0,
        metavar="N",
        help="Replay N draws of the assumed numbers and the seed too, to show how far each figure "
        "moves; 0: none.  [default, where the scenario states ranges: 24, in a comparison 8]",
    ),
]
Jobs = Annotated[
    int | None,
    typer.Option(min=1, metavar="N", help="Processes.  [default: one a core, 1 if small]"),
]
Seed = Annotated[int | None, typer.Option(min=0, metavar="N", help="Seed of everything random.")]


def overrides(
    prices: list[Path] | None,
    book: Path | None,
    flows: Path | None,
    with_: list[Path] | None,
    set_: list[str] | None,
    seed: int | None,
    names_of: str | None,
    allow_implausible: bool,
    provenance: Known | None,
    venue: str | None = None,
) -> "Overrides":
    """What these options change in a scenario."""
    from crashsim.scenarios import Overrides

    return Overrides(
        prices=tuple(prices or ()),
        book=book,
        flows=flows,
        venue=venue,
        seed=seed,
        set=tuple(set_ or ()),
        extra_book=tuple(with_ or ()),
        names_of=names_of,
        allow_implausible=allow_implausible,
        provenance=provenance and provenance.value,
    )


def one_form(*, json: bool, csv: bool, md: bool) -> None:
    """Refuse more than one form on stdout. Raises typer.BadParameter."""
    if [json, csv, md].count(True) > 1:
        raise typer.BadParameter("give one of --json, --csv and --md: they all go to stdout")
