"""What metrics mean, in words."""

import typer

from crashsim.engine.measure.metrics import COMPARISON_METRICS, Metric
from crashsim.scenarios.files.problems import nearest


def explained(name: str) -> str:
    """What a metric means, in words; `all`: every one. Raises typer.BadParameter."""
    if name != "all" and name not in COMPARISON_METRICS:
        raise typer.BadParameter(
            f'there is no metric "{name}"{nearest(name, COMPARISON_METRICS)} '
            "--explain all prints every one"
        )
    metrics = COMPARISON_METRICS.values() if name == "all" else [COMPARISON_METRICS[name]]
    return "\n\n".join(map(_explained, metrics)) + "\n"


def _explained(metric: Metric) -> str:
    return (
        f"{metric.name} ({metric.unit})\n"
        f"  {metric.definition}\n"
        f"  sign: {metric.sign or 'none'}\n"
        f"  horizon: {metric.horizon}\n"
        f"  prices: {metric.price_source}"
    )
