"""Pictures that are not over time: Lorenz curves, who paid whom, distances."""

from collections.abc import Mapping, Sequence

from crashsim.cli.report.charts.svg import Canvas, Scale, ticks
from crashsim.engine.readings import Frame
from crashsim.engine.readings.transfers import totals
from crashsim.lab.figures import short_usd

_Nodes = dict[str, tuple[float, float, float]]  # by name: top, height, pixels a dollar


def draw_lorenz(width: float, curves: Frame) -> Canvas:
    """Lorenz curves: share of accounts across, share of the burden upwards."""
    side = min(width - 76, 400.0)
    names = curves["burden"].unique(maintain_order=True).to_list()
    beside = width > 640
    canvas = Canvas(width, side + 70 + (0 if beside else 22 * len(names) + 22))
    x, y = Scale(0, 1, 56, 56 + side), Scale(0, 1, side + 12, 12)
    for value in (0, 0.25, 0.5, 0.75, 1):
        canvas.line((x(0), y(value)), (x(1), y(value)), "grid")
        canvas.text((50, y(value) + 4), f"{value:.0%}", "dim", "end")
        canvas.text((x(value), side + 28), f"{value:.0%}", "dim", "middle")
    canvas.text((x(0.5), side + 46), "share of those who bear any, smallest first", "dim", "middle")
    canvas.line((x(0), y(0)), (x(1), y(1)), "even")
    legend_x, legend_y = (x(1) + 28, 40.0) if beside else (56.0, side + 72)
    canvas.line((legend_x, legend_y - 4), (legend_x + 22, legend_y - 4), "even")
    canvas.text((legend_x + 30, legend_y), "everyone bears the same", "dim")
    for kind, name in enumerate(names):
        curve = curves.filter(burden=name)
        points = [(x(a), y(b)) for a, b in curve.select("accounts_frac", "amount_frac").iter_rows()]
        canvas.polyline(points, f"s{kind} d{kind % 3}")
        row = legend_y + 22 * (kind + 1)
        canvas.polyline([(legend_x, row - 4), (legend_x + 22, row - 4)], f"s{kind} d{kind % 3}")
        canvas.text((legend_x + 30, row), name)
    return canvas


def draw_transfers(width: float, flows: Frame) -> Canvas:
    """Who paid (left) whom (right): ribbons as thick as the money; the rest is in the table."""
    paid, received = totals(flows, "payer"), totals(flows, "receiver")
    height = max(250.0, 70.0 * len(paid), 70.0 * len(received))
    canvas = Canvas(width, height + 30)
    edge = min(190.0, width * 0.3)
    left, right = _stack(paid, height), _stack(received, height)
    canvas.text((edge - 10, 14), "paid", "title", "end")
    canvas.text((width - edge + 10, 14), "received", "title")
    kinds = {name: kind for kind, name in enumerate(left)}
    starts = _offsets(flows, "payer", left, right)
    ends = _offsets(flows, "receiver", right, left)
    for i, (payer, receiver, reason, usd) in enumerate(flows.iter_rows()):
        thick = (usd * left[payer][2], usd * right[receiver][2])
        at = (starts[i] + 24, ends[i] + 24)
        ribbon = _ribbon(edge + 8, at[0], thick[0], width - edge - 8, at[1], thick[1])
        tip = f"{payer} to {receiver}: {reason}, {short_usd(usd)}"
        canvas.path(ribbon, f"f{kinds[payer]} flow", tip)
    for nodes, sums, x, words_x, anchor in (
        (left, paid, edge, edge - 8, "end"),
        (right, received, width - edge - 8, width - edge + 8, "start"),
    ):
        for name, (top, size, _) in nodes.items():
            canvas.rect((x, top + 24), (8, size), f"f{kinds.get(name, 5)}")
            middle = top + 24 + size / 2
            _label(canvas, words_x, middle, name, short_usd(sums[name]), anchor)
    return canvas


def _offsets(flows: Frame, column: str, own: _Nodes, others: _Nodes) -> list[float]:
    """Where each ribbon leaves its node: in the order of the nodes at its other end."""
    other = "receiver" if column == "payer" else "payer"
    rows = list(flows.select(column, other, "amount_usd").iter_rows())
    taken = {name: top for name, (top, _, _) in own.items()}
    found = [0.0] * len(rows)
    for i in sorted(range(len(rows)), key=lambda i: others[rows[i][1]][0]):
        name, _, usd = rows[i]
        found[i] = taken[name]
        taken[name] += usd * own[name][2]
    return found


def _stack(sums: Mapping[str, float], height: float) -> _Nodes:
    """The nodes of one side from the top down."""
    room = 46.0  # for two lines of words between thin nodes
    scale = (height - room * len(sums)) / (sum(sums.values()) or 1.0)
    placed, top = {}, room / 2
    for name, usd in sums.items():
        size = max(usd * scale, 2.0)
        placed[name] = (top, size, size / usd)
        top += size + room
    return placed


def _ribbon(x0: float, y0: float, h0: float, x1: float, y1: float, h1: float) -> str:
    middle = (x0 + x1) / 2
    upper = f"M{x0:.1f} {y0:.1f}C{middle:.1f} {y0:.1f} {middle:.1f} {y1:.1f} {x1:.1f} {y1:.1f}"
    lower = (
        f"L{x1:.1f} {y1 + h1:.1f}C{middle:.1f} {y1 + h1:.1f} {middle:.1f} {y0 + h0:.1f} "
        f"{x0:.1f} {y0 + h0:.1f}Z"
    )
    return upper + lower


def _label(canvas: Canvas, x: float, middle: float, name: str, amount: str, anchor: str) -> None:
    lines = _wrapped(name, 24 if canvas.width > 600 else 15)
    top = middle + 4 - 7.5 * len(lines)
    for i, line in enumerate(lines):
        canvas.text((x, top + 15 * i), line, "", anchor)
    canvas.text((x, top + 15 * len(lines)), amount, "strong", anchor)


def _wrapped(words: str, most: int) -> list[str]:
    lines = [""]
    for word in words.split():
        if lines[-1] and len(lines[-1]) + 1 + len(word) > most:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def draw_bands(
    width: float, bands: Sequence[str], series: Sequence[tuple[str, Sequence[float]]], unit: str
) -> Canvas:
    """Paired horizontal bars a band."""
    row, left = 17.0 * len(series) + 12, min(150.0, width * 0.36)
    canvas = Canvas(width, 26 + row * len(bands) + 34)
    top = max((value for _, values in series for value in values), default=0.0) or 1.0
    x = Scale(0, top, left, width - 62)
    bottom = 26 + row * len(bands)
    for value in ticks(0, top, 4 if width > 500 else 2):
        canvas.line((x(value), 24), (x(value), bottom), "grid")
        canvas.text((x(value), bottom + 16), f"{value:,.0f}", "dim", "middle")
    canvas.text((width - 62, bottom + 31), unit, "dim", "end")
    at = left
    for kind, (label, _) in enumerate(series):
        canvas.rect((at, 4), (10, 10), f"f{kind}")
        canvas.text((at + 15, 13), label, "dim")
        at += 7 * len(label) + 40
    for i, band in enumerate(bands):
        y = 26 + row * i + 6
        canvas.text((left - 8, y + row / 2), band, "", "end")
        for kind, (_, values) in enumerate(series):
            value, place = values[i], y + 17 * kind
            canvas.rect((left, place), (x(value) - left, 14), f"f{kind}")
            canvas.text((x(value) + 5, place + 11), f"{value:,.0f}" if value else "0", "dim")
    return canvas
