"""How numbers, times and series are written on the terminal."""

import numpy as np
import polars as pl

_BARS = "▁▂▃▄▅▆▇█"


def usd(amount: float | None) -> str:
    """Dollars, to the cent below $1,000: `$1,234,567`, `-$12.50`, `-` for nothing."""
    if not amount:
        return "-"
    digits = 2 if abs(amount) < 1000 else 0
    written = f"{abs(amount):,.{digits}f}"
    return f"-${written}" if amount < 0 else f"${written}"


def many(count: int, one: str, more: str | None = None) -> str:
    """A count with its noun: `1 market`, `4,501 steps`."""
    return f"{count:,} {one if count == 1 else more or one + 's'}"


def residual(frac: float) -> str:
    """A rounding residual; its last digits depend on the machine and are left to the manifest."""
    return "under 1e-12" if frac < 1e-12 else f"{frac:.1e}"


def clock(time: str) -> str:
    """Time of day of an ISO 8601 time: `21:20:03`, or `21:20` on the minute."""
    written = time[11:19]
    return written.removesuffix(":00")


def span(start: str, end: str) -> str:
    """A window in words; the second date only where it differs."""
    last = end if start[:10] != end[:10] else clock(end)
    return f"{start[:10]} {clock(start)} to {last.replace('T', ' ').removesuffix('Z')} UTC"


def sparkline(series: pl.Series, columns: int, *, level: bool = False) -> str:
    """The series as at most `columns` bars, scaled to its largest bar.

    A bar is the sum over its steps, or their largest value for a `level`; a blank is exactly 0.
    """
    pieces = np.array_split(series.to_numpy(), min(columns, series.len()))
    bars = [float(piece.max() if level else piece.sum()) for piece in pieces]
    top = max(bars)
    return "".join(_bar(value / top) if top > 0 else " " for value in bars)


def _bar(share: float) -> str:
    if share <= 0:
        return " "
    return _BARS[min(int(share * len(_BARS)), len(_BARS) - 1)]
