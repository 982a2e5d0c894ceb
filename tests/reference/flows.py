"""Credits, settlement of profits, rule 1 (flows) and rule 2 (funding)."""

from math import floor

from tests.reference.margin import maintenance
from tests.reference.model import Holder, Row, Unit, World


def credit(world: World, account: str, amount: float) -> float:
    """Section 3, credits: with deposits = "net" the debt is repaid first.

    Returns what was repaid.
    """
    debt = world.debt[account]
    repaid = min(amount, debt) if world.rules["loss"]["deposits"] == "net" else 0.0
    _name_credit(world, amount, debt)
    world.debt[account] -= repaid
    world.platform_cash += repaid
    world.cross(account).cash += amount - repaid
    return repaid


def _name_credit(world: World, amount: float, debt: float) -> None:
    if debt == 0:
        world.reached("a credit to an account without debt")
    elif world.rules["loss"]["deposits"] == "ring_fence":
        world.reached("a ring-fenced credit leaves the debt")
    elif amount < debt:
        world.reached("a credit smaller than the debt")
    elif amount == debt:
        world.reached("a credit equal to the debt")
    else:
        world.reached("a credit larger than the debt")


def return_isolated_cash(world: World, holder: Holder) -> None:
    """Section 3, credits: a closed isolated unit returns its positive cash at once."""
    if not isinstance(holder, Unit) or not holder.isolated_market or holder.positions:
        return
    if holder.cash > 0:
        world.reached("a closed isolated unit returns its cash")
        amount, holder.cash = holder.cash, 0.0
        credit(world, holder.account, amount)
    elif holder.cash < 0:
        world.reached("a closed isolated unit's negative cash waits")


def apply_flows(world: World) -> None:
    """Rule 1: flows with time in (t_{k-1}, t_k] (at k = 0: at t_0), by time, then file order."""
    since = world.case.times_ms[world.step - 1] if world.step else world.time_ms - 1
    due = [flow for flow in world.case.flows if since < flow["time_ms"] <= world.time_ms]
    for flow in sorted(due, key=lambda flow: flow["time_ms"]):
        if flow["kind"] == "deposit":
            _deposit(world, flow)
        else:
            _withdraw(world, flow)


def _deposit(world: World, flow: Row) -> None:
    """Rule 1: a deposit is a credit."""
    amount = flow["amount"]
    repaid = credit(world, flow["account"], amount)
    stats = world.accounts[flow["account"]]
    stats["deposits_usd"] += amount
    stats["deposits_to_debt_usd"] += repaid
    world.totals["flows_in_usd"] += amount
    _record_flow(world, flow, amount - repaid, repaid, 0.0)


def settle_profits(world: World) -> None:
    """Section 8: at the first step, and at the first step of each interval after it."""
    interval_s, times = world.rules["pnl_settlement_s"], world.case.times_ms
    if interval_s is None:
        return

    def interval(step: int) -> int:
        return floor((times[step] - times[0]) / (interval_s * 1000))

    if world.step == 0 or interval(world.step) > interval(world.step - 1):
        world.reached("profits settle")
        world.settled_mark = world.mark


def _spendable(world: World, unit: Unit) -> float:
    """Cash; with settlements, what was unrealised at the marks of the last one too."""
    if world.rules["pnl_settlement_s"] is None:
        return unit.cash
    settled = unit.upnl(world.settled_mark)
    if settled > 0:
        world.reached("a settled profit can be withdrawn")
    elif settled < 0:
        world.reached("a settled loss holds back a withdrawal")
    return unit.cash + settled


def _haircut(world: World, allowed: float) -> float:
    """Section 8, withdrawal_haircut: `min(L, allowed * L / (C + L))`; returns the charge."""
    pool = world.pool_usd
    if pool <= 0 or allowed == 0:
        return 0.0
    cash = sum(max(0.0, unit.cash) for unit in world.units.values())
    charge = min(pool, allowed * pool / (cash + pool))
    world.reached("a haircut")
    world.pool_usd -= charge
    world.platform_cash += charge
    return charge


def _withdraw(world: World, flow: Row) -> None:
    """Rule 1: allows `min(amount, max(0, min(cash, equity - withdraw_margin * mm)))`."""
    unit = world.cross(flow["account"])
    kept = world.rules["withdraw_margin"] * maintenance(world, unit)
    free = max(0.0, min(_spendable(world, unit), unit.equity(world.mark) - kept))
    allowed = min(flow["amount"], free)
    _name_withdrawal(world, unit, allowed, flow["amount"])
    charge = _haircut(world, allowed)
    unit.cash -= allowed
    stats = world.accounts[flow["account"]]
    stats["withdrawals_usd"] += allowed - charge
    stats["withdrawals_refused_usd"] += flow["amount"] - allowed
    if charge > 0:
        stats["loss_share_usd"] += charge
        world.write("loss_shares", account=flow["account"], amount_usd=charge)
    world.totals["flows_in_usd"] -= allowed - charge
    _record_flow(world, flow, allowed - charge, 0.0, flow["amount"] - allowed)


def _name_withdrawal(world: World, unit: Unit, allowed: float, amount: float) -> None:
    if allowed == amount:
        world.reached("a withdrawal paid in full")
    elif allowed > 0:
        world.reached("a withdrawal paid in part")
    else:
        world.reached("a withdrawal refused")
    if allowed > max(0.0, unit.cash):
        world.reached("a withdrawal leaves negative cash beside open positions")


def _record_flow(world: World, flow: Row, credited: float, to_debt: float, refused: float) -> None:
    row = {"time_ms": flow["time_ms"], "account": flow["account"], "kind": flow["kind"]}
    world.tables["flows"].append(
        {
            **row,
            "amount_usd": flow["amount"],
            "credited_usd": credited,
            "to_debt_usd": to_debt,
            "refused_usd": refused,
        }
    )


def apply_funding(world: World) -> None:
    """Rule 2: `cash -= size * mark * funding_rate` for units, absorbers and the outside."""
    rates = dict(zip(world.case.markets, world.case.funding_rate[world.step], strict=True))
    for market, rate in rates.items():
        if rate == 0:
            continue
        per_unit = world.mark[market] * rate
        for unit in world.units.values():
            if market in unit.positions:
                paid = unit.positions[market].size * per_unit
                world.reached("funding is paid" if paid > 0 else "funding is received")
                unit.cash -= paid
                world.accounts[unit.account]["funding_usd"] -= paid
        for absorber in world.absorbers:
            if market in absorber.positions:
                world.reached("funding of an absorber's position")
                absorber.cash -= absorber.positions[market].size * per_unit
        world.outside_cash -= world.outside_size[market] * per_unit
