"""A chart: its words, its data, and how it is drawn at a width."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from crashsim.cli.report.charts.svg import Canvas
from crashsim.engine.readings import Frame

WIDE = 820.0
NARROW = 380.0


@dataclass(frozen=True)
class Hover:
    """What the page says under the pointer: a text a bin of time."""

    left: float
    right: float
    texts: Sequence[str]


@dataclass(frozen=True)
class Chart:
    """One picture with what a reader needs beside it.

    name: of its files. alt: what it shows, for those who do not see it. note: how to read it.
    """

    name: str
    title: str
    alt: str
    note: str
    data: Frame
    draw: Callable[[float], Canvas]
    hover: Hover | None = None

    def for_page(self) -> str:
        """The chart twice, wide and narrow; the page shows the one that fits."""
        wide, narrow = self.draw(WIDE), self.draw(NARROW)
        pictures = wide.inline(self.alt, "chart wide"), narrow.inline(self.alt, "chart narrow")
        return "".join(pictures)

    def alone(self) -> str:
        """The chart as an SVG file."""
        return self.draw(WIDE).alone(self.alt)
