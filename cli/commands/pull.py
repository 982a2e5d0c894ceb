"""`crashsim data pull`: candles and funding from the venues' own interfaces."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from crashsim.cli import completion, exits, options

if TYPE_CHECKING:
    from crashsim.data.pull.errand import Ask, Pulled
    from crashsim.data.store.store import Store


def pull(
    scenario: options.WindowOf = None,
    venue: Annotated[
        list[str] | None,
        typer.Option(
            autocompletion=completion.feeds,
            metavar="NAME",
            help="binance, bybit, okx, backpack, deribit, dydx or paradex; repeatable."
            "  [default: binance]",
        ),
    ] = None,
    market: options.Markets = None,
    series: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="last, mark, index or funding; repeatable.  [default: all that the venue has]",
        ),
    ] = None,
    start: options.Moment = None,
    end: options.Moment = None,
    store: options.StoreFolder = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be asked, and ask nothing.")
    ] = False,
    json: options.Json = False,
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
    from crashsim.cli.show.pull import print_pulled, print_rehearsal
    from crashsim.data.clock import utc_ms
    from crashsim.data.pull import errand
    from crashsim.data.pull.rehearsal import rehearse
    from crashsim.data.store.datasets import Window
    from crashsim.data.store.store import open_store

    wanted = target.target(scenario, market or (), start, end)
    if not wanted.markets:
        raise typer.BadParameter("name a SCENARIO, or markets with --market")
    window = Window(utc_ms(wanted.start), utc_ms(wanted.end))
    asks = errand.plan(venue or ("binance",), wanted.markets, series or (), window)
    place = open_store(store)
    if dry_run:
        print_rehearsal(rehearse(asks, place), as_json=json)
        return
    done = _pull(asks, place)
    print_pulled(done, place.root, as_json=json)
    raise typer.Exit(_code(done))


def _pull(asks: "Sequence[Ask]", store: "Store") -> "list[Pulled]":
    from datetime import UTC, datetime

    from crashsim.cli import output
    from crashsim.cli.progress import progress_bar
    from crashsim.data.pull import client, errand
    from crashsim.data.retry import Retry

    venues = dict.fromkeys(ask.feed.name for ask in asks)
    with progress_bar(f"pulling from {', '.join(venues)}") as progress:
        return errand.pull(
            asks,
            store,
            lambda feed: client.Client(feed, client.open_exchange(feed)),
            Retry(report=output.note),
            lambda: datetime.now(UTC),
            progress,
        )


def _code(done: "Sequence[Pulled]") -> int:
    if any(item.failure for item in done):
        return exits.NETWORK
    return exits.FINDING if any(item.missing for item in done) else 0
