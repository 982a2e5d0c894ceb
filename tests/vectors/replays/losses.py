"""Who pays for what a bankrupt account leaves, read from replays."""

from collections.abc import Sequence
from typing import Any

from crashsim.engine.record.outcome import Outcome
from tests.vectors.adapters.inputs import Case, Inputs, signed_size
from tests.vectors.formulas.rounding import ceil_to
from tests.vectors.replays.scene import (
    AT_MARK,
    SMALL_RATE,
    Holder,
    Market,
    NotExpressibleError,
    Position,
    Reading,
    altered,
    flat,
    margins,
    only,
    replay,
    venue_named,
)

QUANTUM_USD = 1e-6
_OWES = "~owes"  # the account that leaves the loss
_RICH_USD = 1e12


def shared(
    venue_name: str,
    loss_usd: float,
    payers: Sequence[Holder],
    absorbers: Sequence[dict[str, Any]] = (),
    **rules: str,
) -> Outcome:
    """A debt without a position at the first step, and those who may share it, at a mark of 1."""
    venue = altered(
        venue_named(venue_name),
        margin=margins(flat(SMALL_RATE)),
        liquidation={"participation": 0.0},
        absorber=list(absorbers),
        loss={"policy": "share", **rules},
    )
    return replay(venue, {"M": Market([1.0])}, [*payers, Holder(_OWES, -float(loss_usd))])


def charged(outcome: Outcome, account: str) -> float:
    """What an account was charged for the losses of others, USD."""
    return float(outcome.loss_shares.filter(account=account)["amount_usd"].sum())


def drift(case: Case) -> Reading:
    """A loss per unit of open interest, after insurance and the market's fee pool."""
    inputs = case["inputs"]
    if "total_deposits_tokens" in inputs:
        raise NotExpressibleError("deposit index")
    if {"max_insurance_usd", "market_max_insurance_usd"} & set(inputs):
        raise NotExpressibleError("max_insurance_usd")
    sizes = {"long": abs(inputs["open_long_base"]), "short": -abs(inputs["open_short_base"])}
    if not any(sizes.values()):
        raise NotExpressibleError("open_long_base and open_short_base of 0")
    payers = [
        Holder(name, _RICH_USD, (Position("M", float(size)),))
        for name, size in sizes.items()
        if size
    ]
    loss = abs(inputs.get("bad_debt_usd", inputs.get("loss_to_socialise_usd", 0.0)))
    # One quantum always stays in the insurance vault.
    funds = [
        {"name": "insurance", "cash": inputs.get("insurance_fund_usd", 0.0), "floor": QUANTUM_USD},
        {"name": "fee pool", "cash": inputs.get("market_fee_pool_usd", 0.0)},
    ]
    outcome = shared(case["venue"], loss, payers, funds, basis="open_interest")
    name = payers[0].account
    exact = charged(outcome, name) / abs(sizes[name])
    charge = ceil_to(exact, QUANTUM_USD)
    rounds = abs(charge - exact) > 1e-9 * exact
    paid = {fund["name"]: _paid(outcome, fund) for fund in funds}
    figures: dict[str, Any] = {
        "insurance_paid_usd": paid["insurance"],
        "fee_pool_paid_usd": paid["fee pool"],
        "socialised_usd": float(outcome.shortfalls["shared_usd"].sum()),
        "per_base_unit_charge_usd": charge,
    }
    for side, size in sizes.items():
        if f"sample_{side}_base" in inputs and size:
            part = abs(inputs[f"sample_{side}_base"] / size)
            lost = charge * part * abs(size) if rounds else charged(outcome, side) * part
            figures[f"sample_{side}_loss_usd"] = lost
            before = inputs.get(f"sample_{side}_quote_before", 0.0)
            figures[f"sample_{side}_quote_after"] = before - lost
    return Reading(figures, lacking="quantum" if rounds else "")


def _paid(outcome: Outcome, fund: dict[str, Any]) -> float:
    row = only(outcome.absorbers, absorber=fund["name"])
    return float(fund["cash"] - row["cash_usd"])


def paradex(case: Case) -> Reading:
    """What the fund cannot bear is withheld from withdrawals, in proportion."""
    inputs = case["inputs"]
    fund = {"name": "fund", "cash": float(inputs["insurance_fund"])}
    deposits = float(inputs.get("total_exchange_usdc", 1000.0))
    asked = float(inputs.get("withdrawal", deposits / 100))
    venue = altered(
        venue_named(case["venue"]),
        margin=margins(flat(SMALL_RATE)),
        liquidation={**AT_MARK},
        absorber=[{**fund, "max_notional": 0.0}],
        adl={"enabled": False},
        loss={"policy": "withdrawal_haircut"},
    )
    outcome = replay(
        venue,
        {"M": Market([float(inputs.get("mark", 1.0))] * 2, volume_usd=1e15)},
        [Holder("depositor", deposits), _owing(inputs)],
        withdrawals={"depositor": asked},
    )
    uncovered = float(outcome.shortfalls["written_off_usd"].sum())
    if uncovered > 0.0 and "total_exchange_usdc" not in inputs:
        raise NotExpressibleError("total_exchange_usdc left out")
    charge = charged(outcome, "depositor")
    return Reading(
        {
            "fund_value": outcome.absorbers["equity_usd"][0],
            "exchange_bankruptcy": uncovered,
            "factor": charge / asked,
            "charge": charge,
            "withdrawal_paid": float(outcome.flows["credited_usd"][0]),
        }
    )


def _owing(inputs: Inputs) -> Holder:
    """An account that is bankrupt by a position, or by a sum."""
    if "total_user_bankruptcy" in inputs:
        return Holder(_OWES, -float(inputs["total_user_bankruptcy"]))
    held = Position("M", signed_size(inputs), inputs["entry"])
    return Holder(_OWES, inputs["account_collateral"], (held,))


def perpetual(case: Case) -> Reading:
    """A fund without a floor takes a debt and then owes."""
    inputs = case["inputs"]
    fund = {"name": "fund", "cash": float(inputs["insurance_fund_usd"]), "floor": -_RICH_USD}
    outcome = shared(case["venue"], -inputs["account_value"], [], [fund])
    return Reading(
        {
            "bad_debt_usd": only(outcome.shortfalls, account=_OWES)["shortfall_usd"],
            "account_value_after": only(outcome.units, account=_OWES)["equity_end_usd"],
            "fund_after_usd": outcome.absorbers["cash_usd"][0],
        }
    )


def vega(case: Case) -> Reading:
    """What losers cannot pay, after the pool, is taken from gains in proportion to them.

    Each loser holds one unit of its own market, which falls by the loss; each winner is short one.
    """
    inputs = case["inputs"]
    losers = {f"loser {place}": row for place, row in enumerate(inputs["losers"])}
    gains = inputs["gains"]
    top = 2.0 * max(*(float(row["loss"]) for row in losers.values()), *gains.values(), 1.0)
    entries = {
        **{name: top + float(row["loss"]) for name, row in losers.items()},
        **{name: top + float(gain) for name, gain in gains.items()},
    }
    pool = {"name": "pool", "cash": float(inputs["insurance_pool"]), "max_notional": 0.0}
    venue = altered(
        venue_named(case["venue"]),
        margin=margins(flat(SMALL_RATE)),
        liquidation={**AT_MARK},
        absorber=[pool],
        adl={"enabled": False},
        loss={"policy": "share", "basis": "profit", "rule": "pro_rata"},
    )
    holders = [
        *(
            Holder(name, row["balance"], (Position("M", 1.0, entries[name]),))
            for name, row in losers.items()
        ),
        *(Holder(name, 0.0, (Position("M", -1.0, entries[name]),)) for name in gains),
    ]
    outcome = replay(venue, {"M": Market([top], volume_usd=1e15)}, holders)
    return Reading(
        {
            "shortfall": float(outcome.shortfalls["shortfall_usd"].sum()),
            "insurance_paid": float(outcome.shortfalls["paid_by_absorbers_usd"].sum()),
            "haircut": {name: charged(outcome, name) for name in gains},
        }
    )


REPLAYS = {
    ("Drift v2", "social_loss"): drift,
    ("Paradex", "social_loss"): paradex,
    ("Perpetual v2", "social_loss"): perpetual,
    ("Vega", "social_loss"): vega,
}
