"""The metrics of one run (SEMANTICS, section 7): every number with its words.

A new metric is one entry of METRICS in the module of its noun; summary.json, the terminal and the
docs take it from there.
"""

from collections.abc import Mapping

from crashsim.engine.metrics import (
    absorbers,
    adl,
    debts,
    liquidations,
    make_whole,
    markouts,
    prices,
)
from crashsim.engine.metrics.declare import Input, Metric, Replayed, Value

__all__ = ["METRICS", "Input", "Metric", "Replayed", "Value", "summarise"]

METRICS: Mapping[str, Metric] = {
    metric.name: metric
    for metrics in (
        prices.METRICS,
        liquidations.METRICS,
        adl.METRICS,
        debts.METRICS,
        absorbers.METRICS,
        markouts.METRICS,
        make_whole.METRICS,
    )
    for metric in metrics
}


def summarise(run: Replayed) -> dict[str, Value]:
    """The value of every metric of METRICS, in its order."""
    return {name: metric.compute(run) for name, metric in METRICS.items()}
