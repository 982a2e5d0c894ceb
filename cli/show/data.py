"""What `crashsim data` prints: imports, findings, the store, a book."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

from rich.console import RenderableType
from rich.text import Text

from crashsim.cli import output
from crashsim.cli.sheet import Sheet
from crashsim.data.clock import utc_words
from crashsim.data.loaders.extent import Extent
from crashsim.data.loaders.format import Columns
from crashsim.data.loaders.importer import Imported
from crashsim.data.rebuild.later_snapshot import Check
from crashsim.data.rebuild.venue_book import VenueBook
from crashsim.data.store.check import MarketCheck
from crashsim.data.store.check_source import CheckReport
from crashsim.data.store.datasets import MANY_MARKETS, DatasetInfo, kind_text
from crashsim.data.store.store import Store
from crashsim.engine.readings import Frame
from crashsim.lab.computer.record_and_run import Closings

_SHOWN_MARKETS = 3
_SERIES = ("source", "kind", "market", "rows", "from - to (UTC)")
_ROWS = frozenset({3})
_WHOLE = frozenset({0, 1, 2, 4})
_SHOWN_TYPES = 20
_UNCUT = 10_000  # columns: a line of the list is never shortened
_TITLES = {"time": "minute UTC", "notional_usd": "USD", "recorded_usd": "USD"}
_TITLES |= {"replayed_usd": "USD"}


def print_imported(imported: Sequence[Imported], *, as_json: bool) -> None:
    """Print what each file gave, and its reader's notes."""
    if as_json:
        output.emit_json([asdict(each) for each in imported])
        return
    parts: list[RenderableType] = []
    for each in imported:
        parts += [
            Text(Path(each.path).name, style="bold"),
            Text(f"  {each.format_id} of {_some(each.markets)} -> store:{each.source}"),
            *(Text(f"  {_extent(extent)}") for extent in each.extents),
            *_columns(each.columns),
            *(Text(f"  note: {note}") for note in each.notes),
        ]
    output.emit_rendered(output.console(), *parts)


def _extent(extent: Extent) -> str:
    """`3 bars of last 1m, BTC, 2025-10-10 21:00 - 10-10 21:02 UTC, prices 104,000 to 120,000`."""
    dataset = extent.dataset
    words = [f"{extent.rows:,} {kind_text(dataset.kind, dataset.interval_s)}"]
    words.append("many markets" if dataset.market == MANY_MARKETS else dataset.market)
    words.append(f"{_span(extent.first_ms, extent.last_ms)} UTC")
    if extent.low is not None and extent.high is not None:
        words.append(f"prices {extent.low:,.8g} to {extent.high:,.8g}")
    if extent.volume is not None:
        words.append(f"volume {extent.volume:,.8g}")
    if extent.volume_usd is not None:
        words.append(f"quote volume {extent.volume_usd:,.8g}")
    return ", ".join(words)


def _columns(columns: Columns) -> list[Text]:
    if not columns.used:
        return []
    used = [
        ours if ours == theirs else f"{theirs} as {ours}" for theirs, ours in columns.used.items()
    ]
    lines = [Text(f"  columns used: {', '.join(used)}")]
    return lines + ([Text(f"  not used: {', '.join(columns.unused)}")] if columns.unused else [])


def print_check(report: CheckReport, closings: Closings, *, as_json: bool) -> None:
    """Print each market with its findings, a line a series of clean ones, damage and notes.

    Nothing depends on the width of the terminal: a finding that is cut off is none. closings:
    liquidations and ADL by market and minute, beside a run's or not.
    """
    notes = (*report.notes, *closings.notes)
    if as_json:
        lines = [asdict(line) | {"findings": line.findings} for line in report.lines]
        content = {"clean": report.is_clean, "series": lines, "damage": report.damage}
        told = closings.rows.iter_rows(named=True)
        minutes = [row | {"time": _json_time(row["time"])} for row in told]
        output.emit_json(content | {"notes": notes, "closings": minutes})
        return
    shown: list[str] = []
    for line in report.found:
        shown += [_series(line), *(f"  {finding}" for finding in line.findings)]
    shown += [f"{_series(line)}: clean" for line in report.clean_series()]
    shown += [f"finding: {text}" for text in report.damage]
    shown += [f"note: {text}" for text in notes]
    verdict = f"{len(report.lines)} series, {len(report.found)} with findings"
    output.emit("".join(f"{line}\n" for line in shown))
    if closings.rows.height:
        output.emit_rendered(output.console(), _closings(closings.rows))
    output.emit((verdict if report.lines else "no rows") + "\n")


def _json_time(minute: datetime | None) -> str | None:
    return f"{minute:%Y-%m-%dT%H:%MZ}" if minute else None


def _closings(closings: Frame) -> RenderableType:
    """The rows as a table; a row without a time is of the whole window."""
    numeric = [place for place, dtype in enumerate(closings.dtypes) if dtype.is_numeric()]
    titles = [_TITLES.get(name, name) for name in closings.columns]
    rows = [[_closing_cell(cell) for cell in row] for row in closings.iter_rows()]
    return Sheet(titles, rows, frozenset(numeric)).rendered()


def _closing_cell(cell: str | float | datetime | None) -> str:
    if cell is None:
        return "all"
    if isinstance(cell, datetime):
        return f"{cell:%m-%d %H:%M}"
    return cell if isinstance(cell, str) else f"{cell:,.0f}"


def print_store(store: Store, *, as_json: bool) -> None:
    """Print the store's datasets; those of one source, kind and length with many markets as one."""
    infos = store.datasets()
    if as_json:
        output.emit_json([_as_json(info) for info in infos])
        return
    if not infos:
        hint = "the store is empty; `crashsim data import` and `crashsim data pull` bring data in"
        output.emit(hint + "\n")
        return
    sheet = Sheet((*_SERIES, "files"), [_store_row(info) for info in infos], _ROWS, _WHOLE)
    output.emit_rendered(output.console(_UNCUT), sheet.rendered())


def print_book(book: VenueBook, out: Path, at_ms: int) -> None:
    """Print how large a book is and what its reader must know."""
    sizes = f"{book.accounts.height:,} accounts, {book.positions.height:,} positions"
    parts = [
        Text(f"book of {_utc(at_ms)} UTC: {sizes}", style="bold"),
        Text(f"{book.flows.height:,} deposits and withdrawals after it in {out}/flows.parquet"),
        *(Text(f"note: {note}") for note in book.notes),
        Text(
            f"next: crashsim replay oct11 --book {out} --flows {out}/flows.parquet"
            f" --venue {out}/venue.toml --set scenario.start={_utc(at_ms).replace(' ', 'T')}Z"
            " --set prices.source=store:hyperliquid --set prices.volume_scale=1",
            style="dim",
        ),
    ]
    output.emit_rendered(output.console(), *parts)


def _store_row(info: DatasetInfo) -> tuple[str, ...]:
    name = info.dataset
    return (
        name.source,
        kind_text(name.kind, name.interval_s),
        name.market,
        f"{info.rows:,}",
        _span(info.first_ms, info.last_ms),
        f"{len({part.place for part in info.parts}):,}",
    )


def print_check_of_book(check: Check, out: Path) -> None:
    """Print how far a rebuilt state is from a later snapshot, a line a combination of events."""
    verdict = (
        f"check against the snapshot of {_utc(check.at_ms)} UTC:"
        f" {check.equal_sizes:,} of {check.sizes:,} sizes are equal,"
        f" the money of {check.equal_accounts:,} of {check.accounts:,} accounts to a cent"
    )
    parts: list[RenderableType] = [Text(verdict, style="bold")]
    rows = [
        (events, f"{sizes:,}", f"{accounts:,}", f"{usd:,.2f}")
        for events, sizes, accounts, usd in check.by_type().head(_SHOWN_TYPES).iter_rows()
    ]
    if rows:
        names = ("what had happened there", "sizes", "accounts", "USD")
        sheet = Sheet(names, rows, frozenset({1, 2, 3}), frozenset())
        parts += [sheet.rendered(), Text(f"every difference: {out}/check.csv")]
    output.emit_rendered(output.console(), *parts)


def _series(line: MarketCheck) -> str:
    name = f"{line.source} {kind_text(line.kind, line.interval_s)} {line.market}"
    return f"{name}, {line.rows:,} rows, {_span(line.first_ms, line.last_ms)} UTC"


def _as_json(info: DatasetInfo) -> dict[str, object]:
    return asdict(info.dataset) | {
        "rows": info.rows,
        "first_ms": info.first_ms,
        "last_ms": info.last_ms,
        "parts": [asdict(part) for part in info.parts],
    }


def _some(names: Sequence[str]) -> str:
    """The first few of many names."""
    more = len(names[_SHOWN_MARKETS:])
    shown = ", ".join(names[:_SHOWN_MARKETS]) or "no market"
    return f"{shown} and {more} more" if more else shown


def _span(first_ms: int | None, last_ms: int | None) -> str:
    """`2025-10-10 20:35 - 10-11 11:55`: to the minute, the year once."""
    return f"{_utc(first_ms)[:16]} - {_utc(last_ms)[5:16]}"


def _utc(ms: int | None) -> str:
    return "-" if ms is None else utc_words(ms)
