"""Which files of an archive hold a window of time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from crashsim.data.fetch.archives import ARCHIVES, Archive
from crashsim.data.pull.symbols import coin_in
from crashsim.scenarios.errors import InputError


@dataclass(frozen=True)
class RemoteFile:
    """One file of an archive (or, where `is_folder`, a folder to list). key has no leading `/`."""

    archive: Archive
    key: str

    @property
    def url(self) -> str:
        """Where it is, as messages and the record show it."""
        return f"{self.archive.base}/{self.key}"

    @property
    def is_folder(self) -> bool:
        """Whether its files have names that only a listing tells."""
        return self.key.endswith("/")


def archive_named(name: str) -> Archive:
    """The archive of that name. Raises InputError with the known names."""
    if name not in ARCHIVES:
        raise InputError(f"archive {name!r} is not known; known are {', '.join(ARCHIVES)}")
    return ARCHIVES[name]


def files_for(
    archive: Archive, markets: Sequence[str], start: datetime, end: datetime
) -> tuple[RemoteFile, ...]:
    """The files that hold [start, end), oldest first, market by market.

    Raises InputError for an empty window, or no market where the archive has one file a market.
    """
    if end < start:
        raise InputError(f"the window ends ({end:%Y-%m-%d %H:%M}) before it starts")
    if archive.market and not markets:
        raise InputError(f"{archive.name} has one file a market: name them with --market")
    names = [_market_in(archive, market) for market in markets] if archive.market else [""]
    keys = (
        archive.pattern.format(t=period, market=name)
        for name in dict.fromkeys(names)
        for period in _periods(archive, start, end)
    )
    return tuple(RemoteFile(archive, key) for key in keys)


def _market_in(archive: Archive, market: str) -> str:
    return archive.market.format(coin=coin_in(market, archive.thousand))


def _periods(archive: Archive, start: datetime, end: datetime) -> list[datetime]:
    """Starts of the periods that a window needs, in the archive's own zone or zones."""
    found = set()
    end = max(start, end - timedelta(milliseconds=1))  # a file that starts at the end is not needed
    for zone in archive.zones:
        shift = timedelta(hours=zone)
        first = _moved(_floor(start.astimezone(UTC) + shift, archive), archive, -archive.before)
        last = _moved(_floor(end.astimezone(UTC) + shift, archive), archive, archive.after)
        period = first
        while period <= last:
            found.add(period)
            period = _moved(period, archive, 1)
    return sorted(found)


def _floor(moment: datetime, archive: Archive) -> datetime:
    hour = moment.replace(minute=0, second=0, microsecond=0)
    if archive.every == "hour":
        return hour
    return hour.replace(hour=0) if archive.every == "day" else hour.replace(hour=0, day=1)


def _moved(period: datetime, archive: Archive, steps: int) -> datetime:
    if archive.every == "hour":
        return period + timedelta(hours=steps)
    if archive.every == "day":
        return period + timedelta(days=steps)
    months = period.year * 12 + period.month - 1 + steps
    return period.replace(year=months // 12, month=months % 12 + 1)
