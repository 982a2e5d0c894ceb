"""How numbers and times are written for people."""

_SCALES = ((1e9, "bn"), (1e6, "m"), (1e3, "k"))


def usd(amount: float | None) -> str:
    """Dollars, to the cent below $1,000: `$1,234,567`, `-$12.50`, `-` for nothing."""
    if not amount:
        return "-"
    digits = 2 if abs(amount) < 1000 else 0
    return f"{_sign(amount)}${abs(amount):,.{digits}f}"


def short_usd(amount: float) -> str:
    """Dollars in few characters: `$1.2bn`, `-$340k`, `$9.50`, `$0`."""
    size = abs(amount)
    for scale, letters in _SCALES:
        if size >= 0.9995 * scale:
            written = f"{size / scale:.{0 if size >= 99.95 * scale else 1}f}".removesuffix(".0")
            return f"{_sign(amount)}${written}{letters}"
    if size < 0.005:
        return "$0"
    written = f"{size:.2f}".removesuffix(".00") if size < 10 else f"{size:.0f}"
    return f"{_sign(amount)}${written}"


def many(count: int, one: str, more: str | None = None) -> str:
    """A count with its noun: `1 market`, `4,501 steps`."""
    return f"{count:,} {one if count == 1 else more or one + 's'}"


def residual(frac: float) -> str:
    """A rounding residual; its last digits depend on the machine and are left to the manifest."""
    return "under 1e-12" if frac < 1e-12 else f"{frac:.1e}"


def percent(share: float) -> str:
    """A fraction in percent: `12.3%`, `<0.1%` for what is not quite nothing."""
    if 0.0 < abs(share) < 0.0005:
        return "<0.1%"
    return f"{share:.1%}"


def exact_percent(share: float) -> str:
    """A fraction in percent, none of its digits lost that a venue would publish: `0.65 %`."""
    return f"{100 * share:.6g} %"


def short_account(account: str, most: int = 18) -> str:
    """A long address as its first eight and last six characters."""
    return account if len(account) <= most else f"{account[:8]}…{account[-6:]}"


def duration(seconds: float) -> str:
    """How long something takes: `45 s`, `3 min`."""
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"


def megabytes(count: int) -> str:
    """Bytes as `6.0 MB` or `1.25 GB`."""
    return f"{count / 1e9:.2f} GB" if count >= 1e9 else f"{count / 1e6:.1f} MB"


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
