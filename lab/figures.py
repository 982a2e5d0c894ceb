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


_SCALES = ((1e9, "B"), (1e6, "M"), (1e3, "k"))


def short(amount: float) -> str:
    """A number in at most five figures: `1.2M`, `45.3k`, `12`, `-3.4B`."""
    size = abs(amount)
    for scale, letter in _SCALES:
        if size >= 0.9995 * scale:
            written = size / scale
            return f"{_sign(amount)}{written:.{1 if written < 99.95 else 0}f}{letter}"
    return f"{_sign(amount)}{size:,.0f}"


def short_usd(amount: float) -> str:
    """Dollars, short: `$1.2M`, `-$45.3k`, `$0`."""
    written = short(abs(amount))
    return f"{_sign(amount) if written != '0' else ''}${written}"


def percent(share: float) -> str:
    """A fraction in percent: `12.3%`, `<0.1%` for what is not quite nothing."""
    if 0.0 < abs(share) < 0.0005:
        return "<0.1%"
    return f"{share:.1%}"


def _sign(amount: float) -> str:
    return "-" if amount < 0 else ""


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
