"""A run on the terminal, for people: everything shown comes from the run folder."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from crashsim.cli.sheet import pairs, section, table
from crashsim.cli.show import firmness
from crashsim.engine.readings import Frame, minutes, people
from crashsim.lab import figures
from crashsim.lab.draws.draws_told import Draws
from crashsim.lab.figures import usd
from crashsim.lab.folders.manifest import Manifest, Window
from crashsim.lab.folders.provenance import Statement, names
from crashsim.lab.folders.run_folder import RunFolder

_BARS = " ▁▂▃▄▅▆▇█"
_SPARK_COLUMNS = 56
_HARDEST = 10
_STATEMENTS = 12
_DEEPEST_FALLS = 4
_ACCOUNT_COLUMNS = 20
_FUNDS = 5  # more are shown together


def rendered(folder: RunFolder) -> Iterable[RenderableType]:
    """The summary of a run."""
    yield _head(folder.manifest)
    yield section("How this is known", statements(folder.manifest.told))
    yield section("What happened", _happened(folder.summary, folder.draws))
    if folder.draws:
        yield section("How firm that is", _firmness(folder.draws))
    yield section("When", _when(folder))
    tables = {name: folder.table(name) for name in ("accounts", "adl_fills")}
    for title, hit, columns in (
        (_HARDEST_HIT, people.hardest_hit(tables), _ADL_COLUMNS),
        ("Deepest in debt", people.debtors(tables), _DEBT_COLUMNS),
        ("Deposits that went to debts", people.depositors(tables), _DEBT_COLUMNS),
    ):
        if hit.height:
            yield section(title, *_ranking(hit, columns))
    yield section("Who covered the losses", _backing(folder.summary))
    yield section("Checks and files", _closing(folder))


def _head(manifest: Manifest) -> RenderableType:
    scenario, window = manifest.scenario.scenario, manifest.window
    rows = pairs()
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


_STYLE = {
    "recorded": "green",
    "yours": "blue",
    "reconstructed": "yellow",
    "fitted": "magenta",
    "assumed": "yellow",
    "note": "cyan",
}


def statements(found: Sequence[Statement]) -> RenderableType:
    """What is recorded, reconstructed and assumed: the first statements of a manifest."""
    rows = pairs((Text(one.kind, style=_STYLE[one.kind]), one.text) for one in found[:_STATEMENTS])
    if more := len(found[_STATEMENTS:]):
        rows.add_row("", f"and {more} more in manifest.json")
    return rows


# What a line says, and the metrics of its count and of its dollars.
_LINES = (
    ("liquidated on the order book", "book_accounts", "book_liquidated_usd"),
    ("taken over by absorbers", "taken_over_accounts", "taken_over_usd"),
    ("auto-deleveraged (winners closed by force)", "adl_accounts", "adl_notional_usd"),
    ("  what it cost them against mark", "", "adl_cost_usd"),
    ("  what closed positions would have gained by the end", "", "adl_markout_end_usd"),
    ("in debt at some time (dollars: at the peak)", "was_in_debt_accounts", "debt_peak_usd"),
    ("in debt at the end", "debt_accounts", "debt_usd"),
    ("deposits that went to debts", "deposits_to_debt_accounts", "deposits_to_debt_usd"),
    ("below zero with open positions at the end", "underwater_accounts", "underwater_usd"),
)


def _happened(summary: Mapping[str, Any], draws: Draws | None) -> RenderableType:
    rows = table(["", "accounts", "USD"], (1, 2))
    for label, count, amount in _LINES:
        accounts = f"{summary[count]['value']:,}" if count else ""
        quiet = not summary[amount]["value"]
        if any("fitted_to" in summary.get(name, {}) for name in (count, amount)):
            label += " (fitted)"
        rows.add_row(label, accounts, usd(summary[amount]["value"]), style="dim" if quiet else "")
        ranges = [firmness.band(metric, draws) for metric in (count, amount)]
        if any(one not in ("", "0", "$0") for one in ranges):
            rows.add_row("      10-90 %", *ranges, style="dim")
    funding = summary.get("funding_paid_usd")  # of a run of an earlier version it is not known
    if funding and funding["value"]:
        rows.add_row("funding paid, net", "", usd(funding["value"]))
    return rows


def _firmness(draws: Draws) -> RenderableType:
    labels = {
        metric: f"{label.partition(' (')[0].strip()} ({what})"
        for label, count, amount in _LINES
        for metric, what in ((count, "accounts"), (amount, "dollars"))
        if metric
    }
    rows = pairs([("a range", firmness.meaning(draws))])
    for place, text in enumerate(firmness.movers(labels, draws)):
        rows.add_row("" if place else "moved by", text)
    if left := firmness.outside(labels, draws):
        rows.add_row("outside", left)
    if failed := firmness.failures(draws):
        rows.add_row(Text("failed", style="yellow"), failed)
    return rows


def _when(folder: RunFolder) -> RenderableType:
    timeline = folder.table("timeline")
    rows = pairs()
    for label, column, peak in (
        ("liquidated", "liquidated_usd", False),
        ("taken over", "taken_over_usd", False),
        ("deleveraged", "adl_usd", False),
        ("debt carried", "debt_usd", True),
    ):
        bars = minutes.levels(timeline[column], _SPARK_COLUMNS, len(_BARS[1:]), peak=peak)
        if any(bars):
            rows.add_row(label, sparkline(bars))
    rows.add_row("", _axis(folder.manifest.window, timeline[:_SPARK_COLUMNS].height))
    rows.add_row("marks fell by", _falls(folder.summary))
    return rows


def sparkline(levels: Iterable[int]) -> str:
    """Heights of 0 to 8 as bars; a blank is exactly 0."""
    return "".join(_BARS[level] for level in levels)


def _axis(window: Window, columns: int) -> Text:
    start, end = figures.clock(window.start), figures.clock(window.end)
    gap = _gap_width(columns, start, end)
    return Text(f"{start}{' ' * gap}{end} UTC", style="dim")


def _gap_width(columns: int, start: str, end: str) -> int:
    return max(columns - len(start) - len(end), 1)


def _falls(summary: Mapping[str, Any]) -> str:
    by_name = sorted(summary["mark_fall_frac_by_market"]["value"].items())
    falls = sorted(by_name, key=lambda item: item[1], reverse=True)
    shown = ", ".join(f"{market} {fall:.1%}" for market, fall in falls[:_DEEPEST_FALLS])
    rest = len(falls[_DEEPEST_FALLS:])
    return f"{shown}, and {rest} less" if rest else shown


_HARDEST_HIT = "Hardest hit by auto-deleveraging (cost against mark)"
_ADL_COLUMNS = ("account", "position", "fills", "closed", "cost")
_DEBT_COLUMNS = ("account", "debt at its peak", "deposited", "of it to debt", "debt left")


def _ranking(hit: Frame, titles: Sequence[str]) -> Iterable[RenderableType]:
    numeric = (place for place, title in enumerate(titles) if title not in ("account", "position"))
    rows = table(titles, numeric, whole=[0])
    rows.columns[0].max_width = _ACCOUNT_COLUMNS
    for row in hit[:_HARDEST].iter_rows():
        rows.add_row(*(_cell(value) for value in row))
    yield rows
    if rest := hit[_HARDEST:].height:
        yield Text(f"and {rest:,} more in accounts.parquet", style="dim")


def _cell(value: str | float | None) -> str:
    if isinstance(value, str):
        return value
    return f"{value:,}" if isinstance(value, int) else usd(value)


def _backing(summary: Mapping[str, Any]) -> RenderableType:
    rows = pairs()
    lows = summary["absorber_low_usd_by_absorber"]["value"]
    if len(lows) > _FUNDS:
        low = summary["absorber_low_usd"]["value"]
        rows.add_row(f"{len(lows):,} funds together, at their lowest", usd(low))
    else:
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
    rows = pairs()
    rows.add_row(
        "conservation",
        f"money and sizes add up: largest residual {figures.residual(conservation)} of gross",
    )
    if markets := manifest.markets_on_default_margin_table:
        rows.add_row("margin", f'{names(markets, 5)}: the default table ("*") served')
    rows.add_row(
        "files", f"{folder.path} (manifest.json, summary.json, {len(manifest.rows)} tables)"
    )
    return rows
