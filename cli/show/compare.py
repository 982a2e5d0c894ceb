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
from crashsim.cli.show import firmness
from crashsim.cli.show.replay import statements
from crashsim.engine.measure.comparison import change_totals, most_changed
from crashsim.engine.measure.metrics import COMPARISON_METRICS, Value
from crashsim.engine.readings import Frame
from crashsim.lab import figures
from crashsim.lab.draws.draw_table import DRAWS
from crashsim.lab.folders.provenance import Statement

_TOP = 10
_NAME_COLUMNS = 20


@dataclass(frozen=True)
class Question:
    """Metrics that answer one question.

    headings: of each metric, a plain name of at most two short lines. without_adl: whether the run
    without ADL has an answer.
    """

    question: str
    headings: Mapping[str, str]
    without_adl: bool = True


GROUPS: tuple[Question, ...] = (
    Question(
        "Winners: whose positions were closed by force?",
        {
            "adl_accounts": "accounts\nclosed",
            "adl_notional_usd": "notional\nclosed",
            "winner_capacity_used_frac": "of what all\nwinners held",
            "adl_low_leverage_share_frac": "from low\nleverage (<2)",
            "hedges_broken": "hedges\nbroken",
        },
        without_adl=False,
    ),
    Question(
        "Winners: what did it cost them, against the same night without ADL?",
        {
            "haircut_usd": "haircuts,\nall",
            "max_haircut_frac": "worst, of\nits equity",
            "haircut_top_10_share_frac": "top 10\nbear",
            "haircut_gini": "Gini of\nhaircuts",
            "overshoot_usd": "beyond the\nneed",
        },
        without_adl=False,
    ),
    Question(
        "Losers: who was liquidated, and who ended in debt?",
        {
            "liquidated_accounts": "accounts\nliquidated",
            "liquidated_notional_usd": "notional\nliquidated",
            "debt_accounts": "ended\nin debt",
            "debt_usd": "debt at\nthe end",
            "deposits_to_debt_usd": "deposits\nto debts",
        },
    ),
    Question(
        "The venue: who covered the losses, and what was left to whom?",
        {
            "taken_over_usd": "taken over\nby funds",
            "absorber_low_usd": "funds at\ntheir low",
            "absorber_first_refusal_at": "first\nrefusal",
            "platform_loss_usd": "written\noff",
            "shared_usd": "charged\nto others",
        },
    ),
    Question(
        "After the close: what would the closed positions have gained since?",
        {
            "adl_markout_1s_usd": "1 s",
            "adl_markout_5s_usd": "5 s",
            "adl_markout_60s_usd": "60 s",
            "adl_markout_300s_usd": "5 min",
            "adl_markout_end_usd": "the end",
        },
        without_adl=False,
    ),
    Question(
        "What would it cost to make everybody whole?",
        {
            "make_whole_usd": "all of it",
            "make_whole_adl_costs_usd": "ADL costs\n(to mark)",
            "make_whole_deposits_usd": "swallowed\ndeposits",
            "make_whole_debts_usd": "debts left",
            "make_whole_half_fees_usd": "half of\nthe fees",
        },
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
    if told.get(DRAWS):
        yield Text(firmness.of_comparison(told[DRAWS]))
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
    yield section("More", _closing(path, drawn=DRAWS in told))


def _runs(runs: Mapping[str, Any]) -> RenderableType:
    return pairs((Text(name, style="bold"), run["what"]) for name, run in runs.items())


def _table_of(group: Question, told: Mapping[str, Any]) -> RenderableType:
    rows = _by_run(list(group.headings.values()))
    metrics, agreement = told["metrics"], told.get(DRAWS, {}).get("agreement", {})
    first, *others = told["runs"] if group.without_adl else list(told["runs"])[:-1]
    same = []
    rows.add_row(first, *_values(group, metrics, first), style="bold")
    for name in others:
        cells = [
            _with_delta(metric, metrics[metric], name, agreement.get(metric, {}))
            for metric in group.headings
        ]
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
    return [written(metric, metrics[metric]["values"][run]) for metric in group.headings]


def _with_delta(
    metric: str, entry: Mapping[str, Any], run: str, agreement: Mapping[str, Any]
) -> Text:
    cell = Text(written(metric, entry["values"][run]))
    if delta := written_delta(metric, entry["deltas"][run]):
        cell.append(f"\n{delta}", style="dim")
        if borne := firmness.borne_out(entry["deltas"][run], agreement.get(run)):
            cell.append(f"\n{borne}", style="dim")
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


def _closing(path: Path, *, drawn: bool) -> RenderableType:
    tables = f"metrics.parquet, changes.parquet{', draws.parquet' if drawn else ''}"
    return pairs(
        (
            ("files", f"{path} (comparison.json, {tables})"),
            ("words", "crashsim compare --explain METRIC, or --explain all"),
        )
    )
