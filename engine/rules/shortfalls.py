"""Rule 8: what bankrupt units leave unpaid, and who bears it."""

from collections.abc import Iterable

import numpy as np

from crashsim.engine.adl.score_columns import MIN_EQUITY_USD
from crashsim.engine.arrays import Floats, plain_sum, sum_by
from crashsim.engine.record.events import LossShare, Shortfall
from crashsim.engine.rules.borrows import repay_borrow
from crashsim.engine.run import Run
from crashsim.engine.sharing import Sharers
from crashsim.engine.state.health import RowsOf
from crashsim.engine.state.shape import CROSS
from crashsim.engine.state.step import Step

ROUNDING_FRAC = 1e-9  # of what a unit closed and sold in this step: rounding is not debt


def settle_shortfalls(run: Run, step: Step, units: Iterable[int]) -> None:
    """Settle the negative cash of those of these units that hold no position, by ascending id."""
    to_share = []
    for unit in sorted(units):
        if run.state.cash_at[unit] >= 0.0 or run.state.has_position(unit):
            continue
        repay_borrow(run, step, unit)
        cash = run.state.cash_at[unit]
        if cash >= 0.0:
            continue
        run.state.cash_at[unit] = 0.0
        step.touched.add(unit)
        if -cash > ROUNDING_FRAC * step.closed_gross.of(unit):
            found = _settle(run, step, unit, -cash)
            step.totals.shortfall_usd += -cash
            if found.shared_usd > 0.0:
                to_share.append(len(run.events.shortfalls))
            run.events.shortfalls.append(found)
    if to_share:
        _share(run, step, to_share)


def _settle(run: Run, step: Step, unit: int, shortfall: float) -> Shortfall:
    """What absorbers pay and what is carried or written off; a rest to share is `shared_usd`."""
    account = int(run.state.unit_account[unit])
    parts = _by_market(run, step, unit, shortfall)
    paid_parts = [_absorbers_pay(run, step, market, usd) for market, usd in parts]
    paid = plain_sum(paid_parts)
    rest = plain_sum(usd - part for (_, usd), part in zip(parts, paid_parts, strict=True))
    policy = run.venue.loss.policy
    if policy == "carry" and run.state.unit_market[unit] != CROSS:
        policy = "write_off"
    if policy == "share":
        return Shortfall(step.index, account, shortfall, paid, shared_usd=rest)
    run.state.platform_cash_usd -= rest
    if policy == "withdrawal_haircut":
        run.haircut_pool_usd += rest
    if policy != "carry":
        return Shortfall(step.index, account, shortfall, paid, written_off_usd=rest)
    run.state.debt[account] += rest
    run.state.debt_touched.add(account)
    return Shortfall(step.index, account, shortfall, paid, carried_usd=rest)


def _by_market(run: Run, step: Step, unit: int, shortfall: float) -> list[tuple[int | None, float]]:
    """The shortfall over the markets in which the unit closed positions in this step, by notional.

    Whole, and of no market, where every absorber serves them all or nothing was closed.
    """
    closed = step.closed_gross.by_market.get(unit)
    if run.state.serving is None or not closed:
        return [(None, shortfall)]
    gross = plain_sum(closed.values())
    return [(market, shortfall * (usd / gross)) for market, usd in sorted(closed.items())]


def _absorbers_pay(run: Run, step: Step, market: int | None, shortfall: float) -> float:
    paid = 0.0
    for absorber in run.state.absorbers_of(market):
        if absorber.rules.pays_shortfall:
            above_floor = max(0.0, absorber.equity_usd(step.mark) - absorber.floor_usd)
            part = min(shortfall - paid, above_floor)
            absorber.cash_usd -= part
            paid += part
    return paid


def _share(run: Run, step: Step, indices: list[int]) -> None:
    """Charge the step's rests to units once; what cannot be charged falls to the platform."""
    shortfalls = run.events.shortfalls
    rests = plain_sum(shortfalls[i].shared_usd for i in indices)
    charge = _charges(run, step, rests)
    state = run.state
    state.cash -= charge
    state.charged_usd += charge
    charged = float(charge.sum())
    state.platform_cash_usd -= rests - charged
    whole = rests - charged <= ROUNDING_FRAC * rests  # nobody writes off a rounding remainder
    for i in indices:
        rest = shortfalls[i].shared_usd
        part = rest if whole else rest * (charged / rests)
        shortfalls[i] = shortfalls[i]._replace(shared_usd=part, written_off_usd=rest - part)
    _record(run, step, charge)


def _charges(run: Run, step: Step, loss_usd: float) -> Floats:
    """What each unit is charged, (U,)."""
    state = run.state
    every = np.arange(state.cash.size, dtype=np.intp)
    sums = RowsOf(state, run.tables, every).sums(step.mark)
    equity = np.maximum(0.0, sums["equity"])
    match run.venue.loss.basis:
        case "profit":
            profit = np.maximum(0.0, sums["unit_upnl"] - state.charged_usd)
            weight = cap = np.minimum(equity, profit)
        case "equity":
            weight = cap = equity
        case "open_interest":
            weight, cap = sums["unit_notional"], equity
    leverage = sums["unit_notional"] / np.maximum(sums["equity"], MIN_EQUITY_USD)
    sharers = Sharers(
        weight_usd=weight,
        cap_usd=cap,
        equity_usd=equity,
        leverage=leverage,
        score=weight,
        beta_frac=np.ones_like(weight),
    )
    return run.sharing(loss_usd, sharers)


def _record(run: Run, step: Step, charge: Floats) -> None:
    state = run.state
    by_account = sum_by(state.unit_account, charge, len(state.accounts))
    for account in np.flatnonzero(by_account).tolist():
        run.events.loss_shares.append(LossShare(step.index, account, float(by_account[account])))
    charged = np.flatnonzero(charge).tolist()
    step.touched.update(charged)
    run.charged_units.update(charged)
