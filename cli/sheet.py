"""The one style of tables, pairs and sections; and a table of text that other programs can read."""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rich import box
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text


@dataclass(frozen=True)
class Sheet:
    """Titles and rows of text.

    numeric: places of the columns that are set to the right; whole: of others that never wrap.
    """

    titles: Sequence[str]
    rows: Sequence[Sequence[str]]
    numeric: frozenset[int] = frozenset()
    whole: frozenset[int] = frozenset()

    def rendered(self) -> RenderableType:
        """For the terminal."""
        rows = table(self.titles, self.numeric, self.whole)
        for row in self.rows:
            rows.add_row(*(Text(cell) for cell in row))
        return rows

    def markdown(self) -> str:
        """As a Markdown table."""
        rules = ["---:" if place in self.numeric else "---" for place in range(len(self.titles))]
        lines = [self.titles, rules, *self.rows]
        cells = ([cell.replace("|", "\\|") for cell in line] for line in lines)
        return "".join(f"| {' | '.join(line)} |\n" for line in cells)

    def csv(self) -> str:
        """As CSV with a header."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(self.titles)
        writer.writerows(self.rows)
        return text.getvalue()


def table(titles: Sequence[str], numeric: Iterable[int] = (), whole: Iterable[int] = ()) -> Table:
    """An empty table; `numeric` columns stand to the right, they and `whole` ones never wrap."""
    right, unbroken = frozenset(numeric), frozenset(whole)
    rows = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 0, 0, 1), show_edge=False)
    for place, title in enumerate(titles):
        rows.add_column(
            Text(title),
            justify="right" if place in right else "left",
            no_wrap=place in right or place in unbroken,
            overflow="ellipsis" if place in unbroken else "fold",
        )
    return rows


def pairs(rows: Iterable[Sequence[RenderableType]] = ()) -> Table:
    """Labels, which never wrap, and what stands beside them."""
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True)
    for row in rows:
        grid.add_row(*row)
    return grid


def section(title: str, *body: RenderableType) -> RenderableType:
    """A heading and what stands below it, set in."""
    return Group(Text(f"\n{title}", style="bold"), Padding(Group(*body), (0, 0, 0, 2)))
