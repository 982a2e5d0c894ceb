"""Write docs/fidelity.md: `python -m docs.fidelity`, recorded against replayed (a minute).

Every recorded figure stands in docs/recorded.csv with its source. What is replayed comes from the
bundled night as it is, under the rules of the venue that the figure is of, over the seeds that no
fit has looked at.
"""

import csv
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

from crashsim import data, scenarios
from crashsim.data.synthetic.anchors import read_anchors, read_window_volume
from crashsim.lab.figures import short_usd
from docs.by_seed import count, span, table_of
from docs.compared import COMPARED, Form, Line
from docs.replayed import FITTED, JUDGED, Figures, Request, by_seed

DOCS = Path(__file__).parent
PAGE = DOCS / "fidelity.md"
FAR = 2.0  # a mean further away than this factor is called a miss


@dataclass(frozen=True)
class Recorded:
    """One row of recorded.csv."""

    figure: str
    value: float
    kind: str
    source: str


VENUES = tuple(dict.fromkeys(form.venue for form, _ in COMPARED))


def recorded() -> dict[str, Recorded]:
    """The recorded figures by key."""
    with (DOCS / "recorded.csv").open(encoding="utf-8", newline="") as file:
        return {
            row["key"]: Recorded(row["figure"], float(row["value"]), row["kind"], row["source"])
            for row in csv.DictReader(file)
        }


def page() -> str:
    """The page, from replays of the bundled night."""
    judged = {venue: by_seed([Request(seed, venue=venue) for seed in JUDGED]) for venue in VENUES}
    fit = by_seed([Request(seed) for seed in FITTED])
    early = by_seed([Request(seed, scenario="oct11-early-close") for seed in JUDGED])
    rows, misses = [], []
    for form, lines in COMPARED:
        for line in lines:
            cells, far = _compared(form, line, judged[form.venue])
            rows.append(cells)
            misses += [
                f"{form.venue}: {line.what} ({cells[2]} recorded, {cells[3]} replayed)"
            ] * far
    return "".join(
        (
            TOP,
            SCALE,
            _table(("", "recorded", "here"), _scale()),
            PRICES.format(**_prices()),
            RULES,
            _table(("rules of", "figure", "recorded", "replayed", "how"), rows),
            _missed(misses),
            SEEDS.format(fitted=_list(FITTED), judged=_list(JUDGED)),
            f"Looked at by the fit:\n\n{table_of(fit)}\n",
            f"Not looked at:\n\n{table_of(judged['backpack'])}\n",
            f"{EARLY}{table_of(early)}\n",
            SOURCES,
            *(
                f"- {each.figure}: {_source(each.source)} ({each.kind})\n"
                for each in recorded().values()
            ),
        )
    )


def _list(seeds: Sequence[int]) -> str:
    return ", ".join(map(str, seeds))


def _source(text: str) -> str:
    return f"<{text}>" if text.startswith("http") else text


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines) + "\n"


def _compared(form: Form, line: Line, found: Mapping[int, Figures]) -> tuple[list[str], bool]:
    """The cells of a line, and whether its mean is a miss."""
    known = recorded()
    values = [known[key].value for key in line.recorded]
    wanted = values[0] / values[1] if len(values) == 2 else values[0]
    every = [figures[line.figure] for figures in found.values()]
    replayed = [value for value in every if not math.isnan(value)]
    if not replayed:
        return [form.venue, line.what, form.written(wanted), "nobody was", line.how], False
    middle = mean(replayed)
    far = middle <= 0 or not 1 / FAR <= middle / wanted <= FAR
    told = f"{form.written(middle)} ({span(replayed, form.written)})"
    return [form.venue, line.what, form.written(wanted), told, line.how], far


def _missed(misses: Sequence[str]) -> str:
    if not misses:
        return f"No mean is further from its record than a factor of {FAR:g}.\n\n"
    listed = "".join(f"- {miss}\n" for miss in misses)
    return f"Further away than a factor of {FAR:g}:\n\n{listed}\n"


def _scale() -> list[list[str]]:
    night, known = scenarios.load("oct11"), recorded()
    book = night.book.generate
    assert book is not None
    volumes = read_window_volume(book.volume_path).values()
    window_usd = night.prices.volume_scale * sum(each.volume_usd for each in volumes)
    here = {
        "backpack_open_interest": (short_usd, book.open_interest_usd),
        "backpack_traders": (count, float(book.accounts)),
        "backpack_markets": (count, float(len(book.markets))),
        "backpack_volume_day": (short_usd, window_usd),
    }
    rows = [
        [known[key].figure, written(known[key].value), written(value)]
        for key, (written, value) in here.items()
    ]
    rows[-1][-1] += " from 21:09 to 22:00"
    return rows


def _prices() -> dict[str, str]:
    """How far the stated night's last prices are from its own anchors at their times."""
    night = scenarios.load("oct11")
    tape = data.read_inputs(night).tape
    last = tape.mark if tape.last is None else tape.last
    worst, known = 0.0, 0
    for market in read_anchors(night.prices.anchors.path):
        column = tape.markets.index(market.market)
        for time_ms, price in zip(market.time_ms.tolist(), market.price.tolist(), strict=True):
            if tape.time_ms[0] <= time_ms <= tape.time_ms[-1]:
                step = int((time_ms - tape.time_ms[0]) // 1000)
                worst = max(worst, abs(float(last[step, column]) / price - 1.0))
                known += 1
    return {"known": f"{known:,}", "markets": f"{len(tape.markets)}", "worst": f"{worst:.1e}"}


TOP = """<!-- written by docs/fidelity.py; do not edit -->

# Recorded against replayed

What is recorded of the night, and what the bundled night gives for it. A figure is *set* where the
default states it, *fitted* where a parameter was chosen so that it comes out, and *predicted* where
nothing was. Only what is predicted says anything about the model. Our book is not the venue's: of
dollars compare only those of Backpack, whose size the default takes, and of other venues shares.

"""
SCALE = """## What is set

"""
PRICES = """## Prices

The path of last prices passes through what is published: at all {known} prices of {markets} markets
within the window the largest distance is {worst} of the price. Between them it is a guess. Bars
that it has not seen say how good a one: `crashsim scenarios check oct11 --against BARS
--leave-one-out`, shown in [the night](night.md). `crashsim replay oct11 --prices BARS` replays them
instead.

"""
RULES = """## What the rules make of it

Mean over the seeds that the fit has not looked at (smallest to largest). The minutes and the longs'
part are recorded of all venues together, and held here against the rules of Backpack.

"""
SEEDS = """## The story, seed by seed

Rules of Backpack. The fit (`python -m docs.refit`) looks at the seeds {fitted}
and is judged on {judged}. How many users were in debt was never said; the fit keeps them
between 100 and 300, which are bounds of our own.

"""
EARLY = """## Another reading

Backpack's documents describe an auto-close that begins before bankruptcy. `oct11-early-close` is
the same night, accounts and deposits under that reading (`adl.below_mm_fraction`). It leaves some
tens of debtors, but their debts are small: nobody loses $40,000 of a deposit.

"""
SOURCES = """## Sources

"""


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(), "utf-8")


if __name__ == "__main__":
    main()
