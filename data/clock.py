"""Times as UTC milliseconds, and as text: the one place where a time becomes words."""

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


def utc_second_text(time: datetime) -> str:
    """ISO text of a time to the second, such as when a run began: `2025-10-10T21:20:03Z`."""
    return utc_text(utc_ms(time) // 1000 * 1000)


def utc_words(time_ms: int) -> str:
    """UTC milliseconds for people, to the second: `2025-10-10 21:20:03`."""
    return f"{_EPOCH + time_ms * _MS:%Y-%m-%d %H:%M:%S}"
