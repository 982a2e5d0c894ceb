"""A comparison on the terminal, for people: everything shown comes from its folder's content."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from crashsim.cli.sheet import pairs, section, table
from crashsim.cli.show.replay import statements
from crashsim.engine.measure.comparison import change_totals, most_changed
from crashsim.engine.measure.metrics import COMPARISON_METRICS, Value
from crashsim.engine.readings import Frame
from crashsim.lab import figures
from crashsim.lab.folders.provenance import Statement

_TOP = 10
_NAME_COLUMNS = 20


@dataclass(frozen=True)
class Item:
    """One metric under a plain name of at most two short lines."""

    heading: str
    metric: str


@dataclass(frozen=True)
class Question:
    """Metrics that answer one question. without_adl: whether the run without ADL has an answer."""

    question: str
    items: tuple[Item, ...]
    without_adl: bool = True


GROUPS: tuple[Question, ...] = (
    Question(
        "Winners: whose positions were closed by force?",
        (
            Item("accounts\nclosed", "adl_accounts"),
            Item("notional\nclosed", "adl_notional_usd"),
            Item("of what all\nwinners held", "winner_capacity_used_frac"),
            Item("from low\nleverage (<2)", "adl_low_leverage_share_frac"),
            Item("hedges\nbroken", "hedges_broken"),
        ),
        without_adl=False,
    ),
    Question(
        "Winners: what did it cost them, against the same night without ADL?",
        (
            Item("haircuts,\nall", "haircut_usd"),
            Item("worst, of\nits equity", "max_haircut_frac"),
            Item("top 10\nbear", "haircut_top_10_share_frac"),
            Item("Gini of\nhaircuts", "haircut_gini"),
            Item("beyond the\nneed", "overshoot_usd"),
        ),
        without_adl=False,
    ),
    Question(
        "Losers: who was liquidated, and who ended in debt?",
        (
            Item("accounts\nliquidated", "liquidated_accounts"),
            Item("notional\nliquidated", "liquidated_notional_usd"),
            Item("ended\nin debt", "debt_accounts"),
            Item("debt at\nthe end", "debt_usd"),
            Item("deposits\nto debts", "deposits_to_debt_usd"),
        ),
    ),
    Question(
        "The venue: who stood behind it, and what was left to whom?",
        (
            Item("taken over\nby funds", "taken_over_usd"),
            Item("funds at\ntheir low", "absorber_low_usd"),
            Item("first\nrefusal", "absorber_first_refusal_at"),
            Item("written\noff", "platform_loss_usd"),
            Item("charged\nto others", "shared_usd"),
        ),
    ),
    Question(
        "After the close: what would the closed positions have gained since?",
        (
            Item("1 s", "adl_markout_1s_usd"),
            Item("5 s", "adl_markout_5s_usd"),
            Item("60 s", "adl_markout_60s_usd"),
            Item("5 min", "adl_markout_300s_usd"),
            Item("the end", "adl_markout_end_usd"),
        ),
        without_adl=False,
    ),
    Question(
        "What would it cost to make everybody whole?",
        (
            Item("all of it", "make_whole_usd"),
            Item("ADL costs\n(to mark)", "make_whole_adl_costs_usd"),
            Item("swallowed\ndeposits", "make_whole_deposits_usd"),
            Item("debts left", "make_whole_debts_usd"),
            Item("half of\nthe fees", "make_whole_half_fees_usd"),
        ),
    ),
)

_WRITE: Mapping[str, Callable[[float], str]] = MappingProxyType(
    {
        "USD": figures.short_usd,
        "fraction": figures.percent,
        "index": "{:.2f}".format,
        "correlation": "{:+.2f}".format,
    }
)


def written(metric: str, value: Value) -> str:
    """A value as people read it; `-` where there is none."""
    if value is None or isinstance(value, Mapping):
        return "-"
    if isinstance(value, str):
        return figures.clock(value)
    return _WRITE.get(COMPARISON_METRICS[metric].unit, "{:,.0f}".format)(value)


def written_delta(metric: str, delta: Value) -> str:
    """A difference with its sign; nothing where there is none, or where it cannot be told."""
    if not isinstance(delta, int | float):
        return ""
    text = written(metric, abs(delta)).lstrip("+")
    if not any(figure in text for figure in "123456789"):
        return ""
    if COMPARISON_METRICS[metric].unit == "fraction":
        text = f"{text.removesuffix('%')} pt"  # points: not a percentage of the first run's
    return f"{'+' if delta > 0 else '-'}{text}"


def rendered(told: Mapping[str, Any], changes: Frame, path: Path) -> Iterable[RenderableType]:
    """The tables of a comparison; told: the content of comparison.json."""
    scenario = told["scenario"]["scenario"]
    runs: Mapping[str, Any] = told["runs"]
    first = next(iter(runs))
    yield Text(f"{scenario.get('title') or scenario['name']}", style="bold")
    yield Text(
        f"{len(runs)} runs of the same prices, accounts and flows, seed {told['seed']}. Under each "
        f"number: its difference from the first run, {first}, if any."
    )
    yield section("How this is known", statements([Statement(**one) for one in told["provenance"]]))
    yield section("The runs", _runs(runs))
    for group in GROUPS:
        yield section(group.question, _table_of(group, told))
        if "against the same night" in group.question:
            yield Padding(Text(told["caveat"], style="dim"), (0, 0, 0, 2))
    if changes.height:
        yield section(
            f"Who changes sides, against {first}", _totals(changes, first, list(runs)[1:])
        )
    # Without ADL the profits could not have been paid, so nobody is told what he would have had.
    real = most_changed(changes, left_out=list(runs)[-1])
    if real.height:
        title = "For whom that matters most (equity less debt at the end)"
        yield section(title, _most_changed(real, first))
    yield section("More", _closing(path))


def _runs(runs: Mapping[str, Any]) -> RenderableType:
    return pairs((Text(name, style="bold"), run["what"]) for name, run in runs.items())


def _table_of(group: Question, told: Mapping[str, Any]) -> RenderableType:
    headings = [item.heading for item in group.items]
    rows = _by_run(headings)
    metrics = told["metrics"]
    first, *others = told["runs"] if group.without_adl else list(told["runs"])[:-1]
    same = []
    rows.add_row(first, *_values(group, metrics, first), style="bold")
    for name in others:
        cells = [_with_delta(item.metric, metrics[item.metric], name) for item in group.items]
        if _values(group, metrics, name) == _values(group, metrics, first) and all(
            "\n" not in cell.plain for cell in cells
        ):
            same.append(name)
        else:
            rows.add_row(name, *cells)
    if not same:
        return rows
    return Group(rows, Text(f"the same as {first}: {', '.join(same)}", style="dim"))


def _by_run(headings: Sequence[str]) -> Table:
    rows = table(["", *headings], [place for place, _ in enumerate(headings, 1)])
    rows.columns[0].max_width = _NAME_COLUMNS
    return rows


def _values(group: Question, metrics: Mapping[str, Any], run: str) -> list[str]:
    return [written(item.metric, metrics[item.metric]["values"][run]) for item in group.items]


def _with_delta(metric: str, entry: Mapping[str, Any], run: str) -> Text:
    cell = Text(written(metric, entry["values"][run]))
    if delta := written_delta(metric, entry["deltas"][run]):
        cell.append(f"\n{delta}", style="dim")
    return cell


# A heading for accounts that are on a side under the first run only, and under the other only.
_LEAVES = {"deleveraged": "spared\n(closed,\nfirst only)", "in_debt": "out of debt\n(first only)"}
_ENTERS = {"deleveraged": "hit instead\n(closed,\nhere only)", "in_debt": "into debt\n(here only)"}
_WHY = {"deleveraged": "closed", "in_debt": "in debt"}


def _totals(changes: Frame, first: str, runs: Sequence[str]) -> RenderableType:
    rows = _by_run([titles[side] for side in _WHY for titles in (_LEAVES, _ENTERS)])
    found = {
        (run, side, only_under): f"{accounts:,} {figures.short_usd(amount)}"
        for run, side, only_under, accounts, amount in change_totals(changes).iter_rows()
    }
    for run in runs:
        cells = [found.get((run, side, under), "-") for side in _WHY for under in (first, run)]
        rows.add_row(run, *cells)
    return Group(rows, Text("accounts, and notional closed or debt at its peak", style="dim"))


def _most_changed(changes: Frame, first: str) -> RenderableType:
    titles = ("account", "run", "first run", "here", "difference", "changes sides")
    rows = table(titles, (2, 3, 4))
    for row in changes[:_TOP].iter_rows(named=True):
        where = "first only" if row["only_under"] == first else "here only"
        rows.add_row(
            row["account"],
            row["run"],
            figures.short_usd(row["end_first_usd"]),
            figures.short_usd(row["end_run_usd"]),
            _signed(row["difference_usd"]),
            f"{_WHY[row['side']]}: {where}",
        )
    return rows


def _signed(amount: float) -> str:
    return f"{'+' if amount > 0 else ''}{figures.short_usd(amount)}"


def _closing(path: Path) -> RenderableType:
    return pairs(
        (
            ("files", f"{path} (comparison.json, metrics.parquet, changes.parquet)"),
            ("words", "crashsim compare --explain METRIC, or --explain all"),
        )
    )
