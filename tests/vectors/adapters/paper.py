"""Haircut allocation and fairness metric cases of arXiv 2512.01112."""

from typing import Any

import numpy as np

from crashsim.engine.measure import fairness
from crashsim.engine.sharing import Sharers, rap_weight, rule_named
from tests.vectors.adapters.inputs import Case, Computed, Inputs, first
from tests.vectors.formulas import haircuts

# The policy is part of a case's id; the longest name that fits is meant.
RULE_OF = {
    "wealth-pro-rata": "pro_rata",
    "pro-rata": "pro_rata",
    "levered-pro-rata": "levered_pro_rata",
    "capped-pro-rata": "capped_pro_rata",
    "rap-linear": "rap",
    "rap-power": "rap_power",
    "rap-cvar": "rap_cvar",
    "rap": "rap",
    "min-max": "min_max",
    "vector-md": "vector_mirror_descent",
    "queue": "queue",
}


def _numbers(values: Any) -> np.ndarray:
    return np.array(values, dtype=np.float64)


def allocation(case: Case) -> Computed:
    inputs = case["inputs"]
    if "contracts" in inputs:
        closed = haircuts.contracts_pro_rata(
            _numbers(inputs["contracts"]), inputs["required_contracts"]
        )
        return {"contracts_closed": closed.tolist(), "total": closed.sum()}
    if "haircut_fraction" in inputs:
        return _haircut(inputs)
    if "pro_rata_shares" in inputs:
        mass = _numbers(inputs["pro_rata_shares"]) * rap_weight(
            inputs["risk_model"], _numbers(inputs["leverage"])
        )
        return {"shares": (mass / mass.sum()).tolist()}
    return _shared(case["id"], inputs)


def _haircut(inputs: Inputs) -> Computed:
    done = haircuts.apply_haircut(
        _numbers(inputs["cash"]), _numbers(inputs["pnl"]), _numbers(inputs["haircut_fraction"])
    )
    return {
        "seized": done.seized_usd.tolist(),
        "post_equity": done.equity_after_usd.tolist(),
        "deficit": done.deficit_usd,
        "severity": done.severity,
    }


def rule_of(case_id: str) -> str:
    """The sharing rule that a case's id names."""
    named = [name for name in RULE_OF if name in case_id]
    if not named:
        raise KeyError(f"a rule in the id {case_id}")
    return RULE_OF[max(named, key=len)]


def _shared(case_id: str, inputs: Inputs) -> Computed:
    rule = rule_of(case_id)
    weight = _numbers(first(inputs, "endowment_w", "w"))
    ones = np.ones_like(weight)
    # The levered rule is printed without a cap (x = B l w / sum(l w)); a budget caps nothing.
    uncapped = rule == "levered_pro_rata" and "caps" not in inputs
    sharers = Sharers(
        weight_usd=weight,
        cap_usd=np.maximum(weight, inputs["budget"]) if uncapped else weight,
        equity_usd=_numbers(inputs.get("equity_e", ones)),
        leverage=_numbers(inputs.get("leverage", ones)),
        score=_numbers(inputs.get("scores", inputs.get("score", ones))),
        beta_frac=_numbers(inputs.get("caps", ones)),
    )
    return allocated(rule, inputs, rule_named(rule)(inputs["budget"], sharers))


def allocated(rule: str, inputs: Inputs, charge: np.ndarray) -> Computed:
    """The figures of a case, from what each was charged in USD."""
    weight = _numbers(first(inputs, "endowment_w", "w"))
    ones = np.ones_like(weight)
    fraction = charge / weight
    computed: Computed = {
        "x": charge.tolist(),
        "h": fraction.tolist(),
        "fractions": fraction.tolist(),
        "eta": fraction.max(),
        "max_pct": (charge / _numbers(inputs.get("equity_e", ones))).max(),
    }
    if rule == "pro_rata":
        computed["h"] = fraction.max()
    if rule.startswith("rap"):
        leverage = _numbers(inputs["leverage"])
        risk = rap_weight(rule.removeprefix("rap").lstrip("_") or "linear", leverage)
        # One whom the rule cannot charge more tells nothing of its level.
        below = fraction < np.minimum(_numbers(inputs.get("caps", ones)), 1.0) - 1e-9
        computed["risk_weights"] = risk.tolist()
        computed["tau"] = (fraction[below] / risk[below]).max()
    return computed


def metric(case: Case) -> Computed:
    inputs, computed = case["inputs"], Computed()
    if "H_prod" in inputs:
        computed |= _wave(inputs)
    if "queue_overshoot_equity_usd" in inputs:
        naive = inputs["queue_overshoot_equity_usd"] / inputs["trimmed_overcollateralisation"]
        computed |= {"naive_expected": naive, "ratio": naive / inputs["observed_overshoot_usd"]}
    if "max_pct_policy" in inputs:
        needed = inputs["B_needed"]
        overshoot = haircuts.overshoot_regret_usd(inputs["B_policy"], needed)
        unfair = haircuts.fairness_regret_usd(
            inputs["max_pct_policy"], inputs["max_pct_ilp"], needed
        )
        computed |= {
            "overshoot_regret": overshoot,
            "fairness_regret": unfair,
            "total_regret": overshoot + unfair,
        }
    return computed


def _wave(inputs: Inputs) -> Computed:
    raised, deficit = inputs["H_prod"], inputs["deficit"]
    computed: Computed = {"theta_prod": fairness.severity(raised, deficit)}
    if "B_needed" in inputs:
        computed["overshoot"] = fairness.overshoot_usd(raised, inputs["B_needed"])
        computed["theta_needed"] = fairness.severity(inputs["B_needed"], deficit)
    if "upsilon" in inputs:
        computed["rd_nse_prod"] = haircuts.rd_nse_of(inputs["upsilon"], deficit, raised)
    if "ptsr_prod" in inputs:
        survivor = inputs["ptsr_prod"] * (deficit - raised)
        assert fairness.ptsr_code(survivor, deficit, raised) == inputs["ptsr_prod"]
        computed["rd_nse_prod"] = haircuts.rd_nse(inputs["ptsr_prod"])
        computed["upsilon_post"] = survivor
    return computed


PAPER = "paper 2512.01112"
FORMULAS = {(PAPER, "haircut_allocation"): allocation, (PAPER, "fairness_metric"): metric}
