"""What auto-deleveraging took from winners, against the same night without it.

The counterfactual is the replay of the same tape and book with auto-deleveraging off. Its profits
could not all have been paid: losers who were not closed against winners owe them. A haircut is
what a winner lost against that, not what the venue could have left him.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from crashsim.data.schema import Tape
from crashsim.engine.adl.score_columns import MIN_EQUITY_USD
from crashsim.engine.arrays import Flags, Floats, Indices, rows_by
from crashsim.engine.record.equity_path import EquityPath
from crashsim.engine.record.outcome import Outcome

WAVE_GAP_MS = 5_000  # docs/semantics.md, section 7: a longer pause between fills ends a wave


@dataclass(frozen=True)
class Haircuts:
    """One row a deleveraged account, all arrays (n,) in USD unless said otherwise.

    haircut_usd: max(0, equity without ADL - equity with ADL), at the end of the last wave in which
    the account was deleveraged, or `horizon_s` later. equity_usd: without ADL, at that time.
    profit_usd, size_usd, leverage (a ratio): unrealised profit, gross notional, and that over
    equity, when the step of its first fill began. waves: of all fills.
    """

    accounts: tuple[str, ...]
    haircut_usd: Floats
    equity_usd: Floats
    profit_usd: Floats
    size_usd: Floats
    leverage: Floats
    waves: int
    horizon_s: float


def last_step_needed(outcome: Outcome, tape: Tape, horizon_s: float) -> int:
    """The last step at which `haircuts` asks for the counterfactual; 0 without ADL fills."""
    steps = outcome.adl_fills["step"].to_numpy()
    return int(_later(tape, steps, horizon_s).max(initial=0))


def haircuts(
    outcome: Outcome, tape: Tape, without_adl: EquityPath, horizon_s: float = 0.0
) -> Haircuts:
    """The haircuts of a run whose equity path was kept, against the path without ADL.

    without_adl: of the same book and tape, at least up to `last_step_needed`.
    """
    path = _path(outcome)
    fills = outcome.adl_fills.select("step", account="winner")
    ended = fills.with_columns(end=pl.Series(_wave_ends(tape, fills["step"].to_numpy())))
    winners = (
        ended.filter(pl.col("account").is_in(list(path.accounts)))
        .group_by("account")
        .agg(first=pl.col("step").min(), end=pl.col("end").max())
        .sort("account")
    )
    account = path.places(winners["account"].to_list())
    first = winners["first"].to_numpy().astype(np.intp)
    end = _later(tape, winners["end"].to_numpy().astype(np.intp), horizon_s)
    before = path.worth(tape, account, after=first - 1, at=first)
    without = without_adl.worth(tape, account, after=end, at=end).equity_usd
    with_adl = path.worth(tape, account, after=end, at=end).equity_usd
    return Haircuts(
        accounts=tuple(winners["account"]),
        haircut_usd=np.maximum(0.0, without - with_adl),
        equity_usd=without,
        profit_usd=before.upnl_usd,
        size_usd=before.notional_usd,
        leverage=before.notional_usd / np.maximum(before.equity_usd, MIN_EQUITY_USD),
        waves=int(np.unique(ended["end"].to_numpy()).size),
        horizon_s=horizon_s,
    )


def low_leverage_share(outcome: Outcome, tape: Tape, below: float) -> float | None:
    """Share of ADL notional from accounts with leverage below this when the fill's step began."""
    path = _path(outcome)
    fills = outcome.adl_fills.filter(pl.col("winner").is_in(list(path.accounts)))
    closed = rows_by(fills, "winner", "step").agg(usd=(pl.col("size") * pl.col("mark_price")).sum())
    notional = closed["usd"].to_numpy()
    if notional.sum() <= 0.0:
        return None
    step = closed["step"].to_numpy().astype(np.intp)
    before = path.worth(tape, path.places(closed["winner"].to_list()), after=step - 1, at=step)
    low: Flags = before.notional_usd < below * np.maximum(before.equity_usd, MIN_EQUITY_USD)
    return float(notional[low].sum() / notional.sum())


def _path(outcome: Outcome) -> EquityPath:
    if outcome.equity_path is None:
        raise ValueError("this outcome has no equity path; replay with keep_path=True")
    return outcome.equity_path


def _wave_ends(tape: Tape, steps: Indices) -> Indices:
    """For each fill, the last step of its wave; fills are in the order of the steps."""
    if not steps.size:
        return steps
    times = tape.time_ms[steps]
    is_last = np.concatenate((np.diff(times) > WAVE_GAP_MS, [True]))
    ends = steps[is_last]
    return ends[np.searchsorted(ends, steps)]


def _later(tape: Tape, steps: Indices, horizon_s: float) -> Indices:
    """The last step at most horizon_s after these steps."""
    due = tape.time_ms[steps] + int(horizon_s * 1000)
    return np.searchsorted(tape.time_ms, due, side="right") - 1
