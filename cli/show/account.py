"""One account under one run, or under several: sentences, tables, JSON and CSV."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any

from rich.console import RenderableType
from rich.padding import Padding
from rich.text import Text

from crashsim.cli.sheet import Sheet
from crashsim.cli.show import statement_words as words
from crashsim.data.clock import utc_ms, utc_text
from crashsim.engine.readings.statement import Item, Statement
from crashsim.engine.readings.statement_lines import lines_of
from crashsim.lab.figures import usd
from crashsim.lab.folders.run_folder import RunFolder
from crashsim.lab.library.account_statement import statement_in

_FILLS_TOLD = 8


@dataclass(frozen=True)
class AccountView:
    """An account's statement under one run."""

    run: str
    venue: str
    statement: Statement


def view_of(folder: RunFolder, account: str) -> AccountView:
    """Read one account of a run. Raises InputError for an account that is not in its book."""
    found = statement_in(folder.tables(), account, str(folder.path))
    return AccountView(folder.manifest.run, folder.manifest.venue.name, found)


def rendered(views: Sequence[AccountView]) -> Iterable[RenderableType]:
    """For the terminal; several with a table of them first."""
    if len(views) > 1:
        yield from (across_sheet(views).rendered(), "")
    for view in views:
        yield from (*_rendered(view), "")


def _rendered(view: AccountView) -> Iterable[RenderableType]:
    yield Text(f"Account {view.statement.account} under {view.venue} ({view.run})", style="bold")
    yield Text("")
    for sentence in words.answer(view.statement):
        yield Text(sentence)
    yield Text("\nThe statement", style="bold")
    yield Padding(sheet(view).rendered(), (0, 0, 0, 2))
    yield Text(f"  {_check(view.statement)}", style="dim")
    if told := fills_told(view):
        yield Text("\nWhy you were deleveraged", style="bold")
        for sentence in told:
            yield Padding(Text(sentence), (0, 0, 0, 2))


def markdown(views: Sequence[AccountView]) -> str:
    """As Markdown; several with a table of them first."""
    across = [across_sheet(views).markdown()] if len(views) > 1 else []
    return "\n".join([*across, *map(_markdown, views)])


def _markdown(view: AccountView) -> str:
    parts = [
        f"# Account {view.statement.account} under {view.venue} ({view.run})\n\n",
        *(f"{sentence}\n" for sentence in words.answer(view.statement)),
        f"\n{sheet(view).markdown()}\n{_check(view.statement)}\n",
    ]
    if told := fills_told(view):
        parts += ["\n", *(f"- {sentence}\n" for sentence in told)]
    return "".join(parts)


def sheet(view: AccountView) -> Sheet:
    """Opening equity, every line, closing equity; debt beside it where there is any."""
    statement = view.statement
    lines = lines_of(statement.items)
    has_debt = any(line.debt_usd for line in lines)
    rows = [_row("", "opening equity, at the first marks", statement.opening_equity_usd, 0.0)]
    rows += [
        _row(words.when(line), words.what(line), line.equity_usd, line.debt_usd) for line in lines
    ]
    closing = (statement.closing_equity_usd, statement.closing_debt_usd)
    rows.append(_row("", "closing equity, at the last marks", *closing))
    titles = ["time (UTC)", "what", "equity", "debt"]
    if not has_debt:
        return Sheet(titles[:3], [row[:3] for row in rows], frozenset({2}))
    return Sheet(titles, rows, frozenset({2, 3}))


def _row(time: str, what: str, equity_usd: float, debt_usd: float) -> list[str]:
    return [time, what, _cents(equity_usd), _cents(debt_usd) if debt_usd else ""]


def _cents(amount: float) -> str:
    written = f"{amount:,.2f}"
    return "0.00" if written == "-0.00" else written


def _check(statement: Statement) -> str:
    items = len(statement.items)
    return (
        f"Opening equity and {items:,} items make the closing equity, to "
        f"{abs(statement.residual_usd):.1e} USD of {usd(statement.gross_usd)} that moved."
    )


def fills_told(view: AccountView) -> list[str]:
    """A sentence a fill, the first few, and what the score read."""
    fills = [item for item in view.statement.items if item.kind == "adl_winner"]
    told = [words.ranked(fill) for fill in fills[:_FILLS_TOLD]]
    if more := len(fills[_FILLS_TOLD:]):
        told.append(f"And {more:,} more fills (--json or --csv lists all).")
    if fills and fills[0].score_inputs:
        read = fills[0].score_inputs.items()
        words_read = ", ".join(f"{name} = {value:,.6g}" for name, value in read)
        told.append(f"The score of the first fill was computed from: {words_read}.")
    return told


def as_json(view: AccountView) -> dict[str, Any]:
    """Everything, for machines."""
    statement = view.statement
    return {
        "account": statement.account,
        "run": view.run,
        "venue": view.venue,
        "answer": words.answer(statement),
        "opening_equity_usd": statement.opening_equity_usd,
        "closing_equity_usd": statement.closing_equity_usd,
        "closing_debt_usd": statement.closing_debt_usd,
        "residual_usd": statement.residual_usd,
        "gross_usd": statement.gross_usd,
        "items": [_item_json(item) for item in statement.items],
    }


def _item_json(item: Item) -> dict[str, Any]:
    content = {key: value for key, value in asdict(item).items() if value not in (None, "")}
    content["time"] = _iso(item.time)
    if item.kind == "adl_winner" and item.ahead is not None:
        content["ahead"] = item.ahead
    return content


def _iso(time: datetime | None) -> str | None:
    return utc_text(utc_ms(time)) if time else None


_ELSEWHERE = ("time", "candidates", "score_inputs")  # first in a row, or in the JSON alone
_OF_ITEM = tuple(field.name for field in fields(Item) if field.name not in _ELSEWHERE)
_CSV = ("run", "account", "time", *_OF_ITEM)


def items_sheet(views: Sequence[AccountView]) -> Sheet:
    """Every item of every run, unrounded, with opening and closing equity as items too."""
    rows = [row for view in views for row in _item_rows(view)]
    return Sheet(_CSV, rows)


def _item_rows(view: AccountView) -> Iterable[list[str]]:
    statement = view.statement
    equity_usd, debt_usd = statement.closing_equity_usd, statement.closing_debt_usd
    opening = Item("opening", equity_usd=statement.opening_equity_usd)
    closing = Item("closing", equity_usd=equity_usd, debt_usd=debt_usd)
    for item in (opening, *statement.items, closing):
        about = {"run": view.run, "account": statement.account, "time": _iso(item.time)}
        row = asdict(item) | about
        yield ["" if row[name] is None else str(row[name]) for name in _CSV]


def across_sheet(views: Sequence[AccountView]) -> Sheet:
    """The same account under each run."""
    rows = [
        [
            view.run,
            _cents(view.statement.closing_equity_usd),
            _cents(view.statement.closing_debt_usd),
            _cents(view.statement.moved_usd("liquidation", "takeover", "fee")),
            _cents(view.statement.moved_usd("adl_winner")),
            _cents(view.statement.amount_usd("deposit_to_debt")),
        ]
        for view in views
    ]
    titles = ["run", "equity", "debt", "liquidation", "ADL", "deposit to debt"]
    return Sheet(titles, rows, frozenset(range(1, 6)))
