"""Margin tables of many markets as a CSV, a row a tier, each row with its source.

    # [brackets]
    # since = 2025-10-09
    # source = "https://..."
    market,from_usd,rate,source
    BTC,0,0.004,brackets
    BTC,300000,0.005,brackets

Square-root functions have `base` and `factor` in place of `from_usd` and `rate`, in one row a
market. The comment before the header is TOML: what each id of the column `source` stands for, in
the keys of a `[facts]` table. Without one, the column has the sources themselves, or is left out.
"""

import csv
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from pydantic import ValidationError

from crashsim.scenarios.bundled import Located
from crashsim.scenarios.errors import InputError
from crashsim.scenarios.files.documents import Document, Table
from crashsim.scenarios.files.problems import Problems, nearest, sentences
from crashsim.scenarios.models.margin_tables import SqrtTable, Tier, TierTable
from crashsim.scenarios.models.notes import Note, Notes

Numbers = tuple[float, float]  # of a row: from_usd and rate, or base and factor
MarginTable = TierTable | SqrtTable

_KINDS = {"tiers": ("from_usd", "rate"), "sqrt": ("base", "factor")}
_MODELS: Mapping[str, type[MarginTable]] = {"tiers": TierTable, "sqrt": SqrtTable}
_UNITS = {
    "tiers": "USD (from), fraction of notional (rate)",
    "sqrt": "fraction of notional (base), per square root of USD of notional (factor)",
}


@dataclass(frozen=True)
class MarginFile:
    """The tables of a file and what is known of each, by market."""

    tables: Mapping[str, MarginTable]
    notes: Mapping[str, Note]


class _Row(NamedTuple):
    """One row, and the line on which it ends."""

    market: str
    numbers: Numbers
    source: str
    line: int


def read_margins(located: Located) -> MarginFile:
    """Read such a file. Raises InputError with all its problems, each with file and line."""
    label = located.label
    lines = _lines(located)
    first = next((i for i, line in enumerate(lines) if not line.startswith("#")), len(lines))
    known = _head(lines[:first], label)
    reader = csv.reader(lines[first:])
    titles = [title.strip() for title in next(reader, [])]
    kind = _kind(titles, f"{label}, line {first + 1}")
    problems: list[str] = []
    rows: dict[str, list[_Row]] = {}
    for cells in reader:
        at = first + reader.line_num
        row = _row(dict(zip(titles, cells, strict=False)), kind, at)
        if row and len(cells) == len(titles):
            rows.setdefault(row.market, []).append(row)
        elif cells:
            problems += _unfit(titles, cells, kind, f"{label}, line {at}")
    problems += _unsourced(rows, known, label)
    tables = _tables(rows, kind, label, problems)
    if problems:
        raise InputError("\n".join(problems))
    sources = {name: own[0].source for name, own in rows.items()}
    told = {source: _note(source, known, kind) for source in set(sources.values())}
    return MarginFile(tables, {name: told[source] for name, source in sources.items()})


def _lines(located: Located) -> list[str]:
    try:
        return located.path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        text = f"not UTF-8 text (byte {error.start}); save it as UTF-8"
    except OSError as error:
        text = f"cannot be read: {error.strerror}"
    raise InputError(f"{located.label}: {text}")


def _head(lines: Sequence[str], label: str) -> Mapping[str, Note]:
    text = "\n".join(line.removeprefix("#").removeprefix(" ") for line in lines)
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(
            f"{label}: the comment before the header is not TOML: {error}; expected for each id of "
            'the column source: # [ID], then # since = 2025-10-09 and # source = "..."'
        ) from None
    problems = Problems()
    notes = problems.validated(Notes, Document(f"{label}, before the header", {"facts": tables}))
    return problems.checked(notes).facts


def _kind(titles: Sequence[str], place: str) -> str:
    for kind, columns in _KINDS.items():
        if sorted({*titles, "source"}) == sorted({"market", "source", *columns}):
            return kind
    raise InputError(
        f"{place}: found {', '.join(titles) or 'no header'}; expected the columns market, "
        "from_usd, rate and source, or market, base, factor and source"
    )


def _row(cells: Mapping[str, str], kind: str, line: int) -> _Row | None:
    """The row; None where a cell is missing or unfit."""
    first, second = _KINDS[kind]
    try:
        numbers = float(cells[first]), float(cells[second])
    except (KeyError, ValueError):
        return None
    market = cells["market"].strip()
    return _Row(market, numbers, cells.get("source", "").strip(), line) if market else None


def _unfit(titles: Sequence[str], cells: Sequence[str], kind: str, place: str) -> Iterator[str]:
    """What is wrong with a row that could not be read."""
    if len(cells) != len(titles):
        yield f"{place}: found {len(cells)} columns, expected {len(titles)}: {', '.join(titles)}"
        return
    found = dict(zip(titles, cells, strict=True))
    if not found["market"].strip():
        yield f'{place}: market: found nothing, expected a name such as "BTC"'
    for column in _KINDS[kind]:
        try:
            float(found[column])
        except ValueError:
            yield f'{place}: {column}: found "{found[column]}", expected a number'


def _unsourced(
    rows: Mapping[str, Sequence[_Row]], known: Mapping[str, Note], label: str
) -> Iterator[str]:
    """Rows whose source is no id of the head, or another than that of their market."""
    for market, own in rows.items():
        for row in own:
            place = f'{label}, line {row.line}: source: found "{row.source}", expected'
            if known and row.source not in known:
                hint = nearest(row.source, known)
                yield f"{place} an id that stands before the header{hint} There: {', '.join(known)}"
            elif row.source != own[0].source:
                yield f'{place} "{own[0].source}" as in the other rows of {market}'


def _tables(
    rows: Mapping[str, Sequence[_Row]], kind: str, label: str, problems: list[str]
) -> Mapping[str, MarginTable]:
    """A table a market; equal ones are one object. What is wrong joins the problems."""
    made: dict[tuple[Numbers, ...], MarginTable] = {}
    tables = {}
    for market, own in rows.items():
        numbers = tuple(row.numbers for row in own)
        if kind == "sqrt" and len(own) > 1:
            problems.append(f"{label}, line {own[1].line}: market: found {market} a second time")
        try:
            if numbers not in made:
                made[numbers] = _MODELS[kind].model_validate(_table(kind, numbers))
            tables[market] = made[numbers]
        except ValidationError as error:
            problems += _said(error, kind, own, label)
    return tables


def _table(kind: str, numbers: Sequence[Numbers]) -> Table:
    if kind == "tiers":
        return {"kind": kind, "tiers": [{"from": bound, "rate": rate} for bound, rate in numbers]}
    return {"kind": kind, "base": numbers[0][0], "factor": numbers[0][1]}


def _said(error: ValidationError, kind: str, rows: Sequence[_Row], label: str) -> list[str]:
    """The problems of a market's rows; where each is fit, those of the table that they make."""
    of_rows = [line for row in rows for line in _of_row(row, kind, label)]
    place = f"{label}, lines {rows[0].line} to {rows[-1].line}, {rows[0].market}"
    table = _table(kind, [row.numbers for row in rows])
    return of_rows or sentences(_MODELS[kind], Document(place, table), error)


def _of_row(row: _Row, kind: str, label: str) -> list[str]:
    table = _table(kind, [row.numbers])
    tiers = table.get("tiers")
    model, cells = (Tier, tiers[0]) if isinstance(tiers, list) else (SqrtTable, table)
    try:
        model.model_validate(cells)
    except ValidationError as error:
        said = sentences(model, Document(f"{label}, line {row.line}", cells), error)
        return [line.replace(": from:", ": from_usd:") for line in said]
    return []


def _note(source: str, known: Mapping[str, Note], kind: str) -> Note:
    found = known.get(source) or Note(source=source or None)
    return found if found.unit else found.model_copy(update={"unit": _UNITS[kind]})
