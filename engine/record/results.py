"""From the journal of a finished run to the tables of an Outcome."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
import polars as pl

from crashsim.data.schema import Tape
from crashsim.engine.adl.scores import COLUMNS
from crashsim.engine.arrays import Floats, Lazily
from crashsim.engine.record.account_table import accounts_table
from crashsim.engine.record.events import (
    Closing,
    CollateralSale,
    FlowResult,
    LossShare,
    Shortfall,
    TimelineRow,
)
from crashsim.engine.record.fill_journal import fills_frame
from crashsim.engine.record.journal import Names, fit, frame_of, named_columns, plain_table
from crashsim.engine.record.minute_prices import prices_1m
from crashsim.engine.record.outcome import Outcome, Refusal
from crashsim.engine.record.snapshot import Snapshot, positions_table, units_table
from crashsim.engine.record.tables import INPUT
from crashsim.engine.run import Run

_LASTING = ("step", "debt_usd", "platform_cash_usd")  # of the timeline: not a step's own totals
COARSE_STEP_MS = 5_000  # beyond this the previous mark is no proxy for the last one


def outcome_of(
    run: Run, tape: Tape, marks: Floats, opening: Snapshot, residual_frac: float
) -> Outcome:
    """What became of a finished run; `marks` are the tape's, (T, M), without NaN."""
    return Outcome(
        frames=Lazily(_makers(run, tape, marks, opening)),
        platform_cash_usd=run.state.platform_cash_usd,
        conservation_residual_frac=residual_frac,
        deficit_usd=run.events.deficit_usd,
        first_refusals=_refusals(run, tape),
        default_margin_markets=run.tables.default_markets,
        warnings=_warnings(run, tape),
    )


def _makers(
    run: Run, tape: Tape, marks: Floats, opening: Snapshot
) -> Mapping[str, Callable[[object], pl.DataFrame]]:
    """What makes each table, from a state and a journal that have come to rest."""
    state, events, names = run.state, run.events, Names(run, tape)

    @cache
    def closing() -> Snapshot:
        return Snapshot.of(state, run.tables, marks[-1])

    def plain(table: str, rows: Sequence[NamedTuple], kind: type) -> pl.DataFrame:
        return plain_table(table, rows, kind, names)

    return {
        "accounts": lambda _: accounts_table(run, opening, closing(), marks),
        "positions_start": lambda _: positions_table("positions_start", state, names, opening),
        "positions_end": lambda _: positions_table("positions_end", state, names, closing()),
        "units": lambda _: units_table(state, names, opening, closing()),
        "liquidations": lambda _: _liquidations(run, names),
        "adl_fills": lambda _: _adl_fills(run, names),
        "shortfalls": lambda _: plain("shortfalls", events.shortfalls, Shortfall),
        "loss_shares": lambda _: plain("loss_shares", events.loss_shares, LossShare),
        "flows": lambda _: plain("flows", events.flows, FlowResult),
        "collateral_sales": lambda _: plain(
            "collateral_sales", events.collateral_sales, CollateralSale
        ),
        "absorbers": lambda _: _absorbers(run, names),
        "timeline": lambda _: _timeline(run, names),
        "prices_1m": lambda _: prices_1m(tape),
        "adl_capacity": lambda _: _adl_capacity(run, names),
    }


def _timeline(run: Run, names: Names) -> pl.DataFrame:
    raw = frame_of(run.events.timeline, TimelineRow)
    counts = raw["quiet_after"].to_numpy() + 1
    row = np.repeat(np.arange(raw.height), counts)
    step = np.arange(row.size)
    is_quiet = pl.Series(step != raw["step"].to_numpy()[row])
    every = raw.drop("quiet_after")[row].with_columns(step=step)
    totals = [name for name in every.columns if name not in _LASTING]
    nothing = pl.when(is_quiet).then(0).otherwise(pl.col(totals)).name.keep()
    return fit("timeline", named_columns(every.with_columns(nothing), names))


def _absorbers(run: Run, names: Names) -> pl.DataFrame:
    columns, count = run.events.absorbers, len(run.state.absorbers)
    steps = len(columns.cash_usd) // max(count, 1)
    raw = pl.DataFrame(
        {
            "step": np.repeat(np.arange(steps), count),
            "absorber": np.tile(np.arange(count), steps),
            "cash_usd": pl.Series(columns.cash_usd, dtype=pl.Float64),
            "equity_usd": pl.Series(columns.equity_usd, dtype=pl.Float64),
            "notional_usd": pl.Series(columns.notional_usd, dtype=pl.Float64),
        }
    )
    return fit("absorbers", named_columns(raw, names))


def _liquidations(run: Run, names: Names) -> pl.DataFrame:
    raw = frame_of(run.events.closings, Closing)
    columns = named_columns(raw, names)
    account, absorber = columns["account"], columns["absorber"]
    is_takeover = raw["stage"] == "takeover"
    book = pl.Series("counterparty", ["book"], dtype=pl.String).new_from_index(0, raw.height)
    return fit(
        "liquidations",
        columns
        | {
            "account": account.zip_with(account.is_not_null(), absorber),
            "margin_mode": names.mode(raw["row"]),
            "side": _choose(raw["side"] > 0, "sell", "buy"),
            "size": raw["qty"],
            "mark_price": names.mark(raw["step"], raw["market"]),
            "bankruptcy_price": raw["bankruptcy_price"].fill_nan(None),
            "counterparty": absorber.zip_with(is_takeover, book),
        },
    )


def _choose(condition: pl.Series, if_true: str, if_false: str) -> pl.Series:
    values = np.where(condition.to_numpy(), if_true, if_false).tolist()
    return pl.Series(values, dtype=pl.String)


def _adl_fills(run: Run, names: Names) -> pl.DataFrame:
    raw = fills_frame(run.events.adl_fills)
    winner, loser = names.holder(raw["winner_row"]), names.holder(raw["loser_row"])
    mark = names.mark(raw["step"], raw["market"])
    signed = raw["side"] * raw["qty"]
    return fit(
        "adl_fills",
        named_columns(raw, names)
        | {
            "winner": winner.zip_with(winner.is_not_null(), names.absorber(raw["winner_absorber"])),
            "loser": loser.zip_with(loser.is_not_null(), names.absorber(raw["loser_absorber"])),
            "side": _choose(raw["side"] > 0, "long", "short"),
            "size": raw["qty"],
            "mark_price": mark,
            "winner_upnl_usd": signed * (mark - raw["winner_entry"]),
            "cost_usd": signed * (mark - raw["price"]),
            **_score_inputs(run, raw.height),
        },
    )


def _adl_capacity(run: Run, names: Names) -> pl.DataFrame:
    held = run.events.held
    steps = np.repeat([one.step for one in held], [one.code.size for one in held])
    code = np.concatenate([np.zeros(0, dtype=np.intp), *(one.code for one in held)])
    held_usd = np.concatenate([np.zeros(0), *(one.capacity_usd for one in held)])
    return pl.DataFrame(
        [
            pl.Series("step", steps, dtype=pl.Int64),
            names.market(pl.Series(code // 2)).alias("market"),
            _choose(pl.Series(code % 2 == 1), "long", "short").alias("side"),
            pl.Series("capacity_usd", held_usd),
        ]
    )


def _score_inputs(run: Run, count: int) -> dict[str, pl.Series]:
    """How many were ranked at each fill and what the score read; null what it did not or is NaN."""
    unread = pl.repeat(None, count, dtype=pl.Float64, eager=True)

    def column(name: str) -> pl.Series:
        read = [fills.of(name) for fills in run.events.score_inputs if name in fills.columns]
        return pl.Series(np.concatenate(read)).fill_nan(None) if read else unread

    inputs = {f"{INPUT}{name}": column(name) for name in COLUMNS}
    return {"candidates": column("candidates"), **inputs}


def _refusals(run: Run, tape: Tape) -> tuple[Refusal, ...]:
    return tuple(
        Refusal(run.state.absorbers[index].rules.name, step, int(tape.time_ms[step]))
        for index, step in sorted(run.events.refusals.items())
    )


def _warnings(run: Run, tape: Tape) -> tuple[str, ...]:
    rules, said = run.venue.adl, []
    widest_ms = int(np.diff(tape.time_ms).max(initial=0))
    if rules.price == "previous_mark" and widest_ms > COARSE_STEP_MS:
        said.append(
            f"adl.price = previous_mark on a grid of {widest_ms / 1000:g} s: the price of a "
            "deleveraging depends on the step; use steps of 5 s or less"
        )
    if rules.price == "bankruptcy" and rules.below_mm_fraction > 0.0 and rules.enabled:
        said.append(
            "adl.below_mm_fraction with adl.price = bankruptcy: what an account has left when it "
            "is deleveraged goes to the winners; adl.price = mark leaves it to the account"
        )
    return tuple(said)
