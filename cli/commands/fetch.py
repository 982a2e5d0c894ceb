"""`crashsim data fetch`: files of public archives."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from crashsim.cli import completion, exits, options

if TYPE_CHECKING:
    from crashsim.data.fetch.archives import Archive
    from crashsim.data.fetch.bundle import Fetched, Order
    from crashsim.data.fetch.remote_files import RemoteFile


def fetch(
    archive: Annotated[
        str | None,
        typer.Argument(
            autocompletion=completion.archives,
            metavar="[ARCHIVE]",
            help="Such as binance-klines; none prints the list.",
        ),
    ] = None,
    scenario: options.WindowOf = None,
    market: options.Markets = None,
    start: options.Moment = None,
    end: options.Moment = None,
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
    json: options.Json = False,
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
    from crashsim.cli.show.fetch import print_archives, print_fetched, print_files
    from crashsim.data.fetch.remote_files import archive_named, files_for
    from crashsim.data.store.store import user_data_folder

    if archive is None:
        print_archives(as_json=json)
        return
    wanted = target.target(scenario, market or (), start, end)
    found = archive_named(archive)
    files = files_for(found, wanted.markets, wanted.start, wanted.end)
    if dry_run:
        print_files(found, files, as_json=json)
        return
    folder = out or user_data_folder() / "archives" / archive
    done = _fetch(found, files, folder, mirror, _Consent(yes, max_cost))
    print_fetched(found, folder, done, as_json=json)
    raise typer.Exit(exits.NETWORK if done.absent else 0)


@dataclass(frozen=True)
class _Consent:
    """What the user agreed to pay: anything (`yes`), up to max_usd, or nothing."""

    yes: bool
    max_usd: float | None


def _fetch(
    archive: "Archive",
    files: "Sequence[RemoteFile]",
    folder: Path,
    mirror: str | None,
    consent: _Consent,
) -> "Fetched":
    from datetime import UTC, datetime

    from crashsim.cli import output
    from crashsim.cli.progress import progress_bar
    from crashsim.data.fetch import bundle, remote
    from crashsim.data.retry import Retry

    folder.mkdir(parents=True, exist_ok=True)
    retry = Retry(report=output.note)
    source = remote.Remote(archive, remote.Endpoint(mirror) if mirror else None)
    order = bundle.order_for(source, files, folder, retry)
    if archive.paid and order.items:
        _agree(archive, order, consent)
    with progress_bar(f"fetching {archive.name}") as progress:
        return bundle.fetch(source, order, folder, retry, lambda: datetime.now(UTC), progress)


def _agree(archive: "Archive", order: "Order", consent: _Consent) -> None:
    """Print the price of a paid order, and stop where it was not agreed to."""
    from crashsim.cli.show.fetch import note_price
    from crashsim.data.fetch.bundle import cost_usd

    usd = cost_usd(archive, order)
    note_price(archive, order, usd)
    if consent.max_usd is not None and usd > consent.max_usd:
        raise typer.BadParameter(f"this costs more than --max-cost {consent.max_usd:g}")
    if not consent.yes and consent.max_usd is None:
        raise typer.BadParameter("nothing was downloaded: agree with --yes, or with --max-cost USD")
