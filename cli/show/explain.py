"""What metrics mean, in words."""

from collections.abc import Iterable

from crashsim.engine.measure.metrics import Metric


def explained(metrics: Iterable[Metric]) -> str:
    """What each metric means, in words."""
    return "\n\n".join(_explained(metric) for metric in metrics) + "\n"


def _explained(metric: Metric) -> str:
    lines = [
        f"{metric.name} ({metric.unit})",
        f"  {metric.definition}",
        f"  sign: {metric.sign or 'none'}",
        f"  horizon: {metric.horizon}",
        f"  prices: {metric.price_source}",
    ]
    return "\n".join(lines)
