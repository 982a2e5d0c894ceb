"""Times as UTC milliseconds, and back as text."""

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)


def utc_ms(time: datetime) -> int:
    """UTC milliseconds of a time; one without a zone is UTC."""
    aware = time if time.tzinfo else time.replace(tzinfo=UTC)
    return (aware - _EPOCH) // _MS


def utc_text(time_ms: int) -> str:
    """ISO text of UTC milliseconds, with a fraction only where there is one."""
    text = (_EPOCH + time_ms * _MS).isoformat(timespec="milliseconds")
    return text.removesuffix("+00:00").removesuffix(".000") + "Z"
