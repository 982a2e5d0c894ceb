"""A comparison on the terminal, for people: everything shown comes from its folder's content."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl
from rich import box
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from crashsim.cli import figures
from crashsim.cli.comparison_layout import GROUPS, written, written_delta
from crashsim.cli.comparison_layout import Group as Layout
from crashsim.engine.comparison import change_totals

_STATEMENTS = 12
_TOP = 10
_STYLE = {"recorded": "green", "reconstructed": "yellow", "assumed": "yellow", "note": "cyan"}


def rendered(told: Mapping[str, Any], changes: pl.DataFrame, path: Path) -> RenderableType:
    """The tables of a comparison; told: the content of comparison.json."""
    return Group(*_parts(told, changes, path))


def _parts(told: Mapping[str, Any], changes: pl.DataFrame, path: Path) -> Iterable[RenderableType]:
    scenario = told["scenario"]["scenario"]
    runs: Mapping[str, Any] = told["runs"]
    first = next(iter(runs))
    yield Text(f"{scenario.get('title') or scenario['name']}", style="bold")
    yield Text(
        f"{len(runs)} runs of the same prices, accounts and flows, seed {told['seed']}. Under each "
        f"number: the difference from the first run, {first} (= none)."
    )
    yield _section("How this is known", _statements(told["provenance"]))
    yield _section("The runs", _runs(runs))
    for group in GROUPS:
        yield _section(group.question, _table_of(group, told))
        if "against the same night" in group.question:
            yield Padding(Text(told["caveat"], style="dim"), (0, 0, 0, 2))
    if changes.height:
        yield _section(f"Who changes sides, against {first}", _totals(changes))
        yield _section(
            "For whom it matters most (equity less debt at the end)", _most_changed(changes)
        )
    yield _section("More", _closing(path))


def _section(title: str, body: RenderableType) -> RenderableType:
    return Group(Text(f"\n{title}", style="bold"), Padding(body, (0, 0, 0, 2)))


def _statements(statements: Sequence[Mapping[str, str]]) -> RenderableType:
    rows = Table.grid(padding=(0, 2, 0, 0))
    for statement in statements[:_STATEMENTS]:
        rows.add_row(Text(statement["kind"], style=_STYLE[statement["kind"]]), statement["text"])
    return rows


def _runs(runs: Mapping[str, Any]) -> RenderableType:
    rows = Table.grid(padding=(0, 2, 0, 0))
    rows.add_column(no_wrap=True)
    for name, run in runs.items():
        rows.add_row(Text(name, style="bold"), run["what"])
    return rows


def _table_of(group: Layout, told: Mapping[str, Any]) -> RenderableType:
    rows = _table()
    rows.add_column("")
    for item in group.items:
        rows.add_column(item.heading, justify="right", no_wrap=True)
    metrics = told["metrics"]
    for place, name in enumerate(told["runs"]):
        cells = [
            _cell(item.metric, metrics[item.metric], name, is_first=place == 0)
            for item in group.items
        ]
        rows.add_row(Text(name, style="bold" if place == 0 else ""), *cells)
    return rows


def _cell(metric: str, entry: Mapping[str, Any], run: str, *, is_first: bool) -> Text:
    cell = Text(written(metric, entry["values"][run]))
    if is_first:
        cell.stylize("bold")
        return cell
    if delta := written_delta(metric, entry["deltas"][run]):
        cell.append(f"\n{delta}", style="dim")
    return cell


def _table() -> Table:
    return Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1), show_edge=False)


_SIDES = {
    "deleveraged": ("deleveraged", "closed"),
    "in_debt": ("in debt", "at the peak"),
}


def _totals(changes: pl.DataFrame) -> RenderableType:
    rows = Table.grid(padding=(0, 2, 0, 0))
    rows.add_column(no_wrap=True)
    rows.add_column(justify="right")
    rows.add_column(justify="right")
    last = ""
    for run, side, only_under, accounts, amount in change_totals(changes).iter_rows():
        state, dollars = _SIDES[side]
        rows.add_row(
            run if run != last else "",
            f"{accounts:,}",
            figures.short_usd(amount),
            f"{dollars}: {state} only under {only_under}",
        )
        last = run
    return rows


def _most_changed(changes: pl.DataFrame) -> RenderableType:
    rows = _table()
    for title in ("account", "under"):
        rows.add_column(title, no_wrap=True, overflow="ellipsis", max_width=20)
    for title in ("first run", "there", "difference"):
        rows.add_column(title, justify="right")
    rows.add_column("because")
    top = changes.sort(
        [pl.col("difference_usd").abs(), "account", "run"], descending=[True, False, False]
    ).unique("account", keep="first", maintain_order=True)
    for row in top.head(_TOP).iter_rows(named=True):
        rows.add_row(
            row["account"],
            row["run"],
            figures.short_usd(row["end_first_usd"]),
            figures.short_usd(row["end_run_usd"]),
            _signed(row["difference_usd"]),
            f"{_SIDES[row['side']][0]} only under {row['only_under']}",
        )
    return rows


def _signed(amount: float) -> str:
    return f"{'+' if amount > 0 else ''}{figures.short_usd(amount)}"


def _closing(path: Path) -> RenderableType:
    rows = Table.grid(padding=(0, 2, 0, 0))
    rows.add_row("files", f"{path} (comparison.json, metrics.parquet, changes.parquet)")
    rows.add_row("words", "crashsim compare --explain METRIC, or --explain all")
    return rows
