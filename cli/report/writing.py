"""The files of a report."""

from collections.abc import Sequence
from pathlib import Path

from crashsim.cli.report.charts.chart import Chart
from crashsim.cli.report.charts.versus import versus_charts
from crashsim.cli.report.page import page_of_run, page_of_runs
from crashsim.cli.report.view import RunView
from crashsim.lab.folders.run_folder import RunFolder
from crashsim.lab.folders.whole import refused, write_whole

PNG_ZOOM = 2


def default_target(folders: Sequence[RunFolder]) -> Path:
    """`report.html` in the run; beside the first run where there are several."""
    first = folders[0].path
    return first / "report.html" if len(folders) == 1 else first.parent / "report.html"


def write_report(runs: Sequence[RunView], target: Path, assets: Path | None) -> list[Path]:
    """Write the page, and the charts where asked; returns what was written. Raises OutputError."""
    page = page_of_run(runs[0]) if len(runs) == 1 else page_of_runs(runs)
    write_whole(target, "the report", lambda made: made.write_text(page, encoding="utf-8"))
    return [target, *(_write_assets(runs, assets) if assets else [])]


def _write_assets(runs: Sequence[RunView], folder: Path) -> list[Path]:
    charts = versus_charts(runs) if len(runs) > 1 else runs[0].charts
    with refused(f"the folder {folder}"):
        folder.mkdir(parents=True, exist_ok=True)
        return [path for chart in charts for path in _write_chart(chart, folder)]


def _write_chart(chart: Chart, folder: Path) -> list[Path]:
    svg, png, csv = (folder / f"{chart.name}.{kind}" for kind in ("svg", "png", "csv"))
    svg.write_text(chart.alone(), encoding="utf-8")
    png.write_bytes(_png(chart.alone()))
    chart.data.write_csv(csv, datetime_format="%Y-%m-%dT%H:%M:%SZ")
    return [svg, png, csv]


def _png(svg: str) -> bytes:
    # resvg (1.4 MB) draws the SVG as it is; fonts are the system's.
    import resvg_py

    return bytes(resvg_py.svg_to_bytes(svg_string=svg, zoom=PNG_ZOOM))
