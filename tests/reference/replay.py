"""The replay: one step after another (section 3), conservation (section 4), the end."""

from dataclasses import dataclass

from tests.reference.absorbers import note_equities, opened, set_floors
from tests.reference.adl import breach, deleverage
from tests.reference.book import flag, liquidate, unwind
from tests.reference.flows import apply_flows, apply_funding, settle_profits
from tests.reference.losses import settle_shortfalls
from tests.reference.model import (
    CLOSE_CALL,
    Case,
    Holder,
    Lot,
    Position,
    Row,
    Unit,
    UnitId,
    World,
)
from tests.reference.takeover import take_over
from tests.reference.venue import weight_of, with_defaults

TABLES = (
    "positions_end",
    "liquidations",
    "adl_fills",
    "shortfalls",
    "loss_shares",
    "flows",
    "collateral_sales",
    "absorbers",
    "timeline",
)
DEBT_USD = 0.01  # a debt from this amount on counts (section 3, the end)
SUMS = (
    "realised_pnl_usd",
    "liquidated_notional_usd",
    "adl_notional_usd",
    "adl_fills",
    "adl_cost_usd",
    "shortfall_usd",
    "loss_share_usd",
    "deposits_usd",
    "deposits_to_debt_usd",
    "withdrawals_usd",
    "withdrawals_refused_usd",
    "funding_usd",
    "fees_usd",
    "debt_peak_usd",
)
FLAGS = ("was_liquidated", "was_deleveraged", "was_in_debt")
TOTALS = ("liquidated_usd", "taken_over_usd", "adl_usd", "shortfall_usd", "flows_in_usd")


@dataclass(frozen=True)
class Result:
    """The run tables as lists of plain rows, and the run's own facts."""

    tables: dict[str, list[Row]]
    platform_cash_usd: float
    deficit_usd: float
    residual_frac: float


def replay(case: Case) -> Result:
    """The tables of a case."""
    return result_of(run(case))


def result_of(world: World) -> Result:
    """What a finished world reports."""
    return Result(world.tables, world.platform_cash, world.deficit_usd, world.residual_frac)


def run(case: Case) -> World:
    """Every step of a case; the world that it ends in."""
    world = start(case)
    for step in range(len(case.times_ms)):
        world.step = step
        world.mark = dict(zip(case.markets, case.mark[step], strict=True))
        wealth = _wealth(world)
        _step(world)
        _check_conservation(world, wealth)
    _finish(world)
    return world


def start(case: Case) -> World:
    """Section 1: the units, ascending by id; section 4: the outside mirrors the book."""
    rules = with_defaults(case.venue)
    units: dict[UnitId, Unit] = {}
    for row in case.accounts:
        units[(row["account"], "")] = Unit(row["cash"], account=row["account"])
    outside = dict.fromkeys(case.markets, 0.0)
    for row in case.positions:
        unit_id = (row["account"], row["market"] if row["margin_mode"] == "isolated" else "")
        if unit_id not in units:
            units[unit_id] = Unit(row["isolated_margin"], {}, *unit_id)
        units[unit_id].positions[row["market"]] = Position(row["size"], row["entry_price"])
        outside[row["market"]] -= row["size"]
    for row in case.collateral:
        lot = Lot(row["quantity"], weight_of(rules, row["asset"]))
        units[(row["account"], "")].lots[row["asset"]] = lot
    first = dict(zip(case.markets, case.mark[0], strict=True))
    world = World(
        case=case,
        rules=rules,
        units=dict(sorted(units.items())),
        absorbers=opened(case, rules["absorber"]),
        debt=dict.fromkeys([row["account"] for row in case.accounts], 0.0),
        outside_size=outside,
        outside_cash=-sum(size * first[market] for market, size in outside.items()),
        mark=first,
        tables={name: [] for name in TABLES},
    )
    for row in sorted(case.accounts, key=lambda row: row["account"]):
        world.accounts[row["account"]] = _account_at_start(world, row["account"])
    return world


def _account_at_start(world: World, account: str) -> Row:
    return {
        "account": account,
        "cash_start": world.cross(account).cash,
        "equity_start": _equity(world, account),
        **dict.fromkeys(SUMS, 0.0),
        **dict.fromkeys(FLAGS, False),
        "adl_fills": 0,
    }


def _equity(world: World, account: str) -> float:
    return sum(u.equity(world.mark) for u in world.units.values() if u.account == account)


def _step(world: World) -> None:
    """Section 3: the rules in their order."""
    world.used = {}
    world.totals = {**dict.fromkeys(TOTALS, 0.0), "units_below_mm": 0, "units_bankrupt": 0}
    for unit in world.units.values():
        unit.closed_usd, unit.closed_in = 0.0, {}
    set_floors(world)
    settle_profits(world)
    apply_flows(world)
    apply_funding(world)
    still_flagged = liquidate(world, flag(world))
    bankrupt = take_over(world, still_flagged)
    queues = deleverage(world, still_flagged, bankrupt)
    breach(world, queues)
    settle_shortfalls(world)
    unwind(world)
    note_equities(world)
    _record(world)


def _record(world: World) -> None:
    """Rule 10: the step's totals, and the debts at its end."""
    for account, debt in world.debt.items():
        stats = world.accounts[account]
        stats["debt_peak_usd"] = max(stats["debt_peak_usd"], debt)
        stats["was_in_debt"] = stats["was_in_debt"] or debt >= DEBT_USD
    for absorber in world.absorbers:
        world.write(
            "absorbers",
            absorber=absorber.name,
            cash_usd=absorber.cash,
            equity_usd=absorber.equity(world.mark),
            notional_usd=absorber.notional(world.mark),
        )
    totals = {key: value for key, value in world.totals.items() if key != "flows_in_usd"}
    world.write(
        "timeline",
        **totals,
        debt_usd=sum(world.debt.values()),
        platform_cash_usd=world.platform_cash,
    )


def _holders(world: World) -> list[Holder]:
    return [*world.units.values(), *world.absorbers]


def _wealth(world: World) -> float:
    """Section 4: units and absorbers, the platform's cash and the outside account."""
    outside = world.outside_cash + sum(s * world.mark[m] for m, s in world.outside_size.items())
    inside = sum(holder.wealth(world.mark) for holder in _holders(world))
    return inside + world.platform_cash + outside


def _check_conservation(world: World, before: float) -> None:
    """Section 4: the total changes only by flows, and every market's sizes sum to 0."""
    gross = sum(holder.notional(world.mark) for holder in _holders(world))
    gross += sum(abs(s) * world.mark[m] for m, s in world.outside_size.items())
    gross += sum(abs(holder.cash) for holder in _holders(world)) + abs(world.platform_cash)
    residual = abs(_wealth(world) - before - world.totals["flows_in_usd"])
    for market, size in world.outside_size.items():
        held = sum(h.positions[market].size for h in _holders(world) if market in h.positions)
        residual = max(residual, abs(held + size) * world.mark[market])
    world.residual_frac = max(world.residual_frac, residual / max(gross, 1e-300))


def _finish(world: World) -> None:
    """Section 3, the end: what each account was and how it ended."""
    for unit in world.units.values():
        for market, position in sorted(unit.positions.items()):
            world.tables["positions_end"].append(
                {
                    "account": unit.account,
                    "market": market,
                    "margin_mode": unit.mode,
                    "size": position.size,
                    "entry_price": position.entry,
                    "mark_price": world.mark[market],
                    "upnl_usd": position.upnl(world.mark[market]),
                }
            )
    for account, stats in world.accounts.items():
        units = [unit for unit in world.units.values() if unit.account == account]
        equity = _equity(world, account)
        stats["cash_end"] = world.cross(account).cash
        stats["equity_end"] = equity
        stats["debt_end"] = world.debt[account]
        stats["ended_in_debt"] = world.debt[account] >= DEBT_USD
        stats["ended_underwater"] = equity < 0 and any(unit.positions for unit in units)
        gross = sum(unit.notional(world.mark) for unit in units)
        if gross > 0 and abs(equity) <= CLOSE_CALL * gross:  # a winner closed down to zero, say
            world.close_calls.append(f"the end: equity of {account} is zero but for rounding")
        if stats["ended_underwater"]:
            world.reached("an account ends under water")
    world.tables["accounts"] = list(world.accounts.values())
