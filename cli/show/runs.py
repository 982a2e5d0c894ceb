"""The list of runs, and where two of them differ, as tables."""

from collections.abc import Sequence
from typing import Any

from crashsim.cli.sheet import Sheet
from crashsim.lab.figures import short_usd
from crashsim.lab.folders.run_diff import Difference
from crashsim.lab.folders.run_list import MAIN_METRICS


def list_sheet(entries: list[dict[str, Any]]) -> Sheet:
    """The entries as a table."""
    titles = ["run", "accounts", "liquidated", "deleveraged", "debt peak"]
    rows = [
        [entry["run"], "incomplete: run it again", "", "", ""]
        if "broken" in entry
        else [
            entry["run"],
            f"{entry['accounts']:,}",
            *(short_usd(entry[name]) for name in MAIN_METRICS),
        ]
        for entry in entries
    ]
    return Sheet(titles, rows, frozenset({1, 2, 3, 4}))


def diff_sheet(found: Sequence[Difference]) -> Sheet:
    """The differences as a table."""
    rows = [[one.key, _written(one.left), _written(one.right)] for one in found]
    return Sheet(["", "left", "right"], rows, frozenset({1, 2}))


def _written(value: Any) -> str:
    if value is None or value == [] or value == {}:
        return "none"
    if isinstance(value, float):
        return f"{value:,.2f}" if abs(value) >= 100 else f"{value:.6g}"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    text = str(value)
    return text if len(text) <= 24 else f"{text[:21]}..."
