"""What a notebook shows of a result: a small card, and plain text where styles are not let through."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

Rows = Sequence[Sequence[str]]

# The card is hidden until these styles arrive; then the text is.
_STYLES = (
    "<style>.crashsim-text{display:none}.crashsim-card{display:block!important}"
    ".crashsim-card th{text-align:left;padding-top:.6em}.crashsim-card td{text-align:left}"
    ".crashsim-card td.crashsim-number{text-align:right;font-variant-numeric:tabular-nums}</style>"
)
_METRICS = (
    "liquidated_notional_usd",
    "adl_notional_usd",
    "adl_accounts",
    "debt_peak_usd",
    "debt_usd",
    "deposits_to_debt_usd",
)
_RULES = ("adl.score", "adl.allocation", "adl.price", "adl.grace_s", "loss.policy", "loss.deposits")


def card(text: str, parts: Mapping[str, Rows]) -> str:
    """HTML of a title line and named groups of rows; the last cells are set to the right.

    Everything is escaped. Notebooks without styles show the text alone.
    """
    body = "".join(
        f'<tr><th colspan="{max(map(len, rows))}">{escape(title)}</th></tr>{_rows(rows)}'
        for title, rows in parts.items()
        if rows
    )
    return (
        f'{_STYLES}<pre class="crashsim-text">{escape(text)}</pre>'
        f'<div class="crashsim-card" style="display:none"><b>{escape(text)}</b>'
        f"<table>{body}</table></div>"
    )


def _rows(rows: Rows) -> str:
    return "".join(f"<tr>{''.join(_cells(row))}</tr>" for row in rows)


def _cells(row: Sequence[str]) -> Iterable[str]:
    for cell in row:
        number = ' class="crashsim-number"' if cell[:1].isdigit() or cell[:1] == "-" else ""
        yield f"<td{number}>{escape(cell)}</td>"


def rules(venue: Mapping[str, Any], policy_file: Mapping[str, str] | None) -> Rows:
    """The rules that decide most, of a venue's resolved tables."""
    found = [("venue", str(venue["name"]))]
    for key in _RULES:
        section, _, name = key.partition(".")
        if name in venue.get(section, {}):
            found.append((key, str(venue[section][name])))
    if policy_file is not None:
        found.append(("ranked by", f"{policy_file['name']}:{policy_file['function']}"))
    return found


def metrics(summary: Mapping[str, Any]) -> Rows:
    """Six metrics of summary.json with their units."""
    return [(name, written(summary[name]["value"]), summary[name]["unit"]) for name in _METRICS]


def written(value: float | None) -> str:
    """A number to two decimals, a count as it is, `none` where there is nothing to measure."""
    if value is None:
        return "none"
    return f"{value:,}" if isinstance(value, int) else f"{value:,.2f}"
