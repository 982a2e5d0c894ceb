"""Figures of several seeds in words: as a table, and as smallest to largest."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import mean

from crashsim.lab.figures import short_usd
from docs.replayed import Figures


@dataclass(frozen=True)
class Column:
    """A figure as a column. figure: its name; head: over the column; noun: behind it in a text."""

    figure: str
    head: str
    noun: str
    form: Callable[[float], str]


def count(value: float) -> str:
    """A count: `1,234`."""
    return f"{value:,.0f}"


def share(value: float) -> str:
    """A fraction in whole percent: `40%`."""
    return f"{value:.0%}"


def ratio(value: float) -> str:
    """A ratio: `0.92`."""
    return f"{value:.2f}"


COLUMNS = (
    Column("debtors", "in debt at the end", "debtors", count),
    Column("depositors", "of whose deposits debts took some", "depositors", count),
    Column("swallowed_usd", "taken", "taken", short_usd),
    Column("largest_usd", "of the largest", "from the largest", short_usd),
    Column("closed_usd", "closed by force", "closed by force", short_usd),
    Column("sol_frac", "of it SOL", "SOL", share),
    Column("equity_frac_oi", "equity / open interest", "of open interest as equity", ratio),
)


def table_of(found: Mapping[int, Figures]) -> str:
    """A Markdown table: a row a seed, and their mean."""
    heads = ["seed", *(column.head for column in COLUMNS)]
    lines = [heads, ["---"] * len(heads)]
    lines += [_row(str(seed), figures) for seed, figures in found.items()]
    middle = {c.figure: mean(figures[c.figure] for figures in found.values()) for c in COLUMNS}
    lines.append(_row("mean", middle))
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def _row(name: str, figures: Figures) -> list[str]:
    return [name, *(column.form(figures[column.figure]) for column in COLUMNS)]


def spreads(found: Mapping[int, Figures]) -> str:
    """The smallest and largest of each figure: `29 to 39 depositors, ...`."""
    return ", ".join(
        f"{span([figures[c.figure] for figures in found.values()], c.form)} {c.noun}"
        for c in COLUMNS
    )


def span(values: list[float], form: Callable[[float], str]) -> str:
    """From the smallest to the largest; one of them where they are written alike."""
    least, most = form(min(values)), form(max(values))
    return least if least == most else f"{least} to {most}"
