"""The day on which a contract ends, out of the codes of the venues."""

import re
from datetime import date, timedelta

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_CODES = "FGHJKMNQUVXZ"  # of futures exchanges, January to December
_DIGITS = re.compile(r"(\d\d)(\d\d)(\d\d)")
_WRITTEN = re.compile(r"(\d{1,2})([A-Z]{3})(\d\d)")
_CODE = re.compile(r"([A-Z])(\d\d)")
_FRIDAY = 4


def expiry_of(text: str) -> date | None:
    """The day of `251226`, `26DEC25` or `Z25` (the month's last Friday); None of anything else."""
    try:
        if found := _DIGITS.fullmatch(text):
            return date(2000 + int(found[1]), int(found[2]), int(found[3]))
        if found := _WRITTEN.fullmatch(text):
            return date(2000 + int(found[3]), _MONTHS.index(found[2]) + 1, int(found[1]))
        if found := _CODE.fullmatch(text):
            return _last_friday(2000 + int(found[2]), _CODES.index(found[1]) + 1)
    except ValueError:
        pass
    return None


def _last_friday(year: int, month: int) -> date:
    last = date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
    return last - timedelta(days=(last.weekday() - _FRIDAY) % 7)
