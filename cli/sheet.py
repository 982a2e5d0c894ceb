"""A table as rows of text: for the terminal, as Markdown and as CSV."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import RenderableType


@dataclass(frozen=True)
class Sheet:
    """Titles and rows of text. numeric: places of the columns that are set to the right."""

    titles: Sequence[str]
    rows: Sequence[Sequence[str]]
    numeric: frozenset[int] = frozenset()

    def rendered(self) -> "RenderableType":
        """For the terminal."""
        from rich import box
        from rich.table import Table
        from rich.text import Text

        table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1), show_edge=False)
        for place, title in enumerate(self.titles):
            right = place in self.numeric
            table.add_column(
                Text(title), justify="right" if right else "left", no_wrap=right, overflow="fold"
            )
        for row in self.rows:
            table.add_row(*(Text(cell) for cell in row))
        return table

    def markdown(self) -> str:
        """As a Markdown table."""
        rules = ["---:" if place in self.numeric else "---" for place in range(len(self.titles))]
        lines = [self.titles, rules, *self.rows]
        return "".join(f"| {' | '.join(_escaped(cell) for cell in line)} |\n" for line in lines)

    def csv(self) -> str:
        """As CSV with a header."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(self.titles)
        writer.writerows(self.rows)
        return text.getvalue()


def _escaped(cell: str) -> str:
    return cell.replace("|", "\\|")
