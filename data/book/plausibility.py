"""Whether a book fits the prices it is laid on: entries far from the first mark, and the likely slip.

Nothing is corrected: a market whose entries are all far away is another contract, multiple or unit.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from crashsim.data.schema import Tape
from crashsim.scenarios.errors import InputError

FAR = 20.0  # times above or below the first mark
_SHOWN_ACCOUNTS = 3
_MULTIPLES = (1e3, 1e4, 1e6, 1e9)
_CENTS = 100.0
_NEAR = 1.5  # within this factor of a round one


@dataclass(frozen=True)
class FarEntries:
    """The entries of one market that are far from its first mark.

    median: of all its entries over the first mark. far, entries: how many of how many.
    """

    market: str
    far: int
    entries: int
    median: float
    accounts: tuple[str, ...]

    @property
    def is_another_unit(self) -> bool:
        """Whether the median entry itself is far: not some old position, but another unit."""
        return max(self.median, 1 / self.median) >= FAR

    def sentence(self) -> str:
        """What was found, and the likely slip."""
        factor = max(self.median, 1 / self.median)
        side = "above" if self.median >= 1 else "below"
        names = ", ".join(self.accounts[:_SHOWN_ACCOUNTS])
        more = " and others" if len(self.accounts) > _SHOWN_ACCOUNTS else ""
        text = (
            f"{self.market}: {self.far:,} of {self.entries:,} entries are {FAR:g} times or more away"
            f" from the first mark ({names}{more})"
        )
        if not self.is_another_unit:
            return text
        return f"{text}; the median entry is {factor:,.4g} times {side} it: {_slip(factor)}?"


def far_entries(positions: pl.DataFrame, tape: Tape) -> list[FarEntries]:
    """The markets of a book with an entry FAR or more from the tape's first mark, by name.

    positions: with the tape's market names, in the units of its prices.
    """
    first = pl.DataFrame({"market": tape.markets, "mark": np.ascontiguousarray(tape.mark[0])})
    ratio = pl.col("entry_price") / pl.col("mark")
    rows = positions.join(first, on="market", how="inner").with_columns(ratio=ratio)
    far = (pl.col("ratio") >= FAR) | (pl.col("ratio") <= 1 / FAR)
    found = (
        rows.sort("market", "account")
        .group_by("market", maintain_order=True)
        .agg(
            pl.len().alias("entries"),
            far.sum().alias("far"),
            pl.col("ratio").median().alias("median"),
            pl.col("account").filter(far).alias("accounts"),
        )
    )
    return [
        FarEntries(
            market=row["market"],
            far=row["far"],
            entries=row["entries"],
            median=row["median"],
            accounts=tuple(row["accounts"]),
        )
        for row in found.filter(pl.col("far") > 0).iter_rows(named=True)
    ]


def refuse_another_unit(found: list[FarEntries], source: str) -> None:
    """Raise InputError for the markets whose median entry is far from the first mark."""
    wrong = [each.sentence() for each in found if each.is_another_unit]
    if wrong:
        raise InputError(
            "\n".join(f"{source}: {text}" for text in wrong)
            + "\nMend sizes and entries, or pass --allow-implausible to replay it as it stands"
        )


def _slip(factor: float) -> str:
    if any(1 / _NEAR < factor / multiple < _NEAR for multiple in _MULTIPLES):
        return "another multiple of the coin (1000PEPE, kPEPE, PEPE)"
    if 1 / _NEAR < factor / _CENTS < _NEAR:
        return "cents for dollars"
    return "contracts for coins, or another market"
