"""A deficit laid on winners, on the terminal."""

from collections.abc import Iterable

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from crashsim.engine.winners import TOP_COUNTS, Allocation
from crashsim.lab import figures
from crashsim.lab.winner_table import Allocated


def rendered(result: Allocated) -> RenderableType:
    """Who pays under each policy, and the paper's ratios."""
    return Group(*_parts(result))


def _parts(result: Allocated) -> Iterable[RenderableType]:
    winners = result.winners
    yield Text(f"A deficit of {figures.usd(result.deficit_usd)} on {result.file.name}", "bold")
    yield Text(
        f"{len(winners.accounts):,} winners with {figures.short_usd(winners.profit_usd.sum())} of "
        f"profit and {figures.short_usd(winners.equity_usd.sum())} of equity; "
        f"{figures.short_usd(winners.capacity_usd.sum())} can be taken (the smaller of the two, "
        "by account)."
    )
    if result.left_out:
        yield Text(f"{result.left_out:,} accounts with negative equity are left out.", "yellow")
    yield Text("\nHow it falls", "bold")
    yield _falls(result.allocations)
    yield Text(
        "\nWhat is left open, and the ratios of arXiv 2512.01112 (its text, its code)", "bold"
    )
    yield _ratios(result.allocations)
    yield Text(
        "\nPTSR: largest profit left over (paper) the deficit raised, (code) the deficit left. "
        "PMR: the same over the largest single deficit. -: nothing to divide by.",
        "dim",
    )


def _table(*headings: str) -> Table:
    rows = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 0, 0, 1), show_edge=False)
    rows.add_column("policy", no_wrap=True)
    for heading in headings:
        rows.add_column(heading, justify="right", no_wrap=True)
    return rows


def _falls(allocations: Iterable[Allocation]) -> Table:
    tops = [f"top {count}" for count in TOP_COUNTS]
    rows = _table("raised", "payers", "worst, of\nequity", "Gini", *tops)
    for each in allocations:
        rows.add_row(
            each.policy,
            figures.short_usd(each.raised_usd),
            f"{each.payers:,}",
            figures.percent(each.largest_frac),
            _number(each.gini),
            *(_share(each.top_share[count]) for count in TOP_COUNTS),
        )
    return rows


def _ratios(allocations: Iterable[Allocation]) -> Table:
    rows = _table("left\nopen", "PTSR\npaper", "PTSR\ncode", "PMR\npaper", "PMR\ncode")
    for each in allocations:
        ratios = (each.ptsr_paper, each.ptsr_code, each.pmr_paper, each.pmr_code)
        rows.add_row(each.policy, figures.short_usd(each.uncovered_usd), *map(_number, ratios))
    return rows


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:,.2f}"


def _share(value: float | None) -> str:
    return "-" if value is None else figures.percent(value)
