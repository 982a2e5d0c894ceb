"""What `crashsim data` prints: imports, findings, the store, a book."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path

from rich.console import JustifyMethod, RenderableType
from rich.table import Table
from rich.text import Text

from crashsim.cli import output
from crashsim.data.loaders.extent import Extent
from crashsim.data.loaders.format import Columns
from crashsim.data.loaders.importer import Imported
from crashsim.data.rebuild.venue_book import VenueBook
from crashsim.data.store.check import MarketCheck
from crashsim.data.store.check_source import CheckReport
from crashsim.data.store.datasets import MANY_MARKETS, DatasetInfo
from crashsim.data.store.store import Store

_SHOWN_MARKETS = 3


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
    words = [f"{extent.rows:,} {_kind(dataset.kind, dataset.interval_s)}"]
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


def print_check(report: CheckReport, *, as_json: bool) -> None:
    """Print a line a market with findings, a line a series of clean ones, damage and notes."""
    if as_json:
        lines = [asdict(line) | {"findings": line.findings} for line in report.lines]
        content = {"clean": report.is_clean, "series": lines, "damage": report.damage}
        output.emit_json(content | {"notes": report.notes})
        return
    table = _table("source", "kind", "market", "rows", "from - to (UTC)", "findings")
    for line in report.lines:
        if line.findings:
            table.add_row(*_check_row(line))
    for clean in _clean_series(report.lines):
        table.add_row(*_check_row(clean))
    found = sum(bool(line.findings) for line in report.lines)
    verdict = f"{len(report.lines)} series, {found} with findings"
    parts: list[RenderableType] = [table] if report.lines else []
    parts += [Text(f"damaged: {text}") for text in report.damage]
    parts += [Text(f"note: {text}") for text in report.notes]
    output.emit_rendered(output.console(), *parts, Text(verdict if report.lines else "no rows"))


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
    table = _table("source", "kind", "market", "rows", "from - to (UTC)", "files")
    for info in infos:
        places = {part.place for part in info.parts}
        name = info.dataset
        kind = _kind(name.kind, name.interval_s)
        span = _span(info.first_ms, info.last_ms)
        table.add_row(name.source, kind, name.market, f"{info.rows:,}", span, str(len(places)))
    output.emit_rendered(output.console(), table)


def print_book(book: VenueBook, out: Path, at_ms: int) -> None:
    """Print how large a book is and what its reader must know."""
    sizes = f"{book.accounts.height:,} accounts, {book.positions.height:,} positions"
    parts = [
        Text(f"book of {_utc(at_ms)} UTC: {sizes}", style="bold"),
        Text(f"{book.flows.height:,} deposits and withdrawals after it in {out}/flows.parquet"),
        *(Text(f"note: {note}") for note in book.notes),
        Text(
            f"next: crashsim replay oct11 --book {out} --flows {out}/flows.parquet"
            f" --set scenario.start={_utc(at_ms).replace(' ', 'T')}Z"
            " --set book.provenance=reconstructed",
            style="dim",
        ),
    ]
    output.emit_rendered(output.console(), *parts)


def _clean_series(lines: Sequence[MarketCheck]) -> list[MarketCheck]:
    """One line for the clean markets of each source, kind and length of bar."""
    series: dict[tuple[str, str, int | None], list[MarketCheck]] = {}
    for line in lines:
        if not line.findings:
            series.setdefault((line.source, line.kind, line.interval_s), []).append(line)
    return [
        replace(
            own[0],
            market=own[0].market if len(own) == 1 else f"{len(own)} markets",
            rows=sum(line.rows for line in own),
            first_ms=min(line.first_ms for line in own),
            last_ms=max(line.last_ms for line in own),
        )
        for own in series.values()
    ]


def _check_row(line: MarketCheck) -> tuple[str, ...]:
    return (
        line.source,
        _kind(line.kind, line.interval_s),
        line.market,
        f"{line.rows:,}",
        _span(line.first_ms, line.last_ms),
        "; ".join(line.findings) or "clean",
    )


def _as_json(info: DatasetInfo) -> dict[str, object]:
    return asdict(info.dataset) | {
        "rows": info.rows,
        "first_ms": info.first_ms,
        "last_ms": info.last_ms,
        "parts": [asdict(part) for part in info.parts],
    }


def _table(*names: str) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), show_edge=False)
    for name in names:
        justify: JustifyMethod = "right" if name == "rows" else "left"
        wraps = name == "findings"
        table.add_column(name, justify=justify, no_wrap=not wraps, overflow="ellipsis")
    return table


def _kind(kind: str, interval_s: int | None) -> str:
    return kind if interval_s is None else f"{kind} {_length(interval_s)}"


def _length(seconds: int) -> str:
    for unit, size in (("d", 86_400), ("h", 3600), ("m", 60)):
        if seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def _some(names: Sequence[str]) -> str:
    """The first few of many names."""
    more = len(names) - _SHOWN_MARKETS
    shown = ", ".join(names[:_SHOWN_MARKETS]) or "no market"
    return f"{shown} and {more} more" if more > 0 else shown


def _span(first_ms: int | None, last_ms: int | None) -> str:
    """`2025-10-10 20:35 - 10-11 11:55`: to the minute, the year once."""
    return f"{_utc(first_ms)[:16]} - {_utc(last_ms)[5:16]}"


def _utc(ms: int | None) -> str:
    if ms is None:
        return "-"
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")
