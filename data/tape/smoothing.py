"""A smoothed mark out of last prices."""

from dataclasses import replace

import numpy as np

from crashsim.data.schema import Tape
from crashsim.scenarios.errors import InputError


def smoothed(tape: Tape, tau_s: float) -> Tape:
    """The tape with an exponential average of log price in place of every price that is no mark.

    y_k = y_{k-1} + alpha_k (x_k - y_{k-1}), alpha_k = 1 - exp(-(t_k - t_{k-1}) / tau_s), from a
    market's first price on, which stays. Markets whose prices are marks already stay as they are;
    raises InputError where that is all of them.
    """
    columns = [n for n, m in enumerate(tape.markets) if not tape.origins[m].is_mark]
    if not columns:
        raise InputError(
            "prices.mark_smoothing_s smooths last and index prices, but all prices here are marks: "
            'set it to 0, or prices.price_kind = "last" if they are last prices'
        )
    log_price = np.log(tape.mark[:, columns])
    alpha = -np.expm1(-np.diff(tape.time_ms) / (1000.0 * tau_s))
    average = log_price[0]
    mark = tape.mark.copy()
    for step, weight in enumerate(alpha, start=1):
        moved = average + weight * (log_price[step] - average)
        average = np.where(np.isnan(average), log_price[step], moved)
        mark[step, columns] = np.exp(average)
    return replace(tape, mark=mark)
