"""A book, a tape and a venue made from a case, and the outcome of the product's replay of them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import numpy as np
import polars as pl

from crashsim.data.schema import (
    COLLATERAL_COLUMNS,
    FLOW_COLUMNS,
    POSITION_COLUMNS,
    Book,
    Flows,
    MarketOrigin,
    Tape,
)
from crashsim.engine import replay as engine_replay
from crashsim.engine.record.outcome import Outcome
from crashsim.scenarios import load_venue
from crashsim.scenarios.models.venue import Venue

BUNDLED = {
    "Aster": "aster",
    "Backpack": "backpack",
    "Binance": "binance",
    "BitMEX": "bitmex",
    "Bybit": "bybit",
    "Hyperliquid": "hyperliquid",
    "Lighter": "lighter",
    "OKX": "okx",
    "dYdX v4": "dydx",
}
# The rules of a venue that is not bundled, before its case states any.
PLAIN: Mapping[str, Any] = {
    "name": "plain",
    "margin": {"markets": {"*": {"kind": "tiers", "tiers": [{"from": 0.0, "rate": 0.05}]}}},
    "liquidation": {"participation": 1.0, "limit": "none"},
    "adl": {"score": "leverage"},
}
# A market in which orders fill at mark: what a case says nothing about moves no price.
AT_MARK = {"participation": 1.0, "half_spread": 0.0, "impact": 0.0}
STEP_MS = 1000
START_MS = 1_760_000_000_000
SMALL_RATE = 1e-6  # a maintenance rate where a case states none: nobody healthy is near it


class NotExpressibleError(Exception):
    """The product has no rule or input for this key of a case."""

    def __init__(self, key: str) -> None:
        super().__init__(f"not expressible: key {key}")
        self.key = key


@dataclass(frozen=True)
class Reading:
    """Figures of a case as they were read; `lacking` is what a formula had to add, or empty."""

    figures: Mapping[str, Any]
    lacking: str = ""


@dataclass(frozen=True)
class Position:
    """A signed size; entered at the first mark unless said otherwise."""

    market: str
    size: float
    entry: float | None = None
    isolated_margin: float | None = None


@dataclass(frozen=True)
class Holder:
    """An account of the book; `collateral` is quantities by asset."""

    account: str
    cash_usd: float
    positions: tuple[Position, ...] = ()
    collateral: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Market:
    """Marks by step, one second apart, and the quote volume of every step."""

    marks: Sequence[float]
    volume_usd: float = 0.0


def venue_named(name: str) -> Venue:
    """The bundled venue of a case's venue, else a plain one."""
    return load_venue(BUNDLED[name]) if name in BUNDLED else Venue.model_validate(PLAIN)


def altered(venue: Venue, **tables: Any) -> Venue:
    """The venue with some keys of some tables changed, checked as its file is."""
    raw = venue.model_dump(by_alias=True)
    for name, value in tables.items():
        merged = isinstance(value, Mapping) and name != "margin"
        raw[name] = {**raw[name], **value} if merged else value
    return Venue.model_validate(raw)


def flat(rate: float) -> Mapping[str, Any]:
    """A margin table of one rate."""
    return tiers({0.0: rate})


def tiers(rate_from: Mapping[float, float]) -> Mapping[str, Any]:
    """A tiered margin table: rate by lower bound, USD."""
    rows = [{"from": float(bound), "rate": float(rate)} for bound, rate in rate_from.items()]
    return {"kind": "tiers", "tiers": rows}


def deducted(rate: float, deduction_usd: float) -> Mapping[str, Any]:
    """The table of which a tier has this rate and deduction: below the tier nothing is asked."""
    if deduction_usd <= 0.0 or rate <= 0.0:
        return flat(rate)
    return tiers({0.0: 0.0, deduction_usd / rate: rate})


def margins(default: Mapping[str, Any], **markets: Mapping[str, Any]) -> Mapping[str, Any]:
    """The `margin` table of a venue."""
    return {"markets": {"*": default, **markets}}


def replay(
    venue: Venue,
    markets: Mapping[str, Market],
    holders: Sequence[Holder],
    withdrawals: Mapping[str, float] | None = None,
) -> Outcome:
    """Replay; withdrawals (USD by account) are asked for at the second step."""
    return engine_replay(_tape(markets), _book(markets, holders), _flows(withdrawals or {}), venue)


def _tape(markets: Mapping[str, Market]) -> Tape:
    mark = np.array([market.marks for market in markets.values()], dtype=np.float64).T
    volume = np.array([market.volume_usd for market in markets.values()])
    return Tape(
        time_ms=START_MS + np.arange(mark.shape[0], dtype=np.int64) * STEP_MS,
        markets=tuple(markets),
        mark=mark,
        volume_usd=np.broadcast_to(volume, mark.shape).copy(),
        funding_rate=np.zeros(mark.shape),
        origins={name: MarketOrigin("mark", "assumed", "a case") for name in markets},
    )


def _book(markets: Mapping[str, Market], holders: Sequence[Holder]) -> Book:
    ordered = sorted(holders, key=lambda holder: holder.account)
    accounts = pl.DataFrame(
        {
            "account": [holder.account for holder in ordered],
            "cash": [float(holder.cash_usd) for holder in ordered],
        }
    )
    return Book(
        accounts,
        _frame(POSITION_COLUMNS, [row for holder in ordered for row in _rows(markets, holder)]),
        "assumed",
        "a case",
        _frame(
            COLLATERAL_COLUMNS,
            [(h.account, name, qty) for h in ordered for name, qty in h.collateral.items()],
        ),
    )


def _rows(markets: Mapping[str, Market], holder: Holder) -> list[tuple[Any, ...]]:
    return [
        (
            holder.account,
            held.market,
            float(held.size),
            float(markets[held.market].marks[0] if held.entry is None else held.entry),
            "cross" if held.isolated_margin is None else "isolated",
            held.isolated_margin,
            None,
        )
        for held in sorted(holder.positions, key=lambda held: held.market)
    ]


def _flows(withdrawals: Mapping[str, float]) -> Flows:
    when = datetime.fromtimestamp((START_MS + STEP_MS) / 1000, UTC)
    rows = [(when, account, "withdrawal", usd) for account, usd in withdrawals.items()]
    return Flows(_frame(FLOW_COLUMNS, rows), "assumed", "a case")


def _frame(columns: Mapping[str, Any], rows: Sequence[tuple[Any, ...]]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=dict(columns), orient="row")


def only(frame: pl.DataFrame, **where: Any) -> dict[str, Any]:
    """The first row of a table with these values. Raises NotExpressibleError where none has."""
    rows = frame.filter(**where) if where else frame
    if not rows.height:
        raise NotExpressibleError("an account that the rule does not reach")
    return rows.row(0, named=True)


def root(price_of: Callable[[float], float], low: float, high: float) -> float:
    """Where a figure that is linear in its argument is 0, from what two replays say of it."""
    at_low, at_high = price_of(low), price_of(high)
    return low - at_low * (high - low) / (at_high - at_low)
