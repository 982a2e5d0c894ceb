"""Metrics of how unequally an amount lies on the deleveraged accounts."""

from collections.abc import Callable
from functools import partial

from crashsim.engine.arrays import Floats
from crashsim.engine.measure.inequality import gini, herfindahl, top_share
from crashsim.engine.measure.metric import Metric, Replayed


def concentration_metrics(
    prefix: str,
    what: str,
    amounts: Callable[[Replayed], Floats],
    caveat: str = "",
    horizon: str = Metric.horizon,
) -> tuple[Metric, ...]:
    """Gini and Herfindahl index and the largest shares, as metrics `<prefix>_...`.

    what: how definitions call the amounts, (n,) >= 0, one an account. caveat: ends definitions.
    """

    def metric(
        name: str, unit: str, words: str, measure: Callable[[Floats], float | None], sign: str
    ) -> Metric:
        def compute(run: Replayed) -> float | None:
            return measure(amounts(run))

        definition = f"{words}.{caveat}"
        return Metric(f"{prefix}_{name}", unit, definition, compute, sign=sign, horizon=horizon)

    gini_words = f"Gini index of {what} among deleveraged accounts"
    herfindahl_words = f"Herfindahl index (sum of squared shares) of {what} by account"
    one_bears = "1: one bears everything"
    return (
        metric("gini", "index", gini_words, gini, f"0: all the same; near {one_bears}"),
        metric(
            "herfindahl",
            "index",
            herfindahl_words,
            herfindahl,
            f"near 0: spread over many; {one_bears}",
        ),
        *(
            metric(
                f"top_{count}_share_frac",
                "fraction",
                f"Share of {what} that the {count} largest bear, by account",
                partial(top_share, count=count),
                "0 to 1; larger: more concentrated",
            )
            for count in (1, 10, 100)
        ),
    )
