"""What happened, in order: the moments a narrative of a run stands on."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import polars as pl

from crashsim.engine.readings import Tables
from crashsim.engine.readings.minutes import by_minute, fund_curve, main_markets

# Kinds whose time is the start of a minute (or of a longer bin), not a step.
WHOLE_MINUTES = frozenset({"busiest_liquidation", "busiest_adl", "low"})


@dataclass(frozen=True)
class Moment:
    """One thing that happened. `value`: USD, or a fraction for `low`; `name`: a market or id."""

    kind: str
    time: datetime
    value: float = 0.0
    name: str = ""


def moments(tables: Tables) -> list[Moment]:
    """The moments of a run in order; kinds that did not happen are absent.

    first_liquidation, busiest_liquidation (minute), low (of each main market), first_takeover,
    fund_below_zero, fund_low, first_adl, busiest_adl (minute), last_adl, first_debt, debt_peak,
    first_deposit_to_debt.
    """
    found = [
        *_liquidations(tables),
        *_lows(tables),
        *_fund(tables),
        *_adl(tables),
        *_debts(tables),
    ]
    return sorted(found, key=_order)


def _order(moment: Moment) -> datetime:
    """A minute comes after the seconds in it."""
    in_minutes = moment.kind in WHOLE_MINUTES
    return moment.time + timedelta(minutes=1) if in_minutes else moment.time


def _liquidations(tables: Tables) -> list[Moment]:
    found = []
    for kind, stage in (("first_liquidation", "book"), ("first_takeover", "takeover")):
        closed = tables["liquidations"].filter(pl.col("stage") == stage)
        if closed.height:
            found.append(Moment(kind, closed["time"][0], name=closed["account"][0]))
    return found + _busiest(tables, "busiest_liquidation", "liquidated_usd")


def _busiest(tables: Tables, kind: str, column: str) -> list[Moment]:
    minutes = by_minute(tables)
    row = int(minutes[column].arg_max() or 0)
    value = float(minutes[column][row])
    return [Moment(kind, minutes["time"][row], value)] if value > 0 else []


def _lows(tables: Tables) -> list[Moment]:
    found = []
    for market in main_markets(tables):
        prices = tables["prices_1m"].filter(pl.col("market") == market)
        row = int(prices["low"].arg_min() or 0)
        fall = 1.0 - float(prices["low"][row]) / float(prices["open"][0])
        if fall > 0:
            found.append(Moment("low", prices["time"][row], fall, market))
    return found


def _fund(tables: Tables) -> list[Moment]:
    curve = fund_curve(tables)
    if curve.is_empty() or curve["fund_usd"].n_unique() == 1:
        return []
    row = int(curve["fund_usd"].arg_min() or 0)
    found = [Moment("fund_low", curve["time"][row], float(curve["fund_usd"][row]))]
    empty = curve.filter(pl.col("fund_usd") <= 0)
    if empty.height:
        found.append(Moment("fund_below_zero", empty["time"][0], float(empty["fund_usd"][0])))
    return found


def _adl(tables: Tables) -> list[Moment]:
    fills = tables["adl_fills"]
    if fills.is_empty():
        return []
    return [
        Moment("first_adl", fills["time"][0], name=fills["market"][0]),
        *_busiest(tables, "busiest_adl", "adl_usd"),
        Moment("last_adl", fills["time"][-1], name=fills["market"][-1]),
    ]


def _debts(tables: Tables) -> list[Moment]:
    timeline = tables["timeline"]
    owed = timeline.filter(pl.col("debt_usd") >= 0.01)
    if owed.is_empty():
        return []
    peak = int(timeline["debt_usd"].arg_max() or 0)
    found = [
        Moment("first_debt", owed["time"][0], float(owed["debt_usd"][0])),
        Moment("debt_peak", timeline["time"][peak], float(timeline["debt_usd"][peak])),
    ]
    swallowed = tables["flows"].filter(pl.col("to_debt_usd") > 0)
    if swallowed.height:
        first = swallowed.row(0, named=True)
        found.append(
            Moment("first_deposit_to_debt", first["time"], first["to_debt_usd"], first["account"])
        )
    return found
