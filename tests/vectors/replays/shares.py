"""Haircut allocations of arXiv 2512.01112 as a venue's rule for sharing a loss."""

import numpy as np

from crashsim.engine.sharing import RULES
from tests.vectors.adapters.inputs import Case, Inputs, first
from tests.vectors.adapters.paper import allocated, rule_of
from tests.vectors.replays.losses import charged, shared
from tests.vectors.replays.ranks import contracts_pro_rata
from tests.vectors.replays.scene import Holder, NotExpressibleError, Position, Reading


def allocation(case: Case) -> Reading:
    """A loss of the budget, shared by the named rule over winners with the given profits."""
    inputs = case["inputs"]
    if "contracts" in inputs:
        return contracts_pro_rata(case)
    if "haircut_fraction" in inputs:
        raise NotExpressibleError(
            "haircut_fraction"
        )  # the allocation is given, nothing is to replay
    if "pro_rata_shares" in inputs:
        raise NotExpressibleError("pro_rata_shares")  # shares of an unstated loss
    rule = rule_of(case["id"])
    for key in ("caps", "score", "scores"):
        if key in inputs:
            raise NotExpressibleError(key)
    if rule not in RULES:
        raise NotExpressibleError(f"loss.rule {rule}")
    return _shared(case["venue"], rule, inputs)


def _shared(venue_name: str, rule: str, inputs: Inputs) -> Reading:
    """Winners are short at a mark of 1: the entry gives the profit, the size the leverage."""
    profit = [float(w) for w in first(inputs, "endowment_w", "w")]
    equity = [float(e) for e in inputs.get("equity_e", profit)]
    leverage = [float(one) for one in inputs.get("leverage", np.ones(len(profit)))]
    if any(e < w for e, w in zip(equity, profit, strict=True)):
        raise NotExpressibleError("equity_e below endowment_w")
    payers = [
        Holder(f"{row:03}", e - w, (Position("M", -lev * e, 1.0 + w / (lev * e)),))
        for row, (w, e, lev) in enumerate(zip(profit, equity, leverage, strict=True))
    ]
    outcome = shared(venue_name, inputs["budget"], payers, basis="profit", rule=rule)
    charge = np.array([charged(outcome, payer.account) for payer in payers])
    if rule == "levered_pro_rata" and np.any(charge >= np.array(profit) * (1 - 1e-12)):
        raise NotExpressibleError("levered_pro_rata without a cap")
    return Reading(allocated(rule, inputs, charge))


REPLAYS = {("paper 2512.01112", "haircut_allocation"): allocation}
