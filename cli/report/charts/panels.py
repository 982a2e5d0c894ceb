"""Panels over a shared time axis: the timeline, the fund's curve, and runs laid over another."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from crashsim.cli.report.charts.chart import Hover
from crashsim.cli.report.charts.svg import Canvas, Point, Scale, ticks
from crashsim.lab.figures import short_usd

LEFT = 56.0
RIGHT = 16.0
TOP = 22.0
AXIS = 26.0


@dataclass(frozen=True)
class Series:
    """Values over time. shape: line, bars or area. kind: the CSS number of its colour."""

    label: str
    values: Sequence[float]
    shape: str
    kind: int


@dataclass(frozen=True)
class Panel:
    """One plot of the stack. Bars of several series are stacked."""

    title: str
    series: Sequence[Series]
    height: float
    written: Callable[[float], str] = short_usd


@dataclass(frozen=True)
class Span:
    """A stretch of time to shade, from bin to bin; without an end a line."""

    start: datetime
    end: datetime | None
    label: str


def draw_panels(
    width: float, times: Sequence[datetime], panels: Sequence[Panel], span: Span | None = None
) -> Canvas:
    """The panels one below the other over `times`, which are evenly spaced."""
    canvas = Canvas(width, sum(panel.height + TOP for panel in panels) + AXIS + 14)
    x = Scale(0, max(len(times), 1), LEFT, width - RIGHT)
    bottom = canvas.height - AXIS
    if span:
        _shade(canvas, x, times, span, bottom)
    top = 14.0
    for panel in panels:
        _draw_panel(canvas, x, top + TOP, panel)
        top += panel.height + TOP
    _time_axis(canvas, x, times, bottom)
    return canvas


def hover(times: Sequence[datetime], panels: Sequence[Panel]) -> Hover:
    """What every panel shows in each bin, in words."""
    return Hover(LEFT, RIGHT, [_told(time, i, panels) for i, time in enumerate(times)])


def _told(time: datetime, place: int, panels: Sequence[Panel]) -> str:
    told = [
        f"{one.label or panel.title} {panel.written(one.values[place])}"
        for panel in panels
        for one in panel.series
    ]
    return " · ".join([f"{time:%H:%M} UTC", *told])


def _shade(canvas: Canvas, x: Scale, times: Sequence[datetime], span: Span, bottom: float) -> None:
    inside = [i for i, time in enumerate(times) if span.start <= time <= (span.end or span.start)]
    if not inside:
        return
    start, end = x(inside[0]), x(inside[-1] + 1)
    if span.end is None:
        canvas.line((start, 14), (start, bottom), "mark")
    else:
        canvas.rect((start, 14), (end - start, bottom - 14), "band")
    middle = (start + end) / 2 if span.end else start
    share = middle / canvas.width
    anchor = "end" if share > 0.7 else "start" if share < 0.3 else "middle"
    canvas.text((middle, 11), span.label, "dim", anchor)


def _draw_panel(canvas: Canvas, x: Scale, top: float, panel: Panel) -> None:
    low, high = _range(panel.series)
    y = Scale(low, high, top + panel.height, top + 4)
    for value in ticks(low, high, 3 if panel.height > 60 else 2):
        canvas.line((LEFT, y(value)), (x.end, y(value)), "grid")
        canvas.text((LEFT - 6, y(value) + 4), panel.written(value), "dim", "end")
    _legend(canvas, top, panel)
    base = y(min(max(0.0, low), high))
    stacked = [0.0] * max((len(one.values) for one in panel.series), default=0)
    for one in panel.series:
        if one.shape == "bars":
            _bars(canvas, x, y, one, stacked)
            continue
        points = [(x(i + 0.5), y(value)) for i, value in enumerate(one.values)]
        if one.shape == "area":
            canvas.area(points, base, f"f{one.kind} soft")
        dashes = f" d{one.kind % 3}" if one.shape == "line" else ""
        canvas.polyline(points, f"s{one.kind}{dashes}")
    if low <= 0.0 <= high:
        canvas.line((LEFT, base), (x.end, base), "axis")


def _range(series: Sequence[Series]) -> tuple[float, float]:
    values = [value for one in series for value in one.values] or [0.0]
    low, high = min(values), max(values)
    if any(one.shape == "bars" for one in series):
        high = max(map(sum, zip(*(one.values for one in series), strict=True)), default=0.0)
    if any(one.shape != "line" for one in series):
        low, high = min(low, 0.0), max(high, 0.0)
    else:
        low -= (high - low) * 0.05
    if high <= low:
        high = low + 1.0
    return low, high


def _legend(canvas: Canvas, top: float, panel: Panel) -> None:
    canvas.text((LEFT, top - 6), panel.title, "title")
    if len(panel.series) < 2:
        return
    at = LEFT + 7.2 * len(panel.title) + 12
    for one in panel.series:
        canvas.rect((at, top - 14), (10, 10), f"f{one.kind}")
        canvas.text((at + 14, top - 6), one.label, "dim")
        at += 6.6 * len(one.label) + 28


def _bars(canvas: Canvas, x: Scale, y: Scale, one: Series, stacked: list[float]) -> None:
    gap = 1.0 if x(1) - x(0) > 3 else 0.0
    for i, value in enumerate(one.values):
        if value > 0:
            upper, lower = y(stacked[i] + value), y(stacked[i])
            size: Point = (x(i + 1) - x(i) - gap, max(lower - upper, 0.6))
            canvas.rect((x(i), lower - size[1]), size, f"f{one.kind}")
            stacked[i] += value


def _time_axis(canvas: Canvas, x: Scale, times: Sequence[datetime], bottom: float) -> None:
    canvas.line((LEFT, bottom), (x.end, bottom), "axis")
    if not times:
        return
    every = _label_every(times, (x.end - LEFT) / 64)
    for i, time in enumerate(times):
        if round(time.timestamp() / 60) % every == 0:
            canvas.line((x(i), bottom), (x(i), bottom + 4), "axis")
            words = f"{time:%H:%M}" if every < 1440 else f"{time:%d %b}"
            canvas.text((x(i), bottom + 17), words, "dim", "middle")
    canvas.text((LEFT - 6, bottom + 17), "UTC", "dim", "end")


def _label_every(times: Sequence[datetime], most: float) -> int:
    """Minutes between labels."""
    minutes = (times[-1] - times[0]).total_seconds() / 60 + 1
    widths = (1, 2, 5, 10, 15, 30, 60, 120, 240, 360, 720, 1440)
    return next((width for width in widths if minutes / width <= most), 1440 * 7)
