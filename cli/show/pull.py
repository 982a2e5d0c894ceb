"""Runs a pull and prints it: what would be asked, and what the store holds afterwards."""

import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import groupby
from typing import Any
from urllib.parse import urlsplit

import typer
from rich.table import Table
from rich.text import Text

from crashsim.cli import exits, output
from crashsim.cli.progress import progress_bar
from crashsim.cli.target import Target
from crashsim.data.pull.client import Client, open_exchange
from crashsim.data.pull.errand import Ask, Pulled, expected_rows, plan, pull
from crashsim.data.pull.rehearsal import Rehearsed, rehearse
from crashsim.data.retry import Retry
from crashsim.data.store.datasets import Window
from crashsim.data.store.store import Store

_MOST_RUNS = 6  # of missing minutes, in one line


def asks(venues: Sequence[str], series: Sequence[str], wanted: Target) -> tuple[Ask, ...]:
    """The plan of a pull. Raises typer.BadParameter without markets."""
    if not wanted.markets:
        raise typer.BadParameter("name a SCENARIO, or markets with --market")
    start_ms, end_ms = (int(moment.timestamp() * 1000) for moment in (wanted.start, wanted.end))
    return plan(venues, wanted.markets, series, Window(start_ms, end_ms))


def print_rehearsal(asks: Sequence[Ask], store: Store, *, as_json: bool) -> None:
    """Print what would be asked, to stdout."""
    rehearsed = rehearse(asks, store)
    if as_json:
        output.emit_json([_rehearsed_json(item) for item in rehearsed])
        return
    table = _table("venue", "series", "markets", "calls", "asked of")
    for (name, series), group in _grouped(rehearsed, lambda item: item.ask):
        calls = sum(len(item.open) for item in group)
        first = next((item.first_url for item in group if item.first_url), None)
        where = "nothing: all is here" if first is None else urlsplit(first).path
        table.add_row(name, series, str(len(group)), str(calls), where)
    total = sum(item.seconds for item in rehearsed)
    calls = sum(len(item.open) for item in rehearsed)
    hosts = {urlsplit(item.first_url).netloc for item in rehearsed if item.first_url}
    lines = [
        f"{calls} calls, about {_minutes(total)}, {_span(asks[0].window)}. Nothing was asked.",
        *([f"Hosts: {', '.join(sorted(hosts))}"] if hosts else []),
    ]
    output.emit_rendered(output.console(), table, Text("\n".join(lines), style="dim"))


def run(asks: Sequence[Ask], store: Store, *, as_json: bool) -> int:
    """Pull, print, and give the exit code. Raises NetworkError where a venue ends it."""
    retry = Retry(report=_to_stderr)
    with progress_bar(f"pulling from {', '.join(_venues(asks))}") as progress:
        done = pull(
            asks,
            store,
            lambda feed: Client(feed, open_exchange(feed)),
            retry,
            lambda: datetime.now(UTC),
            progress,
        )
    if as_json:
        output.emit_json([_pulled_json(item) for item in done])
    else:
        output.emit_rendered(
            output.console(), _summary(done), Text(_where(asks, store), style="dim")
        )
    for item in done:
        _report(item)
    if any(item.failure for item in done):
        return exits.NETWORK
    return exits.FINDING if any(item.missing for item in done) else 0


def _summary(done: Sequence[Pulled]) -> Table:
    table = _table("venue", "series", "markets", "rows", "missing", "calls", "failed")
    for (name, series), group in _grouped(done, lambda item: item.ask):
        missing = sum(_length(item.missing) for item in group)
        failed = sum(item.failure is not None for item in group)
        table.add_row(
            name,
            series,
            str(len(group)),
            f"{sum(item.rows for item in group):,}",
            "-" if series == "funding" else f"{missing:,}",
            str(sum(item.calls for item in group)),
            str(failed or "-"),
        )
    return table


def _report(item: Pulled) -> None:
    """What is not as it should be, one line to stderr."""
    if item.failure:
        _to_stderr(item.failure)
    elif item.missing:
        runs = ", ".join(_span(run) for run in item.missing[:_MOST_RUNS])
        more = len(item.missing) - _MOST_RUNS
        rest = f" and {more} more" if more > 0 else ""
        _to_stderr(
            f"{item.ask.name}: {_length(item.missing)} minutes are missing: {runs}{rest}; the venue"
            " was asked for them again and has none"
        )
    if item.duplicates:
        _to_stderr(f"{item.ask.name}: {item.duplicates} identical rows came twice and were dropped")


def _where(asks: Sequence[Ask], store: Store) -> str:
    sources = ", ".join(f"store:{name}" for name in _venues(asks))
    return f"In {store.root} as {sources}. Look at it with `crashsim data ls`."


def _grouped(items: Sequence[Any], ask_of: Any) -> list[tuple[tuple[str, str], list[Any]]]:
    def key(item: Any) -> tuple[str, str]:
        return ask_of(item).feed.name, ask_of(item).series

    return [(name, list(group)) for name, group in groupby(items, key=key)]


def _venues(asks: Sequence[Ask]) -> list[str]:
    return list(dict.fromkeys(ask.feed.name for ask in asks))


def _table(*names: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in names:
        right = name in ("markets", "calls", "rows", "missing", "failed")
        table.add_column(name, justify="right" if right else "left", overflow="fold")
    return table


def _rehearsed_json(item: Rehearsed) -> dict[str, Any]:
    return {
        **_named(item.ask),
        "calls": len(item.open),
        "windows": [_window_json(window) for window in item.open],
        "seconds": round(item.seconds, 2),
        "first_url": item.first_url,
    }


def _pulled_json(item: Pulled) -> dict[str, Any]:
    return {
        **_named(item.ask),
        "rows": item.rows,
        "expected_rows": expected_rows(item.ask),
        "missing": [_window_json(window) for window in item.missing],
        "duplicates": item.duplicates,
        "calls": item.calls,
        "failure": item.failure,
    }


def _named(ask: Ask) -> dict[str, str]:
    return {"venue": ask.feed.name, "series": ask.series, "market": ask.dataset.market}


def _window_json(window: Window) -> dict[str, str]:
    return {"start": _iso(window.start_ms), "end": _iso(window.end_ms)}


def _iso(time_ms: int) -> str:
    text = datetime.fromtimestamp(time_ms / 1000, UTC).isoformat(timespec="seconds")
    return text.replace("+00:00", "Z")


def _span(window: Window) -> str:
    start, end = (datetime.fromtimestamp(ms / 1000, UTC) for ms in (window.start_ms, window.end_ms))
    same_day = start.date() == end.date()
    return f"{start:%Y-%m-%d %H:%M} to {end:{'%H:%M' if same_day else '%Y-%m-%d %H:%M'}} UTC"


def _length(windows: Sequence[Window]) -> int:
    return sum((window.end_ms - window.start_ms) // 60_000 for window in windows)


def _minutes(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"


def _to_stderr(line: str) -> None:
    print(line, file=sys.stderr)
