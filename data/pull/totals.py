"""A pull, or what it would ask, added up by venue and series."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from urllib.parse import urlsplit

from crashsim.data.pull.errand import Ask, Pulled
from crashsim.data.pull.rehearsal import Rehearsed
from crashsim.data.pull.windows import minute_count


@dataclass(frozen=True)
class PulledSeries:
    """One series of a venue in all its markets. missing_minutes: None where they are not known."""

    venue: str
    series: str
    markets: int
    rows: int
    missing_minutes: int | None
    calls: int
    failed: int


@dataclass(frozen=True)
class OpenSeries:
    """What is still to ask of one series of a venue. path: of the first question, None if none."""

    venue: str
    series: str
    markets: int
    calls: int
    path: str | None


@dataclass(frozen=True)
class OpenTotal:
    """What is still to ask of all: calls, the seconds they take, and the hosts that answer."""

    calls: int
    seconds: float
    hosts: tuple[str, ...]


def pulled_series(done: Sequence[Pulled]) -> list[PulledSeries]:
    """The lines of a pull."""
    groups = groupby(done, key=lambda item: _series(item.ask))
    return [_pulled(*name, list(items)) for name, items in groups]


def _pulled(venue: str, series: str, items: Sequence[Pulled]) -> PulledSeries:
    known = series != "funding"  # its period differs by market
    return PulledSeries(
        venue,
        series,
        markets=len(items),
        rows=sum(item.rows for item in items),
        missing_minutes=sum(minute_count(item.missing) for item in items) if known else None,
        calls=sum(item.calls for item in items),
        failed=sum(item.failure is not None for item in items),
    )


def open_series(rehearsed: Sequence[Rehearsed]) -> list[OpenSeries]:
    """The lines of a rehearsal."""
    groups = groupby(rehearsed, key=lambda item: _series(item.ask))
    return [_open(*name, list(items)) for name, items in groups]


def _open(venue: str, series: str, items: Sequence[Rehearsed]) -> OpenSeries:
    first = next((urlsplit(item.first_url).path for item in items if item.first_url), None)
    return OpenSeries(
        venue=venue,
        series=series,
        markets=len(items),
        calls=sum(len(item.open) for item in items),
        path=first,
    )


def open_total(rehearsed: Sequence[Rehearsed]) -> OpenTotal:
    """All of a rehearsal."""
    hosts = {urlsplit(item.first_url).netloc for item in rehearsed if item.first_url}
    calls = sum(len(item.open) for item in rehearsed)
    return OpenTotal(calls, sum(item.seconds for item in rehearsed), tuple(sorted(hosts)))


def _series(ask: Ask) -> tuple[str, str]:
    return ask.feed.name, ask.series
