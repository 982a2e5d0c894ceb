"""`crashsim data`: bring in what a user holds, check it, list it, make a book of it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from crashsim.cli import completion, options
from crashsim.cli.commands.fetch import fetch
from crashsim.cli.commands.pull import pull

if TYPE_CHECKING:
    from crashsim.data.loaders.format import Options
    from crashsim.data.store.datasets import Window
    from crashsim.data.store.store import Store

data_app = typer.Typer(
    rich_markup_mode=None,
    no_args_is_help=True,
    help="Bring in recorded data, check it, and make a replay's inputs of it.",
)

data_app.command("pull", no_args_is_help=True)(pull)
data_app.command("fetch")(fetch)  # alone it lists the archives

_Market = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="The market, where neither rows nor file name say it."),
]
_Kind = Annotated[
    str | None,
    typer.Option(metavar="KIND", help="last, mark, index, trades or liquidations."),
]
_Map = Annotated[
    str | None,
    typer.Option(
        "--map", metavar="THEIRS=OURS,...", help="Columns of a table that no format knows."
    ),
]
_TimeUnit = Annotated[
    str | None, typer.Option(metavar="UNIT", help="Of numeric times: s, ms, us or ns.")
]
_Tz = Annotated[str, typer.Option(metavar="ZONE", help="Of times that carry none.")]
_Interval = Annotated[
    int | None,
    typer.Option(metavar="SECONDS", min=1, help="Length of a bar, if it cannot be seen."),
]
_ContractSize = Annotated[
    list[str] | None,
    typer.Option(metavar="[MARKET=]SIZE", help="Base units a contract (OKX swaps); repeatable."),
]
_Decimal = Annotated[
    str | None,
    typer.Option(metavar="SIGN", help="Of numbers: , or . where they leave it open."),
]
_Start = Annotated[str | None, typer.Option(metavar="TIME", help="Rows must reach back to this.")]
_End = Annotated[str | None, typer.Option(metavar="TIME", help="Rows must reach this.")]


@data_app.command("import", no_args_is_help=True)
def import_(
    path: Annotated[list[str], typer.Argument(metavar="PATH...", help="Files, folders or globs.")],
    source: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Name in the store.  [default: the format's own]"),
    ] = None,
    market: _Market = None,
    kind: _Kind = None,
    map_: _Map = None,
    time_unit: _TimeUnit = None,
    tz: _Tz = "UTC",
    decimal: _Decimal = None,
    interval: _Interval = None,
    contract_size: _ContractSize = None,
    store: options.StoreFolder = None,
    json: options.Json = False,
) -> None:
    """Read files into the store. What a file is, is found from its content, not its name.

    CSV, JSON, Parquet and Feather, plain or inside zip, gz, zst, lz4, xz, bz2 or tar: Binance,
    Bybit and OKX archives, Hyperliquid node files, Reservoir, HyperReplay, Tardis, CoinAPI,
    CryptoDataDownload, freqtrade, ccxt, Dune; anything else with --map. A file is imported whole or
    not at all; importing it again changes nothing.

    \b
    Examples:
      crashsim data import ~/Downloads/BTCUSDT-1m-2025-10-10.zip
      crashsim data import 'archive/**/*.lz4'
      crashsim data import trades.csv --map when=time,paid=price,n=size --time-unit us --market BTC
      crashsim replay oct11 --set prices.source=store:binance
    """
    from datetime import UTC, datetime

    from crashsim.cli import progress
    from crashsim.cli.show import data
    from crashsim.data.loaders.importer import Imported, import_file
    from crashsim.data.loaders.reading.containers import input_files
    from crashsim.scenarios.errors import InputError

    given = _options(market, kind, map_, time_unit, tz, interval, contract_size, decimal)
    files = list(dict.fromkeys(file for each in path for file in input_files(each)))
    imported: list[Imported] = []
    failures: list[str] = []
    with progress.file_bar() as report:
        for file in files:
            try:
                now = datetime.now(UTC)
                imported.extend(import_file(_store(store), file, given, now, source, report))
            except InputError as error:
                failures.append(str(error))
    data.print_imported(imported, as_json=json)
    if failures:
        raise InputError("\n".join(failures))


@data_app.command("check", no_args_is_help=True)
def check(
    path: Annotated[
        list[str], typer.Argument(metavar="PATH...|store", help="Files, folders, globs; or store.")
    ],
    source: Annotated[
        str | None, typer.Option(metavar="NAME", help="Only this source of the store.")
    ] = None,
    start: _Start = None,
    end: _End = None,
    market: _Market = None,
    kind: _Kind = None,
    map_: _Map = None,
    time_unit: _TimeUnit = None,
    tz: _Tz = "UTC",
    decimal: _Decimal = None,
    interval: _Interval = None,
    contract_size: _ContractSize = None,
    against: Annotated[
        str | None,
        typer.Option(
            metavar="RUN",
            help="Set recorded liquidations and ADL beside this run's.",
            autocompletion=completion.runs,
        ),
    ] = None,
    store: options.StoreFolder = None,
    json: options.Json = False,
) -> None:
    """Look for gaps, repeats, disorder, zero volume, outliers and missing coverage.

    Liquidations and ADL are counted by market and minute. Nothing is changed or filled. Exit code 1
    where something was found.

    \b
    Examples:
      crashsim data check store --start 2025-10-10T20:45 --end 2025-10-10T22:00
      crashsim data check BTCUSDT-1m-2025-10-10.zip
      crashsim data check store --source binance --against my-run
    """
    from crashsim.cli import exits, progress
    from crashsim.cli.show import data
    from crashsim.data.loaders.reading.containers import input_files
    from crashsim.data.store.check_source import check_files, check_store
    from crashsim.lab.computer.record_and_run import closings_of

    window = _window(start, end)
    if path == ["store"]:
        report = check_store(_store(store), source, window)
    else:
        given = _options(market, kind, map_, time_unit, tz, interval, contract_size, decimal)
        files = [file for each in path for file in input_files(each)]
        with progress.file_names() as at_file:
            report = check_files(files, given, window, at_file)
    data.print_check(report, closings_of(report.closings, against), as_json=json)
    if not report.is_clean:
        raise typer.Exit(exits.FINDING)


@data_app.command("ls")
def ls(store: options.StoreFolder = None, json: options.Json = False) -> None:
    """List what the store has; --json also says which file or URL each part came from."""
    from crashsim.cli.show import data

    data.print_store(_store(store), as_json=json)


@data_app.command("book", no_args_is_help=True)
def book(
    at: Annotated[
        str, typer.Option(metavar="TIME", help="The moment, UTC, such as 2025-10-10T21:15:00Z.")
    ],
    out: Annotated[Path, typer.Option(metavar="DIR", help="A new folder for the book.")],
    record: Annotated[
        list[str] | None,
        typer.Option(metavar="PATH...", help="All files of the record, sorted by content."),
    ] = None,
    more: Annotated[list[str] | None, typer.Argument(metavar="[PATH]...", hidden=True)] = None,
    check: Annotated[
        str | None,
        typer.Option(
            metavar="SNAPSHOT", help="A later snapshot: rebuild it too, list what differs."
        ),
    ] = None,
    snapshot: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PATH", help="Account values and positions of one moment; repeatable."
        ),
    ] = None,
    fills: Annotated[
        list[str] | None,
        typer.Option(metavar="PATH", help="Fills from the snapshot on; repeatable."),
    ] = None,
    events: Annotated[
        list[str] | None,
        typer.Option(metavar="PATH", help="Funding and ledger events; repeatable."),
    ] = None,
) -> None:
    """Make the book of a real venue at a moment, from a snapshot and what came after it.

    Reads Hyperliquid's node files, Reservoir and HyperReplay, as they are shipped: packed, in
    parts, many kinds in one archive. Only what happened up to the moment counts. Writes accounts,
    positions, the deposits and withdrawals after the moment (flows), the venue with the maintenance
    rates of the day, and book.json with the inputs and everything that a reader must know.

    \b
    Example:
      crashsim data book --record record/ --at 2025-10-10T21:15:00Z --out hl-2115
      crashsim replay oct11 --book hl-2115 --flows hl-2115/flows.parquet \\
        --venue hl-2115/venue.toml --set scenario.start=2025-10-10T21:15:00Z \\
        --set prices.source=store:hyperliquid --set prices.volume_scale=1
    """
    from crashsim.cli import progress
    from crashsim.cli.show import data
    from crashsim.data.rebuild.book_folder import write_book
    from crashsim.data.rebuild.later_snapshot import check_against
    from crashsim.data.rebuild.record_files import RecordPaths, read_record, read_snapshot
    from crashsim.data.rebuild.venue_book import book_at
    from crashsim.scenarios.errors import InputError

    if more and not record:
        raise InputError(f"{more[0]}: say what it is: --record, --snapshot, --fills or --events")
    paths = RecordPaths((*(record or []), *(more or [])), snapshot or (), fills or (), events or ())
    at_ms = _utc_ms(at, "--at")
    with progress.file_bar() as report:
        later = read_snapshot(check, report) if check else None
        read = read_record(paths, at_ms, later.snapshot_ms if later else None, report)
    with progress.progress_bar("fills by market") as report_market:
        made = book_at(read, at_ms, report_market)
    found = check_against(read, later) if later else None
    write_book(made, out, read, at_ms, paths.files())
    if found:
        found.differences.write_csv(out / "check.csv")
    data.print_book(made, out, at_ms)
    if found:
        data.print_check_of_book(found, out)


def _store(folder: Path | None) -> "Store":
    from crashsim.data.store.store import open_store

    return open_store(folder)


def _options(
    market: str | None,
    kind: str | None,
    columns: str | None,
    time_unit: str | None,
    tz: str,
    interval_s: int | None,
    contract_sizes: list[str] | None,
    decimal: str | None,
) -> "Options":
    from crashsim.data.loaders.typed_options import parse_options

    sizes = contract_sizes or []
    return parse_options(market, kind, columns, time_unit, tz, interval_s, sizes, decimal)


def _window(start: str | None, end: str | None) -> "Window | None":
    from crashsim.data.store.datasets import Window
    from crashsim.scenarios.errors import InputError

    if start is None and end is None:
        return None
    if start is None or end is None:
        raise InputError("--start and --end belong together: give both")
    return Window(_utc_ms(start, "--start"), _utc_ms(end, "--end"))


def _utc_ms(text: str, option: str) -> int:
    from crashsim.cli.target import typed_time
    from crashsim.data.clock import utc_ms

    return utc_ms(typed_time(text, option))
