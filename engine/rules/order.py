"""Which position of a unit comes first, how much of it is offered, and down to which price."""

from crashsim.engine.adl.score_columns import unit_draw
from crashsim.engine.run import Run
from crashsim.engine.state.shape import CROSS
from crashsim.engine.state.step import Step
from crashsim.engine.state.unit import OpenRow, UnitMargin


def takes_turn(run: Run, step: Step, unit: int) -> bool:
    """Whether a throttled venue works on this unit in this step, by a seeded draw."""
    probability = run.venue.liquidation.turn_probability
    if probability >= 1.0:
        return True
    market = int(run.state.unit_market[unit])
    isolated = "" if market == CROSS else run.state.markets[market]
    account = run.state.account_name(unit)
    return unit_draw(f"{run.seed}|{step.index}|{account}|{isolated}|turn") < probability


def legs(run: Run, step: Step, margin: UnitMargin) -> list[OpenRow]:
    """A unit's open positions in the order in which its venue closes them."""
    if run.venue.liquidation.legs != "loss" or len(margin.rows) < 2:
        return margin.rows
    entry = run.state.fixed.entry
    return sorted(
        margin.rows,  # by notional already, and a sort keeps that where profits are the same
        key=lambda row: row.size * (step.prices[row.market] - entry[row.row]),
    )


def order_qty(run: Run, step: Step, row: OpenRow, budget_usd: float) -> float:
    """What is offered of a position: the size rule, held by cooldown and the unit's budget."""
    rules = run.venue.liquidation
    last_ms = run.last_fill_ms.get(row.row)
    if last_ms is not None and step.time_ms - last_ms < rules.cooldown_s * 1000.0:
        return 0.0
    return min(_sized(run, row, last_ms is None), budget_usd / step.prices[row.market])


def _sized(run: Run, row: OpenRow, is_first: bool) -> float:
    size = run.venue.liquidation.size
    if size == "full" or row.notional_usd <= size.above_notional:
        return abs(row.size)
    return abs(row.size) if size.first_only and not is_first else abs(row.size) * size.fraction


def largest_discount(
    run: Run, at_start: UnitMargin, row: OpenRow, mark: float, bankruptcy_price: float
) -> float | None:
    """The limit as a fraction of mark; None where there is no limit."""
    limit = run.venue.liquidation.limit
    if limit == "none":
        return None
    if limit == "bankruptcy":
        side = 1 if row.size > 0 else -1
        return side * (mark - bankruptcy_price) / mark
    distress = 1.0 - at_start.equity_usd / at_start.mm_usd if at_start.mm_usd > 0.0 else 1.0
    return limit.mm_multiple * (row.mm_usd / row.notional_usd) * min(1.0, max(0.0, distress))
