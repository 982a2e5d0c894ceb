"""`crashsim venues`: under which rules it can be replayed."""

from typing import Annotated

import typer

from crashsim.cli import completion

app = typer.Typer(rich_markup_mode=None)


@app.callback(invoke_without_command=True)
def venues(
    context: typer.Context,
    json: Annotated[bool, typer.Option("--json", help="Print the list as JSON.")] = False,
) -> None:
    """List the bundled venues; `crashsim venues show NAME` prints one."""
    if context.invoked_subcommand is not None:
        return
    from crashsim.cli.show import facts
    from crashsim.scenarios import bundled_venues

    facts.print_list(
        bundled_venues(),
        "Replay under one: crashsim replay SCENARIO --venue NAME. "
        "Its rules: crashsim venues show NAME",
        as_json=json,
    )


@app.command("show", no_args_is_help=True)
def show(
    name: Annotated[
        str,
        typer.Argument(
            autocompletion=completion.venues, metavar="NAME", help="Bundled name or a venue.toml."
        ),
    ],
    market: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Print the margin table that serves this market alone."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the facts as JSON.")] = False,
) -> None:
    """Print a venue's rules: every number with its unit and its source or assumption.

    Of hundreds of margin tables a few are shown; --json has them all.
    """
    from crashsim.cli.show import facts
    from crashsim.scenarios import margin_sheet, venue_sheet

    if market is not None:
        facts.print_market(margin_sheet(name, market), market, as_json=json)
    else:
        facts.print_sheet(venue_sheet(name), as_json=json)
