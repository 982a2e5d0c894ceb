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

from crashsim.cli.show.compare_layout import GROUPS, written, written_delta
from crashsim.cli.show.compare_layout import Group as Layout
from crashsim.engine.measure.comparison import change_totals
from crashsim.lab import figures

_STATEMENTS = 12
_TOP = 10
_NAME_COLUMNS = 20
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
        f"number: its difference from the first run, {first}, if any."
    )
    yield _section("How this is known", _statements(told["provenance"]))
    yield _section("The runs", _runs(runs))
    for group in GROUPS:
        yield _section(group.question, _table_of(group, told))
        if "against the same night" in group.question:
            yield Padding(Text(told["caveat"], style="dim"), (0, 0, 0, 2))
    if changes.height:
        yield _section(
            f"Who changes sides, against {first}", _totals(changes, first, list(runs)[1:])
        )
    # Without ADL the profits could not have been paid, so nobody is told what he would have had.
    real = changes.filter(pl.col("run") != list(runs)[-1])
    if real.height:
        title = "For whom that matters most (equity less debt at the end)"
        yield _section(title, _most_changed(real, first))
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
    rows.add_column("", max_width=_NAME_COLUMNS)
    for item in group.items:
        rows.add_column(item.heading, justify="right", no_wrap=True)
    metrics = told["metrics"]
    first, *others = told["runs"] if group.without_adl else list(told["runs"])[:-1]
    same = []
    rows.add_row(first, *_values(group, metrics, first), style="bold")
    for name in others:
        cells = [_with_delta(item.metric, metrics[item.metric], name) for item in group.items]
        if _values(group, metrics, name) == _values(group, metrics, first) and all(
            "\n" not in cell.plain for cell in cells
        ):
            same.append(name)
        else:
            rows.add_row(name, *cells)
    if not same:
        return rows
    return Group(rows, Text(f"the same as {first}: {', '.join(same)}", style="dim"))


def _values(group: Layout, metrics: Mapping[str, Any], run: str) -> list[str]:
    return [written(item.metric, metrics[item.metric]["values"][run]) for item in group.items]


def _with_delta(metric: str, entry: Mapping[str, Any], run: str) -> Text:
    cell = Text(written(metric, entry["values"][run]))
    if delta := written_delta(metric, entry["deltas"][run]):
        cell.append(f"\n{delta}", style="dim")
    return cell


def _table() -> Table:
    return Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 0, 0, 1), show_edge=False)


# A heading for accounts that are on a side under the first run only, and under the other only.
_LEAVES = {"deleveraged": "spared\n(closed, first only)", "in_debt": "out of debt\n(first only)"}
_ENTERS = {"deleveraged": "hit instead\n(closed, here only)", "in_debt": "into debt\n(here only)"}
_WHY = {"deleveraged": "closed", "in_debt": "in debt"}


def _totals(changes: pl.DataFrame, first: str, runs: Sequence[str]) -> RenderableType:
    rows = _table()
    rows.add_column("", max_width=_NAME_COLUMNS)
    for side in _WHY:
        rows.add_column(_LEAVES[side], justify="right")
        rows.add_column(_ENTERS[side], justify="right")
    found = {
        (run, side, only_under): f"{accounts:,} {figures.short_usd(amount)}"
        for run, side, only_under, accounts, amount in change_totals(changes).iter_rows()
    }
    for run in runs:
        cells = [found.get((run, side, under), "-") for side in _WHY for under in (first, run)]
        rows.add_row(run, *cells)
    return Group(rows, Text("accounts, and notional closed or debt at its peak", style="dim"))


def _most_changed(changes: pl.DataFrame, first: str) -> RenderableType:
    rows = _table()
    for title in ("account", "run"):
        rows.add_column(title, no_wrap=True)
    for title in ("first run", "here", "difference"):
        rows.add_column(title, justify="right")
    rows.add_column("changes sides", no_wrap=True)
    top = changes.sort(
        [pl.col("difference_usd").abs(), "account", "run"], descending=[True, False, False]
    ).unique("account", keep="first", maintain_order=True)
    for row in top.head(_TOP).iter_rows(named=True):
        where = "first only" if row["only_under"] == first else "here only"
        rows.add_row(
            row["account"],
            row["run"],
            figures.short_usd(row["end_first_usd"]),
            figures.short_usd(row["end_run_usd"]),
            _signed(row["difference_usd"]),
            f"{_WHY[row['side']]}: {where}",
        )
    return rows


def _signed(amount: float) -> str:
    return f"{'+' if amount > 0 else ''}{figures.short_usd(amount)}"


def _closing(path: Path) -> RenderableType:
    rows = Table.grid(padding=(0, 2, 0, 0))
    rows.add_row("files", f"{path} (comparison.json, metrics.parquet, changes.parquet)")
    rows.add_row("words", "crashsim compare --explain METRIC, or --explain all")
    return rows
