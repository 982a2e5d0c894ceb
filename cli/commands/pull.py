"""`crashsim data pull`: candles and funding from the venues' own interfaces."""

from pathlib import Path
from typing import Annotated

import typer

from crashsim.cli import completion


def pull(
    scenario: Annotated[
        str | None,
        typer.Argument(
            autocompletion=completion.scenarios,
            metavar="[SCENARIO]",
            help="Bundled name, folder or scenario.toml: its window and markets.",
        ),
    ] = None,
    venue: Annotated[
        list[str] | None,
        typer.Option(
            autocompletion=completion.feeds,
            metavar="NAME",
            help="binance, bybit, okx, backpack, deribit, dydx or paradex; repeatable."
            "  [default: binance]",
        ),
    ] = None,
    market: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Only this market, such as BTCUSDT; repeatable."),
    ] = None,
    series: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="last, mark, index or funding; repeatable.  [default: all that the venue has]",
        ),
    ] = None,
    start: Annotated[
        str | None, typer.Option(metavar="TIME", help="Instead of the scenario's, UTC.")
    ] = None,
    end: Annotated[
        str | None, typer.Option(metavar="TIME", help="Instead of the scenario's, UTC.")
    ] = None,
    store: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="The store.  [default: in the user data folder]"),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be asked, and ask nothing.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Pull 1-minute candles and funding from venues into the local store.

    Every page is stored as it lands: a pull that was cut goes on where it stopped, and one that was
    whole asks nothing. Every minute of the window is checked; minutes that a venue does not have
    are reported and never filled. No key is needed.

    \b
    Examples:
      crashsim data pull oct11 --dry-run
      crashsim data pull oct11 --venue bybit --venue okx --market BTCUSDT
      crashsim data pull --start 2025-10-10T20:00Z --end 2025-10-11T00:00Z --market BTC

    Exit codes: 0 whole, 1 minutes missing, 3 input, 4 a venue refused or had nothing.
    """
    from crashsim.cli import target
    from crashsim.cli.show import pull
    from crashsim.data.store.store import open_store

    wanted = target.target(scenario, market or (), start, end)
    asks = pull.asks(venue or ("binance",), series or (), wanted)
    place = open_store(store)
    if dry_run:
        pull.print_rehearsal(asks, place, as_json=json)
    else:
        raise typer.Exit(pull.run(asks, place, as_json=json))
