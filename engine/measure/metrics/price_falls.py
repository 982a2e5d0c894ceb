"""How far the marks fell."""

import numpy as np

from crashsim.engine.measure.metric import Metric, Replayed


def _low_by_market(run: Replayed) -> dict[str, float]:
    lows = np.nanmin(run.tape.mark, axis=0)
    return dict(zip(run.tape.markets, lows.tolist(), strict=True))


def _fall_by_market(run: Replayed) -> dict[str, float]:
    return {
        market: 1.0 - low / float(prices[np.isfinite(prices)][0])
        for (market, low), prices in zip(_low_by_market(run).items(), run.tape.mark.T, strict=True)
    }


METRICS = (
    Metric(
        "mark_low_by_market",
        "USD/base",
        "Lowest mark of each market at any step.",
        _low_by_market,
        sign="smaller is a deeper fall",
        inputs=("prices",),
    ),
    Metric(
        "mark_fall_frac_by_market",
        "fraction",
        "Fall of each market from its first mark to its lowest.",
        _fall_by_market,
        sign="0 to 1; larger is a deeper fall",
        inputs=("prices",),
    ),
)
