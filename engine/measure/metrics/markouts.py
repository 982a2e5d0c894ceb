"""What the deleveraged missed, or were spared, by being closed."""

from functools import partial

import numpy as np
from numpy.typing import NDArray

from crashsim.engine.measure.metric import Metric, Replayed

_HORIZONS_S = (1, 5, 60, 300)


def markout_usd(run: Replayed, later: NDArray[np.intp]) -> float:
    """Sum over ADL fills of side x (mark at step later[i] - price) x size; later is (fills,)."""
    fills = run.outcome.adl_fills
    place = {market: m for m, market in enumerate(run.tape.markets)}
    columns = np.array([place[market] for market in fills["market"]], dtype=np.intp)
    side = np.where(fills["side"].to_numpy() == "long", 1.0, -1.0)
    gain = run.tape.mark[later, columns] - fills["price"].to_numpy()
    return float((side * gain * fills["size"].to_numpy()).sum())


def _after(run: Replayed, seconds: int) -> float | None:
    fills = run.outcome.adl_fills
    if fills.is_empty():
        return None
    due = run.tape.time_ms[fills["step"].to_numpy()] + 1000 * seconds
    return markout_usd(run, np.searchsorted(run.tape.time_ms, due, side="right") - 1)


def _at_the_end(run: Replayed) -> float | None:
    fills = run.outcome.adl_fills
    if fills.is_empty():
        return None
    return markout_usd(run, np.full(fills.height, run.tape.time_ms.size - 1, dtype=np.intp))


_SIGN = "positive: the deleveraged would have had more; negative: they were spared a loss"
_PRICES = "price of the fill against the latest mark at the horizon"

METRICS = (
    *(
        Metric(
            f"adl_markout_{seconds}s_usd",
            "USD",
            f"What the positions closed by auto-deleveraging would have gained in {seconds} s "
            "from the price at which they were closed.",
            partial(_after, seconds=seconds),
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
        _at_the_end,
        sign=_SIGN,
        horizon="end of the run",
        price_source=_PRICES,
    ),
)
