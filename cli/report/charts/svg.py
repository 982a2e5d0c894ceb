"""SVG by hand: a canvas of few elements, scales and ticks. Colours are CSS classes.

A page colours the classes for light and dark; a chart on its own carries LIGHT_STYLE.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from math import ceil, floor, log10

Point = tuple[float, float]

# Okabe and Ito's colours, which remain apart for colour-blind readers.
LIGHT_STYLE = """
text{font-family:Helvetica,Arial,'Liberation Sans','DejaVu Sans',sans-serif}
text{font-size:12px;fill:#333}
.title{font-weight:700;fill:#111}.dim{fill:#666}.strong{font-weight:700}
.halo{paint-order:stroke;stroke:#fff;stroke-width:3px;stroke-linejoin:round}
.grid{stroke:#e2e2de;stroke-width:1}.axis{stroke:#888;stroke-width:1}
.even{stroke:#888;stroke-dasharray:4 4}
.band{fill:#d55e00;opacity:.1}.mark{stroke:#d55e00;stroke-width:1;stroke-dasharray:3 3}
.l{fill:none;stroke-width:2;stroke-linejoin:round}.d1{stroke-dasharray:6 3}.d2{stroke-dasharray:2 3}
.s0{stroke:#0072b2}.s1{stroke:#d55e00}.s2{stroke:#009e73}
.s3{stroke:#cc79a7}.s4{stroke:#b07800}.s5{stroke:#2a8fc4}
.f0{fill:#0072b2}.f1{fill:#d55e00}.f2{fill:#009e73}
.f3{fill:#cc79a7}.f4{fill:#e69f00}.f5{fill:#56b4e9}
.soft{opacity:.25}.flow{opacity:.45}
"""


@dataclass(frozen=True)
class Scale:
    """A linear map of values to pixels."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """The pixel of a value."""
        span = (self.high - self.low) or 1.0
        return self.start + (value - self.low) / span * (self.end - self.start)


def ticks(low: float, high: float, about: int) -> list[float]:
    """Round values within low..high, about so many of them."""
    if high <= low:
        return [low]
    rough = (high - low) / max(about, 1)
    power = 10.0 ** floor(log10(rough))
    step = next(m * power for m in (1, 2, 2.5, 5, 10) if m * power >= rough * 0.999)
    first = ceil(low / step - 1e-9)
    return [k * step for k in range(first, floor(high / step + 1e-9) + 1)]


def _n(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


@dataclass
class Canvas:
    """An SVG picture under construction; y grows downwards."""

    width: float
    height: float
    _parts: list[str] = field(default_factory=list)

    def line(self, start: Point, end: Point, kind: str) -> None:
        """A straight line."""
        ends = f'x1="{_n(start[0])}" y1="{_n(start[1])}" x2="{_n(end[0])}" y2="{_n(end[1])}"'
        self._parts.append(f'<line class="{kind}" {ends}/>')

    def rect(self, corner: Point, size: Point, kind: str, tip: str = "") -> None:
        """A rectangle from its upper left corner; `tip` appears where the pointer rests."""
        place = f'x="{_n(corner[0])}" y="{_n(corner[1])}"'
        extent = f'width="{_n(max(size[0], 0.0))}" height="{_n(max(size[1], 0.0))}"'
        self._parts.append(f'<rect class="{kind}" {place} {extent}>{_tip(tip)}</rect>')

    def polyline(self, points: Sequence[Point], kind: str) -> None:
        """A line through points."""
        self.path("M" + "L".join(f"{_n(x)} {_n(y)}" for x, y in points), f"l {kind}")

    def area(self, points: Sequence[Point], base: float, kind: str) -> None:
        """The area between a line and a horizontal base."""
        edge = "L".join(f"{_n(x)} {_n(y)}" for x, y in points)
        self.path(f"M{_n(points[0][0])} {_n(base)}L{edge}L{_n(points[-1][0])} {_n(base)}Z", kind)

    def path(self, shape: str, kind: str, tip: str = "") -> None:
        """Any path."""
        self._parts.append(f'<path class="{kind}" d="{shape}">{_tip(tip)}</path>')

    def text(self, at: Point, words: str, kind: str = "", anchor: str = "start") -> None:
        """Words, with their baseline at a point; anchor: start, middle or end."""
        place = f'x="{_n(at[0])}" y="{_n(at[1])}" text-anchor="{anchor}"'
        self._parts.append(f'<text class="{kind}" {place}>{escape(words)}</text>')

    def inline(self, alt: str, kind: str) -> str:
        """The picture for a page, which colours it; `alt` says what it shows."""
        box = f'viewBox="0 0 {_n(self.width)} {_n(self.height)}"'
        label = f'role="img" aria-label="{escape(alt)}"'
        return f'<svg class="{kind}" {box} {label}>{"".join(self._parts)}</svg>'

    def alone(self, alt: str) -> str:
        """The picture as a file of its own, on white."""
        size = f'width="{_n(self.width)}" height="{_n(self.height)}"'
        box = f'viewBox="0 0 {_n(self.width)} {_n(self.height)}"'
        head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} {box} role="img">'
        paper = f'<rect fill="#fff" {size}/>'
        words = f"<title>{escape(alt)}</title><style>{LIGHT_STYLE}</style>"
        return f"{head}{words}{paper}{''.join(self._parts)}</svg>\n"


def _tip(words: str) -> str:
    return f"<title>{escape(words)}</title>" if words else ""
