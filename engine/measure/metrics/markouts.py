"""What the deleveraged missed, or were spared, by being closed."""

from functools import partial
from math import inf

import numpy as np

from crashsim.engine.measure.metric import Metric, Replayed

_HORIZONS_S = (1, 5, 60, 300)


def _markout_usd(run: Replayed, seconds: float) -> float | None:
    """Sum over ADL fills of side x (latest mark, seconds later or at the end - price) x size."""
    fills = run.outcome.adl_fills
    if fills.is_empty():
        return None
    due = run.tape.time_ms[fills["step"].to_numpy()] + 1000 * seconds
    later = np.searchsorted(run.tape.time_ms, due, side="right") - 1
    place = {market: m for m, market in enumerate(run.tape.markets)}
    columns = np.array([place[market] for market in fills["market"]], dtype=np.intp)
    side = np.where(fills["side"].to_numpy() == "long", 1.0, -1.0)
    gain = run.tape.mark[later, columns] - fills["price"].to_numpy()
    return float((side * gain * fills["size"].to_numpy()).sum())


_SIGN = "positive: the deleveraged would have had more; negative: they were spared a loss"
_PRICES = "price of the fill against the latest mark at the horizon"

METRICS = (
    *(
        Metric(
            f"adl_markout_{seconds}s_usd",
            "USD",
            f"What the positions closed by auto-deleveraging would have gained in {seconds} s "
            "from the price at which they were closed.",
            partial(_markout_usd, seconds=seconds),
            sign=_SIGN,
            horizon=f"{seconds} s after each fill, or the end of the run where that comes first",
            price_source=_PRICES,
        )
        for seconds in _HORIZONS_S
    ),
    Metric(
        "adl_markout_end_usd",
        "USD",
        "What the positions closed by auto-deleveraging would have gained by the end of the run "
        "from the price at which they were closed.",
        partial(_markout_usd, seconds=inf),
        sign=_SIGN,
        horizon="end of the run",
        price_source=_PRICES,
    ),
)
