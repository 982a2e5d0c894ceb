"""A seeded sample of deposits and withdrawals for a bundled night.

Flows are an input: who deposits is drawn from side and leverage at the start and from nothing that
happens later.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import polars as pl

from crashsim.data.schema import FLOW_COLUMNS, Book, Flows, Tape
from crashsim.data.synthetic.streams import stream
from crashsim.data.tape.grid import Floats
from crashsim.scenarios.models.generate import FlowSample


@dataclass(frozen=True)
class _Amounts:
    """A lognormal distribution of amounts in USD, none above the maximum."""

    median_usd: float
    sigma: float
    max_usd: float

    def draw(self, random: np.random.Generator, size: int) -> Floats:
        amounts = self.median_usd * np.exp(self.sigma * random.standard_normal(size))
        return np.asarray(np.maximum(0.01, np.round(np.minimum(amounts, self.max_usd), 2)))


def generate_flows(sample: FlowSample, book: Book, tape: Tape, seed: int) -> Flows:
    """Deposits of dip buyers, and ordinary deposits and withdrawals, in the tape's time.

    How many: the sample's rates times the accounts of the book, rounded, a half to the even number.
    Dip buyers are distinct accounts among the leveraged net longs; where there are fewer of those
    all of them deposit, and the source says so. What falls outside the tape is left out.
    """
    thousands = book.accounts.height / 1000
    dips = round(sample.dip_buyers_per_1000_accounts * thousands)
    deposits = round(sample.deposits_per_1000_accounts * thousands)
    withdrawals = round(sample.withdrawals_per_1000_accounts * thousands)
    bought = _dip_buyers(sample, book, tape, seed, dips)
    frame = pl.concat(
        [
            bought,
            _ordinary(sample, book, tape, seed, "deposit", deposits),
            _ordinary(sample, book, tape, seed, "withdrawal", withdrawals),
        ]
    )
    first, last = int(tape.time_ms[0]), int(tape.time_ms[-1])
    frame = frame.filter(pl.col("time").is_between(first, last))
    fewer = f" ({dips:,} wanted, there are no more)" if bought.height < dips else ""
    return Flows(
        frame=frame.cast(pl.Schema(FLOW_COLUMNS)).sort("time", maintain_order=True),
        provenance="assumed",
        source=f"seeded sample of {bought.height:,} dip buyers among leveraged longs{fewer}, "
        f"{deposits:,} other deposits and {withdrawals:,} withdrawals, seed {seed}",
    )


def _dip_buyers(sample: FlowSample, book: Book, tape: Tape, seed: int, size: int) -> pl.DataFrame:
    candidates = _leveraged_longs(book, tape, sample.dip_min_leverage)
    random = stream(seed, "flows.dip")
    chosen = random.permutation(candidates.len())[:size]
    span = (_seconds(sample.dip_from), _seconds(sample.dip_to) + 1)
    amounts = _Amounts(sample.dip_median_usd, sample.dip_sigma, sample.dip_max_usd)
    return _frame(candidates.gather(chosen), "deposit", random, span, amounts)


def _leveraged_longs(book: Book, tape: Tape, min_leverage: float) -> pl.Series:
    """Accounts whose cross unit is net long with at least this leverage at the first marks."""
    marks = pl.DataFrame({"market": tape.markets, "mark": tape.mark[0]})
    rows = book.accounts.with_row_index("unit").select("account", "unit")
    cross = (
        book.positions.filter(margin_mode="cross")
        .join(marks, on="market", maintain_order="left")
        .join(rows, on="account", maintain_order="left")
    )
    unit, size, mark = (cross[name].to_numpy() for name in ("unit", "size", "mark"))
    count = book.accounts.height
    upnl = np.bincount(unit, size * (mark - cross["entry_price"].to_numpy()), count)
    equity = book.accounts["cash"].to_numpy() + upnl
    gross = np.bincount(unit, np.abs(size) * mark, count)
    is_long = np.bincount(unit, size * mark, count) > 0
    is_leveraged = (equity > 0) & (gross >= min_leverage * equity)
    return book.accounts["account"].filter(pl.Series(is_long & is_leveraged))


def _ordinary(
    sample: FlowSample, book: Book, tape: Tape, seed: int, kind: str, size: int
) -> pl.DataFrame:
    random = stream(seed, f"flows.{kind}")
    accounts = book.accounts["account"].gather(random.integers(book.accounts.height, size=size))
    span = (int(tape.time_ms[0]) // 1000 + 1, int(tape.time_ms[-1]) // 1000 + 1)
    amounts = _Amounts(sample.ordinary_median_usd, sample.ordinary_sigma, sample.ordinary_max_usd)
    return _frame(accounts, kind, random, span, amounts)


def _frame(
    accounts: pl.Series,
    kind: str,
    random: np.random.Generator,
    span_s: tuple[int, int],
    amounts: _Amounts,
) -> pl.DataFrame:
    """One flow for each account, at a whole second in [first, last) of span_s; time in ms."""
    time_ms = random.integers(*span_s, size=accounts.len()) * 1000
    amount = amounts.draw(random, accounts.len())
    return pl.DataFrame({"time": time_ms, "account": accounts, "amount": amount}).select(
        "time", "account", pl.lit(kind).alias("kind"), "amount"
    )


def _seconds(time: datetime) -> int:
    """Seconds since 1970; a time without a zone is UTC."""
    return int((time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp())
