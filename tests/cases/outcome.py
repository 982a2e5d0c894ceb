"""What came out, against the tables of a page."""

from collections.abc import Mapping
from math import isinf

from tests.cases.arithmetic import value_of
from tests.cases.page import METRICS, Cells
from tests.properties.wealth import outside_usd, wealth_in_usd
from tests.reference.compare import TOLERANCE, gross_usd
from tests.reference.model import Case, Row
from tests.reference.replay import Result

IN_PART = ("timeline", "absorbers")  # a row for every step: a page shows those that matter
PLATFORM, OUTSIDE, TOTAL = "platform", "outside", "total"


def disagreements(expected: dict[str, list[Cells]], case: Case, result: Result) -> list[str]:
    """One sentence for each row of the page's tables that did not come out, or was not expected."""
    usd = TOLERANCE * gross_usd(case)
    said: list[str] = []
    for name, rows in expected.items():
        if name == METRICS:
            continue
        found = _everyone(case, result) if name == "After" else result.tables[name]
        said += [f"{name}: {one}" for one in _unmatched(name, rows, found, usd)]
    return [*said, *_wrong_totals(expected.get("After", []), case, result, usd)]


def wrong_metrics(rows: list[Cells], values: Mapping[str, object]) -> list[str]:
    """One sentence for each metric that did not come out."""
    return [
        f"expected {row}, found {values.get(row['metric'])}"
        for row in rows
        if row["metric"] not in values or not _same(row["value"], values[row["metric"]], TOLERANCE)
    ]


def _everyone(case: Case, result: Result) -> list[Row]:
    """Accounts, absorbers, the platform and the outside world at the end."""
    last = len(case.times_ms) - 1
    rows = list(result.tables["accounts"])
    rows += [
        {"account": r["absorber"], "cash_end": r["cash_usd"], "equity_end": r["equity_usd"]}
        for r in result.tables["absorbers"]
        if r["step"] == last
    ]
    platform, outside = result.platform_cash_usd, outside_usd(case, result.tables)
    rows.append({"account": PLATFORM, "cash_end": platform, "equity_end": platform})
    return [*rows, {"account": OUTSIDE, "equity_end": outside}]


def _unmatched(name: str, rows: list[Cells], found: list[Row], usd: float) -> list[str]:
    left, missing = list(found), []
    for cells in rows:
        first = next(iter(cells.values()))
        if first in (TOTAL, "none"):
            continue
        match = next((row for row in left if _agrees(cells, row, usd)), None)
        if match is None:
            missing.append(f"expected {cells}, found {_like(cells, left)}")
        else:
            left.remove(match)
    extra = [] if name in IN_PART else [row for row in left if not _may_be_left_out(row, usd)]
    columns = [name for name in rows[0] if name != "working"]
    return missing + [f"not expected {[row.get(one) for one in columns]}" for row in extra]


def _may_be_left_out(row: Row, usd: float) -> bool:
    """The platform or the outside world, where nothing came to them."""
    return row.get("account") in (PLATFORM, OUTSIDE) and abs(row["equity_end"]) <= usd


def _like(cells: Cells, rows: list[Row]) -> list[list[object]]:
    columns = [name for name in cells if name != "working"]
    return [[row.get(name) for name in columns] for row in rows]


def _agrees(cells: Cells, row: Row, usd: float) -> bool:
    stated = {name: cell for name, cell in cells.items() if cell and name != "working"}
    return all(_same(cell, row.get(name), usd) for name, cell in stated.items())


def _same(cell: str, found: object, usd: float) -> bool:
    match found:
        case bool():
            return cell == ("yes" if found else "no")
        case int() | float():
            expected = value_of(cell)
            return expected == found if isinf(expected) else abs(expected - found) <= usd
        case None:
            return cell == "-"
    return cell == found


def _wrong_totals(rows: list[Cells], case: Case, result: Result, usd: float) -> list[str]:
    """The page's total is the sum of its rows, and what came in: money neither comes nor goes.

    Pledged assets are no part of that, so a page with some has no total.
    """
    if not rows or "equity_end" not in rows[0] or case.collateral:
        return []
    *others, total = rows
    if total["account"] != TOTAL:
        return ["After: the last row is not the total"]
    stated = value_of(total["equity_end"])
    summed = sum(value_of(row["equity_end"]) for row in others)
    came_in = wealth_in_usd(case, result)
    agree = abs(stated - summed) <= usd and abs(stated - came_in) <= usd
    return [] if agree else [f"After: total {stated}, its rows {summed}, came in {came_in}"]
