"""Whether a book can be of its tape: entries near the first marks."""

from math import log

import polars as pl

from crashsim.data.checked.findings import Findings
from crashsim.data.schema import Tape

_FACTOR = 20.0  # an entry further from the first mark than this is of another unit, or very old
_NEAR = log(2.0)


def check_entries(
    findings: Findings, positions: pl.DataFrame, tape: Tape, *, is_refused: bool
) -> tuple[str, ...]:
    """Sentences on entries that are 20 times away from the first mark, or more.

    positions: aligned with the table of `findings`, under the tape's names and in its units.
    is_refused: raise InputError, naming the rows, for markets whose median entry is so far away.
    """
    rows = positions.select("market", ratio=pl.col("entry_price") / _first_marks(tape))
    far = (rows["ratio"].log().abs() >= log(_FACTOR)).fill_null(False)
    notes = []
    for (market,), part in rows.filter(far).group_by("market", maintain_order=True):
        median = rows.filter(pl.col("market") == market)["ratio"].median()
        assert isinstance(market, str) and isinstance(median, float)
        mark = tape.mark[0, tape.markets.index(market)]
        if is_refused and abs(log(median)) >= log(_FACTOR):
            findings.bad_rows(
                far & (rows["market"] == market),
                "entry_price",
                f"a price near the first mark of {market}, {mark:.6g}: the entries there are "
                f"{_times(median)} that mark (median){_slip(median)}; --allow-implausible takes "
                "them as they are",
            )
        notes.append(
            f"{part.height} of {rows.filter(pl.col('market') == market).height} entries of {market}"
            f" are {_FACTOR:g} times or more away from its first mark {mark:.6g}{_slip(median)}"
        )
    findings.stop()
    return tuple(notes)


def _first_marks(tape: Tape) -> pl.Expr:
    marks = dict(zip(tape.markets, tape.mark[0].tolist(), strict=True))
    return pl.col("market").replace_strict(marks, default=None, return_dtype=pl.Float64)


def _times(ratio: float) -> str:
    return f"{ratio:.4g} times" if ratio >= 1 else f"1/{1 / ratio:.4g} of"


def _slip(ratio: float) -> str:
    """The likely slip of the pen behind a ratio of entry to mark."""
    away = abs(log(ratio))
    if abs(away - log(100)) <= _NEAR:
        return " (in cents?)"
    if any(abs(away - log(10**power)) <= _NEAR for power in (3, 4, 6)):
        return " (of another multiple of the coin, as 1000PEPE or kPEPE for PEPE?)"
    return ""
