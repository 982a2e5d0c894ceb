"""Bundled names, and fact sheets: every value with its unit and where it is from."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from pydantic import TypeAdapter
from rich.console import RenderableType
from rich.padding import Padding
from rich.text import Text

from crashsim.cli import output
from crashsim.cli.sheet import pairs, table
from crashsim.lab import figures
from crashsim.scenarios import Fact, FactSheet, Listing
from crashsim.scenarios.models.ranges import Range
from crashsim.scenarios.models.sources import FactCounts


@dataclass(frozen=True)
class _Grounds:
    """What values of one group share."""

    since: str | None
    source: str | None
    assumption: str | None
    range: Range | None
    alternatives: tuple[str, ...]


def print_list(listings: Sequence[Listing], hint: str, *, as_json: bool) -> None:
    """Print names and titles to stdout."""
    names = [{"name": listing.name, "title": listing.title} for listing in listings]
    rows = pairs((Text(listing.name, style="bold"), listing.title) for listing in listings)
    output.emit_result(names, [rows, Text(f"\n{hint}", style="dim")], as_json=as_json)


def print_sheet(sheet: FactSheet, *, as_json: bool) -> None:
    """Print a fact sheet to stdout."""
    content = TypeAdapter(FactSheet).dump_python(sheet, mode="json")
    output.emit_result(content, _parts(sheet), as_json=as_json)


def print_market(sheet: FactSheet, market: str, *, as_json: bool) -> None:
    """Print the one margin table of a sheet, which serves this market, to stdout."""
    content = TypeAdapter(FactSheet).dump_python(sheet, mode="json")
    output.emit_result(content, _market_parts(sheet, market), as_json=as_json)


def _market_parts(sheet: FactSheet, market: str) -> Iterable[RenderableType]:
    (fact,) = sheet.facts
    yield Text.assemble((sheet.name, "bold"), f": margin of {market}, table ", (fact.key, "bold"))
    yield Padding(_margin_rows(fact), (1, 0, 1, 2))
    yield from _grounds(_grounds_of(fact))


def _margin_rows(fact: Fact) -> RenderableType:
    match fact.value:
        case {"tiers": [*tiers]}:
            rows = table(["from, USD", "maintenance rate of what lies above"], (0, 1))
            for tier in tiers:
                rows.add_row(f"{tier['from']:,.0f}", figures.exact_percent(tier["rate"]))
            return rows
        case _:
            return Text(f"{fact.text} ({fact.unit})")


def _parts(sheet: FactSheet) -> Iterable[RenderableType]:
    yield Text(sheet.name, style="bold")
    yield Text(sheet.title)
    for section, facts in groupby(sheet.shortened, key=_section):
        yield Text(f"\n[{section}]" if section else "", style="bold")
        for grounds, same in groupby(facts, key=_grounds_of):
            yield from _values(section, list(same))
            yield from _grounds(grounds)
        if section == "margin" and sheet.left_out:
            more = f"{sheet.left_out:,} more markets"
            yield Text(f"  and the tables of {more}: --market NAME shows one")
    if sheet.missing:
        yield Text("\nWhat this file cannot express", style="bold")
        yield from (_ground("-", "", missing, indent=2) for missing in sheet.missing)
    yield Text(f"\n{_count('value', FactCounts.of(sheet.rules))}", style="dim")
    if sheet.tables:
        yield Text(_count("margin table", FactCounts.of(sheet.tables)), style="dim")


def _section(fact: Fact) -> str:
    return fact.key.partition(".")[0] if "." in fact.key else ""


def _grounds_of(fact: Fact) -> _Grounds:
    return _Grounds(fact.since, fact.source, fact.assumption, fact.range, fact.alternatives)


def _values(section: str, facts: Sequence[Fact]) -> Iterable[RenderableType]:
    units = {fact.unit for fact in facts}
    # A unit that several values share stands below them, and so does that of a margin table.
    once = len(units) == 1 and (len(facts) > 1 or "margin.markets." in facts[0].key)
    rows = pairs()
    for fact in facts:
        key = fact.key.removeprefix(f"{section}.")
        rows.add_row(f"  {key}", Text(fact.text, style="bold"), "" if once else fact.unit)
    yield rows
    if once and (unit := units.pop()):
        yield _ground("unit", "", unit)


def _grounds(known: _Grounds) -> Iterable[RenderableType]:
    if known.assumption:
        yield _ground("ASSUMED", "yellow", known.assumption)
    if known.range:
        yield _ground("range", "cyan", f"{known.range.text}: {known.range.reason}")
        if known.range.source:
            yield _ground("", "", f"range from {known.range.source}")
    if known.alternatives:
        yield _ground("or", "cyan", "; ".join(known.alternatives))
    if known.source:
        since = f" (since {known.since})" if known.since else ""
        yield _ground("source", "green", f"{known.source}{since}")


def _ground(label: str, style: str, text: str, indent: int = 6) -> RenderableType:
    row = pairs([(Text(label, style=style), Text(text, style="dim"))])
    row.columns[0].min_width = len("ASSUMED") if len(label) > 1 else 1
    return Padding(row, (0, 0, 0, indent))


def _count(what: str, counts: FactCounts) -> str:
    found = figures.many(counts.values, what)
    words = f"{found}: {counts.sourced} with a source, {counts.assumed} assumed"
    return f"{words}, {counts.neither} with neither" if counts.neither else words
