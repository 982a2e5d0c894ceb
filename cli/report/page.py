"""The HTML page: everything in one file that asks no network for anything."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined, Template
from markupsafe import Markup

import crashsim
from crashsim.cli.report import story
from crashsim.cli.report.charts.chart import Chart
from crashsim.cli.report.charts.versus import metric_rows, versus_charts
from crashsim.cli.report.glossary import GLOSSARY
from crashsim.cli.report.view import RunView
from crashsim.engine.readings import Frame, people, sides
from crashsim.lab.figures import short_account, usd

MOST_PEOPLE = 15_000
MOST_DATA_ROWS = 80


@dataclass(frozen=True)
class ShownColumn:
    """A column of the table of accounts. kind: text, usd or count."""

    key: str
    title: str
    kind: str


_PEOPLE = (
    ShownColumn("account", "account", "text"),
    ShownColumn("band", "opening equity", "text"),
    ShownColumn("adl_notional_usd", "closed by ADL", "usd"),
    ShownColumn("adl_cost_usd", "cost of it", "usd"),
    ShownColumn("adl_fills", "fills", "count"),
    ShownColumn("debt_peak_usd", "debt at its peak", "usd"),
    ShownColumn("deposits_usd", "deposited", "usd"),
    ShownColumn("deposits_to_debt_usd", "of it to debt", "usd"),
    ShownColumn("debt_end", "debt left", "usd"),
)


def page_of_run(run: RunView) -> str:
    """The report of one run."""
    hit = people.hit_accounts(run.tables)
    return _template("run").render(
        **_common([run]),
        run=run,
        standfirst=story.standfirst(run),
        story=story.sentences(run),
        charts=run.charts,
        people=_people(hit),
        hit_count=hit.height,
        bands=people.by_band(run.tables).rows(named=True),
        band_names=people.BANDS,
    )


def page_of_runs(runs: Sequence[RunView]) -> str:
    """The report of several runs, side by side; the first is what the others are held against."""
    tables = {run.label: run.tables for run in runs}
    changers = sides.changers(tables)
    base = runs[0]
    labels = [run.label for run in runs]
    crossings = [(name, _matrix(sides.crossings(tables, labels[0], name))) for name in labels[1:]]
    return _template("runs").render(
        **_common(runs),
        runs=runs,
        base=base,
        metrics=metric_rows(runs),
        charts=list(versus_charts(runs)),
        outcomes=sides.OUTCOMES,
        crossings=crossings,
        changers=_changers(changers, runs),
        changed_count=changers.height,
    )


def _common(runs: Sequence[RunView]) -> dict[str, Any]:
    return {
        "version": crashsim.__version__,
        "title": runs[0].title,
        "css": Markup(_asset("report.css")),
        "js": Markup(_asset("report.js")),
        "glossary": GLOSSARY,
        "known_words": story.known_words,
    }


def _template(name: str) -> Template:
    environment = Environment(
        loader=FunctionLoader(_asset),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "usd": usd,
        "short": short_account,
        "picture": lambda chart: Markup(chart.for_page()),
        "data_rows": _data_rows,
        "json": _json,
    }
    return environment.get_template(f"{name}.html.j2")


def _asset(name: str) -> str:
    return files("crashsim.cli.report").joinpath("assets", name).read_text(encoding="utf-8")


def _json(content: object) -> Markup:
    """JSON for a script element: nothing in it can end the element."""
    written = json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return Markup(written.replace("<", "\\u003c").replace("\u2028", "\\u2028"))


def _people(hit: Frame) -> dict[str, Any]:
    in_debt = hit["was_in_debt"].any()
    sort = "debt_peak_usd" if in_debt else "adl_notional_usd"
    return _table(hit.head(MOST_PEOPLE), _PEOPLE, sort=sort)


def _table(frame: Frame, columns: Sequence[ShownColumn], sort: str | None) -> dict[str, Any]:
    shown = people.in_cents(frame.select([one.key for one in columns]))
    blank = ["" if one.kind == "text" else 0.0 for one in columns]
    return {
        "columns": [vars(one) for one in columns],
        "rows": [
            [nothing if value is None else value for value, nothing in zip(row, blank, strict=True)]
            for row in shown.iter_rows()
        ],
        "sort": sort,
    }


def _changers(frame: Frame, runs: Sequence[RunView]) -> dict[str, Any]:
    names = ["account", *(run.label for run in runs)]
    columns = [ShownColumn(name, name, "text") for name in names]
    for run in runs:
        columns.append(ShownColumn(f"{run.label} net_usd", f"gain or loss, {run.label}", "usd"))
    return _table(frame.head(MOST_PEOPLE), columns, sort=None)


def _matrix(crossings: Frame) -> Mapping[tuple[str, str], int]:
    return {(one, other): count for one, other, count in crossings.iter_rows()}


def _data_rows(chart: Chart) -> tuple[list[str], list[list[str]]] | None:
    """The chart's data as text, where it is short enough to be read."""
    if chart.data.height > MOST_DATA_ROWS:
        return None
    return chart.data.columns, [
        [_written(value) for value in row] for row in chart.data.iter_rows()
    ]


def _written(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:,.4g}" if abs(value) < 10 else f"{value:,.0f}"
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:%Y-%m-%d %H:%M}" if hasattr(value, "hour") else str(value)
