"""`crashsim data fetch`: files of public archives."""

from pathlib import Path
from typing import Annotated

import typer

from crashsim.cli import completion


def fetch(
    archive: Annotated[
        str | None,
        typer.Argument(
            autocompletion=completion.archives,
            metavar="[ARCHIVE]",
            help="Such as binance-klines; none prints the list.",
        ),
    ] = None,
    scenario: Annotated[
        str | None,
        typer.Argument(
            autocompletion=completion.scenarios,
            metavar="[SCENARIO]",
            help="Bundled name, folder or scenario.toml: its window and markets.",
        ),
    ] = None,
    market: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Only this market, such as BTCUSDT; repeatable."),
    ] = None,
    start: Annotated[
        str | None, typer.Option(metavar="TIME", help="Instead of the scenario's, UTC.")
    ] = None,
    end: Annotated[
        str | None, typer.Option(metavar="TIME", help="Instead of the scenario's, UTC.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Folder of the files.  [default: in the user data folder]"
        ),
    ] = None,
    yes: Annotated[
        bool, typer.Option("--yes", help="Pay what a requester-pays archive costs.")
    ] = False,
    max_cost: Annotated[
        float | None,
        typer.Option(min=0, metavar="USD", help="Pay up to this; refuse where it costs more."),
    ] = None,
    mirror: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Ask this address in place of the archive's own."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the files, and ask nothing.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Fetch files of a public archive; `crashsim data import` reads them.

    Files are verified (SHA-256 where the archive publishes it), continued where a download was cut,
    and not asked for again once they are here. For an archive that bills the one who asks, the size
    and the price are printed first, and nothing moves without --yes or --max-cost. AWS credentials
    come from the environment or from `aws configure`.

    \b
    Examples:
      crashsim data fetch
      crashsim data fetch binance-klines oct11 --market BTCUSDT
      crashsim data fetch hl-fills oct11 --max-cost 0.50
      crashsim data fetch hl-contexts --start 2025-10-10 --end 2025-10-11 --dry-run

    Exit codes: 0 done, 2 usage (a price that was not agreed to), 3 input, 4 network.
    """
    from crashsim.cli import target
    from crashsim.cli.show import fetch

    if archive is None:
        fetch.print_archives(as_json=json)
        return
    errand = fetch.errand(archive, target.target(scenario, market or (), start, end), out)
    if dry_run:
        fetch.print_files(errand, as_json=json)
        return
    raise typer.Exit(fetch.run(errand, mirror, fetch.Consent(yes, max_cost), as_json=json))
