"""How far figures move over the draws of what is assumed, in words."""

from collections.abc import Iterable, Mapping
from typing import Any

from crashsim.engine.measure.bands import LEAST_DRAWS
from crashsim.engine.measure.metrics import METRICS
from crashsim.lab import figures
from crashsim.lab.draws.draws_told import Draws

_MOST_FAILURES = 3
_FEWEST = 5  # draws of which 8 in 10 can be told


def band(metric: str, draws: Draws | None) -> str:
    """Between what a figure lies in 8 of 10 draws: `$98m to $240m`; nothing if not known."""
    found = draws.figures.get(metric) if draws else None
    if found is None:
        return ""
    low, high = _written(metric, found.p10), _written(metric, found.p90)
    return low if low == high else f"{low} to {high}"


def _written(metric: str, value: float) -> str:
    return figures.short_usd(value) if METRICS[metric].unit == "USD" else f"{value:,.0f}"


def meaning(draws: Draws) -> str:
    """What a range of a run does: `holds 8 in 10 of 24 draws; ...`."""
    if not draws.done:
        return f"is not known: none of {figures.many(draws.asked, 'draw')} has figures"
    numbers = figures.many(len(draws.inputs), "assumed number")
    count = figures.many(draws.done, "draw")
    holds = f"holds 8 in 10 of {count}"
    if draws.done < _FEWEST:
        holds = f"is of {count} alone, too few to say what 8 in 10 would be"
    return f"{holds}; a draw takes {numbers} from their stated ranges, and a seed of its own"


def movers(labels: Mapping[str, str], draws: Draws) -> Iterable[str]:
    """A sentence for each assumption that moves figures, then one for those that none moves.

    labels: metric -> what it is called.
    """
    moved: dict[str, list[str]] = {}
    for metric, label in labels.items():
        found = draws.figures.get(metric)
        if found and found.moved_by:
            moved.setdefault(found.moved_by, []).append(f"{label} {found.rank_correlation:+.2f}")
    for key, named in moved.items():
        yield f"{key}: {', '.join(named)}"
    bar = draws.needed_rank_correlation
    over = f"{figures.many(draws.done, 'draw')} of {figures.many(len(draws.inputs), 'number')}"
    told = f"none has a rank correlation above {bar:.2f} over {over}"
    if bar >= 1.0:
        told = f"too few to name one: {over}"
    others = "of the others " if moved else ""
    yield f"{others}no single assumption stands out ({told})"


def outside(labels: Mapping[str, str], draws: Draws) -> str:
    """Which figures of the stated case lie outside of their range; nothing where none does."""
    if draws.done < _FEWEST:
        return ""
    found = {metric: draws.figures.get(metric) for metric in labels}
    left = [labels[metric] for metric, figure in found.items() if figure and figure.is_left]
    return f"the stated case lies outside of its range in: {', '.join(left)}" if left else ""


def failures(draws: Draws) -> str:
    """Which draws have no figures, and why; nothing where all have."""
    if not draws.failed:
        return ""
    told = [f"draw {one.draw}: {one.reason}" for one in draws.failed[:_MOST_FAILURES]]
    more = len(draws.failed[_MOST_FAILURES:])
    rest = f"; and {more} more in draws.parquet" if more else ""
    return f"{len(draws.failed)} of {draws.asked} draws have no figures. {'; '.join(told)}{rest}"


def of_comparison(told: Mapping[str, Any]) -> str:
    """What the draws of a comparison are, and which differences they bear out."""
    done, numbers = told["done"], figures.many(len(told["inputs"]), "assumed number")
    text = (
        f"Beside it: in how many of {figures.many(done, 'draw')} of {numbers}, and of the seed, "
        "the difference has the same sign, all rules meeting the same draws. "
    )
    if done < LEAST_DRAWS:
        return (
            f"{text}No difference is told apart by {figures.many(done, 'draw')}: {LEAST_DRAWS} are "
            f"needed (--draws {LEAST_DRAWS}), nine of ten with its sign.{_lost(told)}"
        )
    return (
        f'{text}"told" stands where that is nine of ten or more; the others are not told apart by '
        f"{figures.many(done, 'draw')}.{_lost(told)}"
    )


def _lost(told: Mapping[str, Any]) -> str:
    failed = told["failed"]
    if not failed:
        return ""
    first = failed[0]
    return (
        f" {len(failed)} of {told['asked']} draws failed, draw {first['draw']}: {first['reason']}"
    )


def borne_out(delta: object, found: Mapping[str, Any] | None) -> str:
    """In how many draws a difference has its sign: `7/8`, and `told 23/24`; nothing for none."""
    if not isinstance(delta, int | float) or not delta or found is None:
        return ""
    same = found["higher"] if delta > 0 else found["lower"]
    leads = (found["higher"] > found["lower"]) == (delta > 0)
    told = "told " if found["is_told"] and leads else ""
    return f"{told}{same}/{found['draws']}"
