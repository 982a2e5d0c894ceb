"""The metrics of a run (docs/semantics.md, section 7): every number with its words.

A new metric is one entry of METRICS in the module of its noun; summary.json, the terminal and the
docs take it from there.
"""

from collections.abc import Mapping

from crashsim.engine.measure.metric import Input, Metric, Replayed, Value
from crashsim.engine.measure.metrics import (
    absorbers,
    debts,
    deleveraged,
    haircuts,
    liquidations,
    make_whole,
    markouts,
    price_falls,
)

__all__ = ["COMPARISON_METRICS", "METRICS", "Input", "Metric", "Replayed", "Value", "summarise"]

METRICS: Mapping[str, Metric] = {
    metric.name: metric
    for metrics in (
        price_falls.METRICS,
        liquidations.METRICS,
        deleveraged.METRICS,
        debts.METRICS,
        absorbers.METRICS,
        markouts.METRICS,
        make_whole.METRICS,
    )
    for metric in metrics
}

# A comparison has those of each run, and those that need the replay without auto-deleveraging.
COMPARISON_METRICS: Mapping[str, Metric] = {
    **METRICS,
    **{metric.name: metric for metric in haircuts.METRICS},
}


def summarise(run: Replayed, metrics: Mapping[str, Metric] = METRICS) -> dict[str, Value]:
    """The value of every one of these metrics, in their order."""
    return {name: metric.compute(run) for name, metric in metrics.items()}
