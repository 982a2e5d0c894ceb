"""What `crashsim data pull` prints: what would be asked, and what the store holds afterwards."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.text import Text

from crashsim.cli import output
from crashsim.cli.sheet import Sheet
from crashsim.data.clock import utc_text
from crashsim.data.pull.errand import Ask, Pulled, expected_rows
from crashsim.data.pull.rehearsal import Rehearsed
from crashsim.data.pull.totals import open_series, open_total, pulled_series
from crashsim.data.pull.windows import minute_count
from crashsim.data.store.datasets import Window
from crashsim.lab.figures import duration, span

_MOST_RUNS = 6  # of missing minutes, in one line


def print_rehearsal(rehearsed: Sequence[Rehearsed], *, as_json: bool) -> None:
    """Print what would be asked, to stdout."""
    if as_json:
        return output.emit_json([_rehearsed_json(item) for item in rehearsed])
    rows = [
        [one.venue, one.series, f"{one.markets:,}", f"{one.calls:,}", one.path or "all is here"]
        for one in open_series(rehearsed)
    ]
    titles = ["venue", "series", "markets", "calls", "asked of"]
    total = open_total(rehearsed)
    window = _span(rehearsed[0].ask.window)
    words = f"{total.calls} calls, about {duration(total.seconds)}, {window}. Nothing was asked."
    hosts = f"\nHosts: {', '.join(total.hosts)}" if total.hosts else ""
    table = Sheet(titles, rows, frozenset({2, 3})).rendered()
    output.emit_rendered(output.console(), table, Text(f"\n{words}{hosts}", style="dim"))


def print_pulled(done: Sequence[Pulled], root: Path, *, as_json: bool) -> None:
    """Print what the store at `root` now holds to stdout, and what is amiss to stderr."""
    content = [_pulled_json(item) for item in done]
    where = Text(f"\n{_where(done, root)}", style="dim")
    output.emit_result(content, [_summary(done).rendered(), where], as_json=as_json)
    for item in done:
        _report(item)


def _summary(done: Sequence[Pulled]) -> Sheet:
    titles = ["venue", "series", "markets", "rows", "missing", "calls", "failed"]
    rows = [
        [
            one.venue,
            one.series,
            f"{one.markets:,}",
            f"{one.rows:,}",
            "-" if one.missing_minutes is None else f"{one.missing_minutes:,}",
            f"{one.calls:,}",
            f"{one.failed or '-'}",
        ]
        for one in pulled_series(done)
    ]
    return Sheet(titles, rows, frozenset(range(2, 7)))


def _report(item: Pulled) -> None:
    """What is not as it should be, one line to stderr."""
    if item.failure:
        output.note(item.failure)
    elif item.missing:
        runs = ", ".join(_span(run) for run in item.missing[:_MOST_RUNS])
        more = len(item.missing[_MOST_RUNS:])
        rest = f" and {more} more" if more else ""
        output.note(
            f"{item.ask.name}: {minute_count(item.missing)} minutes are missing: {runs}{rest}; the "
            "venue was asked for them again and has none"
        )
    if item.duplicates:
        output.note(
            f"{item.ask.name}: {item.duplicates} identical rows came twice and were dropped"
        )


def _where(done: Sequence[Pulled], root: Path) -> str:
    venues = dict.fromkeys(item.ask.feed.name for item in done)
    sources = ", ".join(f"store:{name}" for name in venues)
    return f"In {root} as {sources}. Look at it with `crashsim data ls`."


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
    return {"start": utc_text(window.start_ms), "end": utc_text(window.end_ms)}


def _span(window: Window) -> str:
    return span(utc_text(window.start_ms), utc_text(window.end_ms))
