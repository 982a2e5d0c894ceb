"""How far figures move over the draws of what is assumed, in words."""

from collections.abc import Iterable, Mapping

from crashsim.engine.measure.metrics import METRICS
from crashsim.lab import figures
from crashsim.lab.draws.told import Draws

_MOST_FAILURES = 3


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
    """What the ranges of a run are ranges of."""
    numbers = figures.many(len(draws.inputs), "assumed number")
    return (
        f"8 of 10 of {figures.many(draws.done, 'draw')} lie between these: {numbers} drawn from "
        "their stated ranges, each draw with a seed of its own"
    )


def movers(labels: Mapping[str, str], draws: Draws) -> Iterable[str]:
    """A sentence for each figure that one assumption moves, or one that none does.

    labels: metric -> what it is called.
    """
    moved = [
        f"{label}: {found.moved_by} (rank correlation {found.rank_correlation:+.2f})"
        for metric, label in labels.items()
        if (found := draws.figures.get(metric)) and found.moved_by
    ]
    bar = f"a rank correlation above {draws.needed_rank_correlation:.2f}"
    over = f"over {draws.done} draws of {figures.many(len(draws.inputs), 'number')}"
    if draws.needed_rank_correlation >= 1.0:
        return [f"{over} nothing can be named"]
    if not moved:
        return [f"no single assumption stands out ({over}, none has {bar})"]
    return [*moved, f"of the others no single assumption stands out ({over}, none has {bar})"]


def failures(draws: Draws) -> str:
    """Which draws have no figures, and why; nothing where all have."""
    if not draws.failed:
        return ""
    told = [f"draw {one.draw}: {one.reason}" for one in draws.failed[:_MOST_FAILURES]]
    more = len(draws.failed[_MOST_FAILURES:])
    rest = f"; and {more} more in draws.parquet" if more else ""
    return f"{len(draws.failed)} of {draws.asked} draws have no figures. {'; '.join(told)}{rest}"
