"""A case's figures: of a replay, else of the product's measures, else of a formula."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from tests.vectors.adapters import fills, losses, margins, more, paper, prices, sizes
from tests.vectors.adapters.inputs import Case, Computed
from tests.vectors.replays import fills as replayed_fills
from tests.vectors.replays import losses as replayed_losses
from tests.vectors.replays import margins as replayed_margins
from tests.vectors.replays import prices as replayed_prices
from tests.vectors.replays import ranks as replayed_ranks
from tests.vectors.replays import shares as replayed_shares
from tests.vectors.replays import sizes as replayed_sizes
from tests.vectors.replays.scene import NotExpressible
from tests.vectors.replays.scene import Reading as Replayed

REPLAYS: Mapping[tuple[str, str], Callable[[Case], Replayed]] = {
    **replayed_fills.REPLAYS,
    **replayed_losses.REPLAYS,
    **replayed_margins.REPLAYS,
    **replayed_prices.REPLAYS,
    **replayed_ranks.REPLAYS,
    **replayed_shares.REPLAYS,
    **replayed_sizes.REPLAYS,
}
FORMULAS: Mapping[tuple[str, str], Callable[[Case], Computed]] = {
    **fills.FORMULAS,
    **losses.FORMULAS,
    **margins.FORMULAS,
    **more.FORMULAS,
    **paper.FORMULAS,
    **prices.FORMULAS,
    **sizes.FORMULAS,
}


@dataclass(frozen=True)
class Reading:
    """Figures, how they were got, and what of the case the product lacks (empty: nothing)."""

    figures: Mapping[str, Any]
    by: Literal["replay", "measure", "formula"]
    lacking: str


def read(case: Case) -> Reading:
    """The figures of a case. Raises NotExpressible where neither replay nor formula knows it."""
    key = (case["venue"], case["kind"])
    lacking = case["kind"]
    if key in REPLAYS and (case["kind"], case.get("subkind")) not in more.BY_SUBKIND:
        try:
            replayed = REPLAYS[key](case)
            return Reading(replayed.figures, "replay", replayed.lacking)
        except NotExpressible as missing:
            lacking = missing.key
        except KeyError as absent:
            lacking = str(absent.args[0])
    formula = more.BY_SUBKIND.get((case["kind"], case.get("subkind", "")), FORMULAS.get(key))
    if formula is None:
        raise NotExpressible(lacking)
    try:
        figures = formula(case)
    except KeyError as absent:
        raise NotExpressible(str(absent.args[0])) from absent
    if case["kind"] == "fairness_metric":
        return Reading(figures, "measure", "")
    return Reading(figures, "formula", lacking)
