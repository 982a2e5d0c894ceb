"""A case's figures: of a replay, else of the product's measures, else of a formula."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
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
from tests.vectors.replays import triggers as replayed_triggers
from tests.vectors.replays import zero_prices as replayed_zero_prices
from tests.vectors.replays.scene import NotExpressibleError
from tests.vectors.replays.scene import Reading as Replayed

REPLAYS: Mapping[tuple[str, str], Callable[[Case], Replayed]] = {
    **replayed_fills.REPLAYS,
    **replayed_losses.REPLAYS,
    **replayed_margins.REPLAYS,
    **replayed_prices.REPLAYS,
    **replayed_ranks.REPLAYS,
    **replayed_shares.REPLAYS,
    **replayed_sizes.REPLAYS,
    **replayed_triggers.REPLAYS,
    **replayed_zero_prices.REPLAYS,
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

# What the venue model has no key for, by the input that says so.
NO_RULE = (
    "buy_orders",
    "free_collateral_usd",
    "imf_factor",
    "initial_margin_shortage_usd",
    "liability_weight",
    "liability_usd",
    "liquidated_in_window",
    "margin_shortage_usd",
    "max_pct_policy",
    "max_pnl_factor_for_adl",
    "max_pnl_factor_for_traders",
    "min_collateral_factor",
    "observed_overshoot_usd",
    "open_interest_usd",
    "orders",
    "skew_scale",
    "slots_since_liquidation_start",
    "target_ratio",
    "unvested_profit",
)


@dataclass(frozen=True)
class Reading:
    """Figures, how they were got, and what of the case the product lacks (empty: nothing)."""

    figures: Mapping[str, Any]
    by: Literal["replay", "measure", "formula"]
    lacking: str


def read(case: Case) -> Reading:
    """The figures of a case. Raises NotExpressibleError where nothing here knows it."""
    try:
        replayed = _replayed(case)
    except NotExpressibleError as missing:
        figures = _computed(case, missing.key)
        return Reading(figures, *_otherwise(case, missing.key))
    return Reading(replayed.figures, "replay", replayed.lacking)


def _otherwise(case: Case, lacking: str) -> tuple[Literal["measure", "formula"], str]:
    """Without a replay: the product's measures of a wave of haircuts, else a formula."""
    inputs = case["inputs"]
    if "H_prod" not in inputs:
        return "formula", lacking
    return "measure", "rd_nse" if {"ptsr_prod", "upsilon"} & set(inputs) else ""


def _replayed(case: Case) -> Replayed:
    known = replayed_margins.BY_SUBKIND.get(_subkind(case)) or REPLAYS.get(_kind(case))
    if known is None:
        given = {**case["inputs"], **(case["inputs"].get("positions") or [{}])[0]}
        raise NotExpressibleError(next((key for key in NO_RULE if key in given), case["kind"]))
    with _keys_named():
        return known(case)


def _computed(case: Case, lacking: str) -> Computed:
    known = more.BY_SUBKIND.get(_subkind(case)) or FORMULAS.get(_kind(case))
    if known is None:
        raise NotExpressibleError(lacking)
    with _keys_named():
        return known(case)


@contextmanager
def _keys_named() -> Iterator[None]:
    """A key that a case leaves out, or has beyond what is known, is named."""
    try:
        yield
    except KeyError as absent:
        raise NotExpressibleError(str(absent.args[0])) from absent


def _kind(case: Case) -> tuple[str, str]:
    return case["venue"], case["kind"]


def _subkind(case: Case) -> tuple[str, str]:
    return case["kind"], case.get("subkind", "")
