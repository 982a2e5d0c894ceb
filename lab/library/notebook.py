"""What a notebook shows of a result: a small card, and plain text where styles are refused."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

Cell = str | float | None

# The card is hidden until these styles arrive; then the text is.
_STYLES = (
    "<style>.crashsim-text{display:none}"
    ".crashsim-card{display:flex!important;flex-wrap:wrap;gap:0 2em;align-items:flex-start}"
    ".crashsim-card table{margin:0;border-collapse:collapse}"
    ".crashsim-card caption{text-align:left;font-weight:bold;padding:.6em 0 .2em}"
    ".crashsim-card th,.crashsim-card td{text-align:left;padding:.1em 1em .1em 0}"
    ".crashsim-card .crashsim-number{text-align:right;font-variant-numeric:tabular-nums}</style>"
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


@dataclass(frozen=True)
class Group:
    """A small table of a card: numbers to the right, `none` where there is nothing to measure."""

    title: str
    rows: Sequence[Sequence[Cell]]
    heads: Sequence[str] = ()

    def html(self) -> str:
        """All of it escaped."""
        heads = "".join(f"<th>{escape(head)}</th>" for head in self.heads)
        rows = [heads] * bool(heads) + ["".join(map(_cell, row)) for row in self.rows]
        body = "".join(f"<tr>{row}</tr>" for row in rows)
        return f"<table><caption>{escape(self.title)}</caption>{body}</table>"


def card(text: str, groups: Sequence[Group]) -> str:
    """HTML of a title line and small tables; a notebook without styles shows the text alone."""
    body = "".join(group.html() for group in groups)
    return (
        f'{_STYLES}<pre class="crashsim-text">{escape(text)}</pre>'
        f'<div class="crashsim-card" style="display:none">'
        f'<b style="width:100%">{escape(text)}</b>{body}</div>'
    )


def _cell(cell: Cell) -> str:
    if isinstance(cell, str):
        return f"<td>{escape(cell)}</td>"
    written = "none" if cell is None else f"{cell:,}" if isinstance(cell, int) else f"{cell:,.2f}"
    return f'<td class="crashsim-number">{written}</td>'


def rules(venue: Mapping[str, Any]) -> Group:
    """The rules that decide most, of a venue's resolved tables."""
    found = [("venue", str(venue["name"]))]
    for key in _RULES:
        section, _, name = key.partition(".")
        if name in venue.get(section, {}):
            found.append((key, str(venue[section][name])))
    return Group("rules", found)


def metrics(summary: Mapping[str, Any]) -> Group:
    """Six metrics of summary.json with their units."""
    entries = {name: summary[name] for name in _METRICS}
    rows = [(name, entry["value"], entry["unit"]) for name, entry in entries.items()]
    return Group("metrics", rows)


def known(summary: Mapping[str, Any]) -> Group:
    """What the inputs of the metrics are: recorded, reconstructed or assumed."""
    inputs = {key: how for entry in summary.values() for key, how in entry["inputs"].items()}
    return Group("how it is known", list(inputs.items()))


def tables(rows: Mapping[str, int]) -> Group:
    """How many rows each table has."""
    return Group("rows of tables", list(rows.items()))
