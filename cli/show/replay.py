"""A run on the terminal, for people: everything shown comes from the run folder."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import polars as pl
from rich import box
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from crashsim.lab import figures
from crashsim.lab.figures import usd
from crashsim.lab.folders.manifest import Manifest, Window
from crashsim.lab.folders.provenance import Statement
from crashsim.lab.folders.run_folder import RunFolder

_SPARK_COLUMNS = 56
_HARDEST = 10
_STATEMENTS = 12
_DEEPEST_FALLS = 4


def rendered(folder: RunFolder) -> RenderableType:
    """The summary of a run."""
    return Group(*_parts(folder))


def _parts(folder: RunFolder) -> Iterable[RenderableType]:
    accounts = folder.table("accounts")
    yield _head(folder.manifest)
    yield _section("How this is known", _statements(folder.manifest.provenance.statements))
    yield _section("What happened", _happened(folder.summary))
    yield _section("When", _when(folder))
    if accounts["was_deleveraged"].any():
        hardest = _deleveraged(accounts, folder.table("adl_fills"))
        yield _section("Hardest hit by auto-deleveraging (cost against mark)", hardest)
    if accounts["was_in_debt"].any():
        yield _section("Deepest in debt", _debtors(accounts))
    if (accounts["deposits_to_debt_usd"] > 0).any():
        yield _section("Deposits that went to debts", _depositors(accounts))
    yield _section("Who stood behind it", _backing(folder.summary))
    yield _section("Checks and files", _closing(folder))


def _section(title: str, body: RenderableType) -> RenderableType:
    return Group(Text(f"\n{title}", style="bold"), Padding(body, (0, 0, 0, 2)))


def _grid() -> Table:
    return Table.grid(padding=(0, 2, 0, 0))


def _head(manifest: Manifest) -> RenderableType:
    scenario, window = manifest.scenario.scenario, manifest.window
    rows = _grid()
    rows.add_row("scenario", f"{scenario.name}, seed {manifest.seed}")
    rows.add_row("venue rules", Text(manifest.venue.name, style="bold"))
    span = figures.span(window.start, window.end)
    rows.add_row("window", f"{span}, {figures.many(window.steps, 'step')}")
    counted = (
        figures.many(window.accounts, "account"),
        figures.many(window.positions, "position"),
        figures.many(window.markets, "market"),
    )
    flows = figures.many(window.flows, "deposit or withdrawal", "deposits and withdrawals")
    rows.add_row("replayed", ", ".join((*counted, flows)))
    return Group(Text(scenario.title or scenario.name, style="bold"), rows)


_STYLE = {"recorded": "green", "reconstructed": "yellow", "assumed": "yellow", "note": "cyan"}


def _statements(statements: Sequence[Statement]) -> RenderableType:
    rows = _grid()
    for statement in statements[:_STATEMENTS]:
        rows.add_row(Text(statement.kind, style=_STYLE[statement.kind]), statement.text)
    if len(statements) > _STATEMENTS:
        rows.add_row("", f"and {len(statements) - _STATEMENTS} more in manifest.json")
    return rows


# What a line says, and the metrics of its count and of its dollars.
_LINES = (
    ("liquidated on the order book", "book_accounts", "book_liquidated_usd"),
    ("taken over by absorbers", "taken_over_accounts", "taken_over_usd"),
    ("auto-deleveraged (winners closed by force)", "adl_accounts", "adl_notional_usd"),
    ("  what it cost them against mark", "", "adl_cost_usd"),
    ("  what the closed would have made by the end", "", "adl_markout_end_usd"),
    ("in debt at some time (dollars: at the peak)", "was_in_debt_accounts", "debt_peak_usd"),
    ("in debt at the end", "debt_accounts", "debt_usd"),
    ("deposits that went to debts", "deposits_to_debt_accounts", "deposits_to_debt_usd"),
    ("below zero with open positions at the end", "underwater_accounts", "underwater_usd"),
)


def _happened(summary: Mapping[str, Any]) -> RenderableType:
    rows = _table()
    rows.add_column("")
    rows.add_column("accounts", justify="right")
    rows.add_column("USD", justify="right")
    for label, count, amount in _LINES:
        accounts = f"{summary[count]['value']:,}" if count else ""
        quiet = not summary[amount]["value"]
        rows.add_row(label, accounts, usd(summary[amount]["value"]), style="dim" if quiet else "")
    return rows


def _table() -> Table:
    return Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1), show_edge=False)


def _when(folder: RunFolder) -> RenderableType:
    timeline = folder.table("timeline")
    rows = _grid()
    for label, column in (
        ("liquidated", "liquidated_usd"),
        ("taken over", "taken_over_usd"),
        ("deleveraged", "adl_usd"),
    ):
        if timeline[column].sum() > 0:
            rows.add_row(label, figures.sparkline(timeline[column], _SPARK_COLUMNS))
    if timeline["debt_usd"].to_numpy().max() > 0:
        rows.add_row(
            "debt carried", figures.sparkline(timeline["debt_usd"], _SPARK_COLUMNS, level=True)
        )
    rows.add_row("", _axis(folder.manifest.window, timeline.height))
    rows.add_row("marks fell by", _falls(folder.summary))
    return rows


def _axis(window: Window, steps: int) -> Text:
    start, end = figures.clock(window.start), figures.clock(window.end)
    gap = min(steps, _SPARK_COLUMNS) - len(start) - len(end)
    return Text(f"{start}{' ' * max(gap, 1)}{end} UTC", style="dim")


def _falls(summary: Mapping[str, Any]) -> str:
    falls = sorted(
        summary["mark_fall_frac_by_market"]["value"].items(), key=lambda item: (-item[1], item[0])
    )
    shown = ", ".join(f"{market} {fall:.1%}" for market, fall in falls[:_DEEPEST_FALLS])
    rest = len(falls) - _DEEPEST_FALLS
    return f"{shown}, and {rest} less" if rest > 0 else shown


_ADL_COLUMNS = {
    "position": "position",
    "adl_fills": "fills",
    "adl_notional_usd": "closed",
    "adl_cost_usd": "cost",
}


def _deleveraged(accounts: pl.DataFrame, fills: pl.DataFrame) -> RenderableType:
    hit = accounts.filter(pl.col("was_deleveraged")).sort(
        ["adl_cost_usd", "adl_notional_usd", "account"], descending=[True, True, False]
    )
    closed = _positions_closed(fills)
    hit = hit.join(closed, left_on="account", right_on="winner", how="left", maintain_order="left")
    return _ranking(hit, _ADL_COLUMNS)


def _positions_closed(fills: pl.DataFrame) -> pl.DataFrame:
    """winner, position: the side and market of the largest part, and how many more there are."""
    parts = (
        fills.group_by("winner", "side", "market")
        .agg(usd=(pl.col("size") * pl.col("mark_price")).sum())
        .sort(["winner", "usd", "market", "side"], descending=[False, True, False, False])
    )
    more = pl.when(pl.len() > 1).then(pl.format(" +{}", pl.len() - 1)).otherwise(pl.lit(""))
    first = pl.format("{} {}", pl.col("side").first(), pl.col("market").first())
    return parts.group_by("winner", maintain_order=True).agg(position=pl.concat_str(first, more))


_DEBT_COLUMNS = {
    "debt_peak_usd": "debt at its peak",
    "deposits_usd": "deposited",
    "deposits_to_debt_usd": "of it to debt",
    "debt_end": "debt left",
}


def _debtors(accounts: pl.DataFrame) -> RenderableType:
    hit = accounts.filter(pl.col("was_in_debt")).sort(
        ["debt_peak_usd", "account"], descending=[True, False]
    )
    return _ranking(hit, _DEBT_COLUMNS)


def _depositors(accounts: pl.DataFrame) -> RenderableType:
    hit = accounts.filter(pl.col("deposits_to_debt_usd") > 0).sort(
        ["deposits_to_debt_usd", "account"], descending=[True, False]
    )
    return _ranking(hit, _DEBT_COLUMNS)


def _ranking(hit: pl.DataFrame, columns: Mapping[str, str]) -> RenderableType:
    rows = _table()
    rows.add_column("account", overflow="ellipsis", no_wrap=True, max_width=20)
    for title in columns.values():
        rows.add_column(title, justify="left" if title == "position" else "right")
    for account, *values in hit.head(_HARDEST).select("account", *columns).iter_rows():
        rows.add_row(account, *(_cell(value) for value in values))
    rest = hit.height - _HARDEST
    if rest <= 0:
        return rows
    return Group(rows, Text(f"and {rest:,} more in accounts.parquet", style="dim"))


def _cell(value: str | float | None) -> str:
    if isinstance(value, str):
        return value
    return f"{value:,}" if isinstance(value, int) else usd(value)


def _backing(summary: Mapping[str, Any]) -> RenderableType:
    rows = _grid()
    lows = summary["absorber_low_usd_by_absorber"]["value"]
    for name, low in lows.items():
        rows.add_row(f"{name}, at its lowest", usd(low))
    if not lows:
        rows.add_row("insurance fund or vault", "none")
    if refused := summary["absorber_first_refusal_at"]["value"]:
        rows.add_row("first takeover refused for lack of funds", f"{figures.clock(refused)} UTC")
    for label, name in (
        ("platform: owed to it by accounts", "platform_receivable_usd"),
        ("platform: written off", "platform_loss_usd"),
        ("charged to other accounts", "shared_usd"),
    ):
        rows.add_row(label, usd(summary[name]["value"]))
    return rows


def _closing(folder: RunFolder) -> RenderableType:
    manifest = folder.manifest
    conservation = manifest.conservation.largest_residual_frac_of_gross
    rows = _grid()
    rows.add_row(
        "conservation",
        f"money and sizes add up: largest residual {figures.residual(conservation)} of gross",
    )
    if markets := manifest.markets_on_default_margin_table:
        rows.add_row("margin", f'{_few(markets)}: the default table ("*") served')
    for warning in manifest.warnings:
        rows.add_row(Text("warning", style="red"), warning)
    rows.add_row(
        "files", f"{folder.path} (manifest.json, summary.json, {len(manifest.rows)} tables)"
    )
    return rows


def _few(markets: Sequence[str]) -> str:
    return ", ".join(markets) if len(markets) <= 5 else f"{len(markets)} markets"
