"""A fault for each invariant, planted in one function of the engine."""

from collections.abc import Callable, Mapping
from itertools import count
from typing import Any

import numpy as np
from pytest import MonkeyPatch

from crashsim.engine import sharing
from crashsim.engine.adl import allocation, proportion
from crashsim.engine.rules import book_liquidation, deleveraging
from crashsim.engine.search import PrunedSearch
from crashsim.engine.state.step import OrderBook
from tests.properties.invariants import engine_replay

Fault = Callable[[MonkeyPatch], None]


def a_cent_of_each_fee_is_lost(plant: MonkeyPatch) -> None:
    take_fee = book_liquidation._take_fee

    def faulty(run: Any, unit: int, *more: Any) -> float:
        run.state.cash[unit] -= 0.01
        return take_fee(run, unit, *more)

    plant.setattr(book_liquidation, "_take_fee", faulty)


def the_outside_takes_money_for_its_size(plant: MonkeyPatch) -> None:
    """It is paid the gain of its fill at once: in this step no money is missing, only a size."""

    def faulty(run: Any, market: int, side: int, fill: Any) -> None:
        run.state.outside.cash_usd += side * fill.qty * (prices[market] - fill.price)

    prices: list[float] = []
    liquidate = engine_replay.liquidate_on_book

    def noting(run: Any, step: Any, flagged: Any) -> None:
        prices[:] = step.prices
        liquidate(run, step, flagged)

    plant.setattr(engine_replay, "liquidate_on_book", noting)
    plant.setattr(book_liquidation, "mirror_outside", faulty)


def winners_give_all_that_is_open(plant: MonkeyPatch) -> None:
    def faulty(run: Any, step: Any, queue: Any, place: int, loser: Any) -> float:
        return abs(allocation._open_size(run, queue.row[place], loser.market))

    def faulty_block(run: Any, step: Any, ranked: Any, loser: Any) -> Any:
        return np.abs(run.state.size[ranked.row])

    plant.setattr(allocation, "_capacity", faulty)
    plant.setattr(proportion, "_capacities", faulty_block)


def every_order_finds_the_whole_volume(plant: MonkeyPatch) -> None:
    close = OrderBook.close

    def faulty(self: OrderBook, market: int, side: int, *more: Any) -> Any:
        fill = close(self, market, side, *more)
        self.used_frac[self.key(market, side)] = 0.0
        return fill

    plant.setattr(OrderBook, "close", faulty)


def charges_ignore_their_caps(plant: MonkeyPatch) -> None:
    def faulty(loss_usd: float, weight: Any, cap_usd: Any) -> Any:
        return loss_usd * weight / max(weight.sum(), 1e-300)

    plant.setattr(sharing, "water_fill", faulty)


def the_first_row_of_the_book_is_favoured(plant: MonkeyPatch) -> None:
    open_state = engine_replay.open_state

    def faulty(tape: Any, book: Any, venue: Any) -> Any:
        state = open_state(tape, book, venue)
        first = state.accounts.to_list().index(book.accounts["account"][0])
        state.cash[state.cross_unit[first]] += 0.01
        return state

    plant.setattr(engine_replay, "open_state", faulty)


def every_fill_costs_a_cent(plant: MonkeyPatch) -> None:
    """A cent goes to the platform, whatever the size of the fill."""
    take_fee = book_liquidation._take_fee

    def faulty(run: Any, unit: int, *more: Any) -> float:
        run.state.cash[unit] -= 0.01
        run.state.platform_cash_usd += 0.01
        return take_fee(run, unit, *more)

    plant.setattr(book_liquidation, "_take_fee", faulty)


def the_search_misses_its_last_unit(plant: MonkeyPatch) -> None:
    evaluate = PrunedSearch.evaluate

    def faulty(self: PrunedSearch, step: int, mark: Any) -> Any:
        found = evaluate(self, step, mark)
        return type(found)(found.units[:-1], found.equity_usd[:-1], found.mm_usd[:-1])

    plant.setattr(PrunedSearch, "evaluate", faulty)


def every_other_run_lists_accounts_from_the_end(plant: MonkeyPatch) -> None:
    outcome_of, runs = engine_replay.outcome_of, count()

    def faulty(*given: Any) -> Any:
        outcome = outcome_of(*given)
        accounts = outcome.accounts.reverse() if next(runs) % 2 else outcome.accounts
        return outcome.with_table("accounts", accounts)

    plant.setattr(engine_replay, "outcome_of", faulty)


def winners_are_always_closed_at_mark(plant: MonkeyPatch) -> None:
    def faulty(run: Any, step: Any, market: int, bankruptcy_price: float) -> float:
        return float(step.prices[market])

    plant.setattr(deleveraging, "_price", faulty)


FAULTS: Mapping[str, Fault] = {
    "INV-CONSERVATION": a_cent_of_each_fee_is_lost,
    "INV-ZERO-SUM": the_outside_takes_money_for_its_size,
    "INV-NO-DEBT": winners_give_all_that_is_open,
    "INV-CAPACITY": every_order_finds_the_whole_volume,
    "INV-HAIRCUT-BOUNDS": charges_ignore_their_caps,
    "INV-PERMUTATION": the_first_row_of_the_book_is_favoured,
    "INV-SCALE": every_fill_costs_a_cent,
    "INV-PRUNED": the_search_misses_its_last_unit,
    "INV-REPEAT": every_other_run_lists_accounts_from_the_end,
    "INV-AGREEMENT": winners_are_always_closed_at_mark,
}
