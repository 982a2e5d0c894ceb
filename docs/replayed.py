"""Figures of the bundled night that have a recorded counterpart, replayed seed by seed.

docs/refit.py fits to some of them; docs/fidelity.py prints all. FITTED are the seeds that the fit
looks at, JUDGED are others.
"""

import math
import multiprocessing
import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl

from crashsim import data, engine, scenarios
from crashsim.engine.record.outcome import Outcome
from crashsim.scenarios import Overrides
from crashsim.scenarios.errors import InputError

FITTED = (20251010, 1, 2, 3, 4)
JUDGED = (5, 6, 7, 8, 9)

Figures = Mapping[str, float]


@dataclass(frozen=True)
class Request:
    """One replay of a scenario: a seed, settings as `--set` takes them, a venue if not its own."""

    seed: int
    settings: tuple[str, ...] = ()
    venue: str | None = None
    scenario: str = "oct11"


@dataclass(frozen=True)
class Run:
    """A finished replay: its tables, and all that was closed by force, on the losers' side."""

    outcome: Outcome

    @cached_property
    def closed(self) -> pl.DataFrame:
        """Fills of the book and takeovers, and of auto-deleveraging: time, market, usd, is_long."""
        book = self.outcome.liquidations.filter(pl.col("stage") != "unwind")
        adl = self.outcome.adl_fills
        columns = ("time", "market", (pl.col("size") * pl.col("mark_price")).alias("usd"))
        return pl.concat(
            [
                book.select(*columns, is_long=pl.col("side") == "sell", is_adl=False),
                adl.select(*columns, is_long=pl.col("side") == "short", is_adl=True),
            ]
        )

    @cached_property
    def interest_usd(self) -> float:
        """Open interest at the first marks, one side."""
        return _longs_usd(self.outcome.positions_start)

    def closed_frac(self, rows: pl.Expr, of: pl.Expr | None = None) -> float:
        """The part of what was closed by force (of these rows of it) that these rows are.

        NaN where nothing was.
        """
        whole = self.closed if of is None else self.closed.filter(of)
        total_usd = float(whole["usd"].sum())
        return float(whole.filter(rows)["usd"].sum()) / total_usd if total_usd else math.nan


def _longs_usd(positions: pl.DataFrame) -> float:
    usd = positions["size"] * positions["mark_price"]
    return float(usd.clip(lower_bound=0.0).sum())


def _minutes(run: Run) -> pl.DataFrame:
    """What was closed in each minute, the largest first."""
    return (
        run.closed.group_by(pl.col("time").dt.truncate("1m"))
        .agg(pl.col("usd").sum())
        .sort("usd", "time", descending=[True, False])
    )


def _worst_minute(run: Run) -> float:
    time = _minutes(run)["time"][0]
    return float(time.hour * 60 + time.minute)


def _gone_frac(run: Run) -> float:
    end, start = run.outcome.positions_end, run.outcome.positions_start
    marks = start.select("market", "mark_price").unique()
    kept = end.drop("mark_price").join(marks, on="market")
    return 1.0 - _longs_usd(kept) / run.interest_usd


def _adl_leverage(run: Run) -> float:
    winners = run.outcome.accounts.filter("was_deleveraged")["account"].implode()
    units = run.outcome.units.filter(pl.col("account").is_in(winners))
    each = units.group_by("account").agg(
        pl.col("notional_start_usd").sum(), pl.col("equity_start_usd").sum()
    )
    leverage = (each["notional_start_usd"] / each["equity_start_usd"]).to_numpy()
    return float(np.median(leverage)) if leverage.size else math.nan


def _fund_used_frac(run: Run) -> float:
    funds = run.outcome.absorbers
    if funds.is_empty():
        return 0.0
    total = funds.group_by("step").agg(pl.col("equity_usd").sum()).sort("step")["equity_usd"]
    return 1.0 - float(total.to_numpy().min()) / float(total[0])


def _in(market: str) -> pl.Expr:
    return pl.col("market") == market


def _account_sum(column: str) -> Callable[[Run], float]:
    return lambda run: float(run.outcome.accounts[column].sum())


_IS_ADL = pl.col("is_adl")
_UNTIL_2130 = pl.col("time").dt.time() < pl.time(21, 30)

FIGURES: Mapping[str, Callable[[Run], float]] = {
    "debtors": _account_sum("ended_in_debt"),
    "depositors": lambda run: float((run.outcome.accounts["deposits_to_debt_usd"] > 0).sum()),
    "swallowed_usd": _account_sum("deposits_to_debt_usd"),
    "largest_usd": lambda run: float(run.outcome.accounts["deposits_to_debt_usd"].to_numpy().max()),
    "closed_usd": lambda run: float(run.closed["usd"].sum()),
    "sol_frac": lambda run: run.closed_frac(_in("SOLUSDT")),
    "book_frac": lambda run: run.closed_frac(~_IS_ADL),
    "long_frac": lambda run: run.closed_frac(pl.col("is_long")),
    "until_2130_frac": lambda run: run.closed_frac(_UNTIL_2130),
    "worst_minute": _worst_minute,
    "worst_minute_frac": lambda run: float(_minutes(run)["usd"][0] / run.closed["usd"].sum()),
    "closed_frac_oi": lambda run: float(run.closed["usd"].sum()) / run.interest_usd,
    "liquidated_frac_oi": lambda run: (
        float(run.closed.filter(~_IS_ADL)["usd"].sum()) / run.interest_usd
    ),
    "adl_frac_oi": lambda run: float(run.closed.filter(_IS_ADL)["usd"].sum()) / run.interest_usd,
    "adl_btc_frac": lambda run: run.closed_frac(_in("BTCUSDT"), of=_IS_ADL),
    "adl_eth_frac": lambda run: run.closed_frac(_in("ETHUSDT"), of=_IS_ADL),
    "adl_sol_frac": lambda run: run.closed_frac(_in("SOLUSDT"), of=_IS_ADL),
    "adl_accounts_frac": lambda run: float(
        run.outcome.accounts["was_deleveraged"].to_numpy().mean()
    ),
    "adl_leverage": _adl_leverage,
    "gone_frac": _gone_frac,
    "equity_frac_oi": lambda run: (
        float(run.outcome.accounts["equity_start"].sum()) / run.interest_usd
    ),
    "fund_used_frac": _fund_used_frac,
}


def figures(request: Request) -> Figures:
    """Replay it, and every figure of it. Raises InputError where the settings are unfit."""
    changed = Overrides(set=request.settings, seed=request.seed, venue=request.venue)
    scenario = scenarios.load(request.scenario, overrides=changed)
    inputs = data.read_inputs(scenario)
    run = Run(
        engine.replay(inputs.tape, inputs.book, inputs.flows, scenario.venue, seed=scenario.seed)
    )
    return {name: figure(run) for name, figure in FIGURES.items()}


def all_figures(requests: Sequence[Request]) -> list[Figures | InputError]:
    """Figures of every request, on all cores, in their order; of an unfit one its error."""
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(os.cpu_count() or 1, spawn) as pool:
        return list(pool.map(_figures_or_error, requests))


def _figures_or_error(request: Request) -> Figures | InputError:
    try:
        return figures(request)
    except InputError as error:
        return error


def by_seed(requests: Sequence[Request]) -> dict[int, Figures]:
    """Figures of every request by its seed. Raises InputError where one is unfit."""
    found = {}
    for request, each in zip(requests, all_figures(requests), strict=True):
        if isinstance(each, InputError):
            raise each
        found[request.seed] = each
    return found
