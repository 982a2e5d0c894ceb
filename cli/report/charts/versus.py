"""Several runs side by side: the metrics and the curves."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import cycle

from crashsim.cli.report.charts.chart import Chart
from crashsim.cli.report.charts.panels import Panel, Series, draw_panels, hover
from crashsim.cli.report.view import RunView
from crashsim.engine.readings.over_time import on_shared_times, over_time
from crashsim.lab.figures import clock, usd

# The metrics a reader asks for first; the rest is in each run's summary.json.
_METRICS = (
    "liquidated_accounts",
    "liquidated_notional_usd",
    "taken_over_usd",
    "adl_accounts",
    "adl_notional_usd",
    "adl_cost_usd",
    "adl_markout_end_usd",
    "adl_gini",
    "hedges_broken",
    "was_in_debt_accounts",
    "debt_peak_usd",
    "debt_accounts",
    "debt_usd",
    "deposits_to_debt_accounts",
    "deposits_to_debt_usd",
    "underwater_usd",
    "absorber_low_usd",
    "absorber_first_refusal_at",
    "platform_receivable_usd",
    "platform_loss_usd",
    "shared_usd",
)
_COLOURS = 6


@dataclass(frozen=True)
class MetricRow:
    """A metric under each run. differs: whether the runs disagree."""

    name: str
    definition: str
    sign: str
    values: Sequence[str]
    differs: bool


def metric_rows(runs: Sequence[RunView]) -> list[MetricRow]:
    """The metrics of the runs as they stand in their summaries."""
    rows = []
    for name in _METRICS:
        entries = [run.summary[name] for run in runs]
        values = [_written(entry["value"], entry["unit"]) for entry in entries]
        words = (entries[0]["definition"], entries[0]["sign"])
        rows.append(MetricRow(name, *words, values, differs=len(set(values)) > 1))
    return rows


def _written(value: float | str | None, unit: str) -> str:
    if value is None:
        return "none"
    if isinstance(value, str):
        return clock(value) if unit == "UTC" else value
    if unit == "USD":
        return usd(value) if value else "$0"
    return f"{value:,}" if isinstance(value, int) else f"{value:.3f}"


def versus_charts(runs: Sequence[RunView]) -> Iterable[Chart]:
    """Debt, auto-deleveraging and fund of the runs, laid over another; nothing where all are 0."""
    data = over_time({run.label: run.tables for run in runs})
    times = data["time"].unique().sort().to_list()
    panels = [
        panel
        for column, title in (
            ("adl_total_usd", "Auto-deleveraged so far"),
            ("debt_usd", "Debt owed by accounts"),
            ("fund_usd", "Insurance fund and vaults"),
        )
        for panel in _panels(title, on_shared_times(data, column), [run.label for run in runs])
    ]
    if not panels:
        return
    named = ", ".join(run.label for run in runs)
    yield Chart(
        "side-by-side",
        "The same night, other rules",
        f"Curves over time, one per run ({named}): {', '.join(p.title for p in panels)}.",
        "One line a run. Dashes repeat what colours say.",
        data,
        partial(draw_panels, times=times, panels=panels),
        hover(times, panels),
    )


def _panels(title: str, curves: Mapping[str, Sequence[float]], runs: Sequence[str]) -> list[Panel]:
    """One panel, none where nothing is ever more than 0. A run has one colour in all panels."""
    series = [
        Series(run, curves[run], "line", kind)
        for run, kind in zip(runs, cycle(range(_COLOURS)), strict=False)
        if run in curves
    ]
    if not any(any(one.values) for one in series):
        return []
    return [Panel(title if len(series) > 1 else f"{title}: {series[0].label}", series, 130)]
