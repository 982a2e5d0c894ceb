"""A deficit laid on winners, on the terminal."""

from collections.abc import Iterable

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from crashsim.cli.sheet import table
from crashsim.engine.winners import TOP_COUNTS, Allocation
from crashsim.lab import figures
from crashsim.lab.winner_table import Allocated


def rendered(result: Allocated) -> Iterable[RenderableType]:
    """Who pays under each policy, and the paper's ratios."""
    yield Text(f"A deficit of {figures.usd(result.deficit_usd)} on {result.file.name}", "bold")
    yield Text(
        f"{len(result.winners.accounts):,} winners with {figures.short_usd(result.profit_usd)} of "
        f"profit and {figures.short_usd(result.equity_usd)} of equity; "
        f"{figures.short_usd(result.capacity_usd)} can be taken (the smaller of the two, "
        f"by account). Rules weigh by {'profit alone' if result.by_profit else 'the smaller'}."
    )
    yield from (Text(f"note: {note}", "yellow") for note in result.table.notes)
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
        "PMR: the same over the largest single deficit (--largest-deficit). -: not given, or "
        "nothing to divide by.",
        "dim",
    )


def _by_policy(*headings: str) -> Table:
    return table(["policy", *headings], [place for place, _ in enumerate(headings, 1)])


def _falls(allocations: Iterable[Allocation]) -> RenderableType:
    tops = [f"top {count}" for count in TOP_COUNTS]
    rows = _by_policy("raised", "payers", "worst, of\nequity", "Gini", *tops)
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


def _ratios(allocations: Iterable[Allocation]) -> RenderableType:
    rows = _by_policy("left\nopen", "PTSR\npaper", "PTSR\ncode", "PMR\npaper", "PMR\ncode")
    for each in allocations:
        ratios = (each.ptsr_paper, each.ptsr_code, each.pmr_paper, each.pmr_code)
        rows.add_row(each.policy, figures.short_usd(each.uncovered_usd), *map(_number, ratios))
    return rows


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:,.2f}"


def _share(value: float | None) -> str:
    return "-" if value is None else figures.percent(value)
