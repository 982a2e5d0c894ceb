"""Pull a scenario's candles and funding: page by page into the store, going on where it stopped."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import polars as pl

from crashsim.data.clock import utc_words
from crashsim.data.errors import NetworkError, NotServedError
from crashsim.data.pull.answer import Page, add
from crashsim.data.pull.client import Rate, Row
from crashsim.data.pull.feeds import FEEDS, SERIES, Feed
from crashsim.data.pull.refusal import archive_route
from crashsim.data.pull.symbols import stored_name, symbol_on
from crashsim.data.pull.windows import HOUR_MS, MINUTE_MS, cut, floor_minute, minutes, missing_runs
from crashsim.data.retry import Retry
from crashsim.data.schema import TIME
from crashsim.data.store.datasets import Dataset, Origin, Window
from crashsim.data.store.store import Store
from crashsim.scenarios.errors import InputError

_FUNDING_LATE_MS = 1_000  # venues stamp a payment up to some ms after the hour
_FUNDING_PERIOD_MS = 8 * HOUR_MS  # the longest common period: a wider question is never empty


class Asker(Protocol):
    """What a pull needs of a venue; `client.Client` is the real one."""

    @property
    def place(self) -> str:
        """URL of the last answer."""

    def candles(self, market: str, series: str, window: Window) -> list[Row]:
        """Candles of the window, as the venue sent them."""

    def funding(self, market: str, window: Window) -> list[Rate]:
        """Funding rates of the window, as the venue sent them."""


@dataclass(frozen=True)
class Ask:
    """One series of one market on one venue, for the half-open window of whole minutes."""

    feed: Feed
    market: str
    series: str
    window: Window

    @property
    def dataset(self) -> Dataset:
        """Where the store keeps it."""
        interval_s = None if self.series == "funding" else 60
        return Dataset(self.feed.name, stored_name(self.feed, self.market), self.series, interval_s)

    @property
    def name(self) -> str:
        """How messages call it, e.g. `okx mark BTC-USDT-SWAP`."""
        return f"{self.feed.name} {self.series} {symbol_on(self.feed, self.market)}"

    @property
    def pages(self) -> tuple[Window, ...]:
        """The windows that are asked one call each. Funding is at most one row an hour."""
        if self.series != "funding":
            return cut(self.window, self.feed.pages[self.series] * MINUTE_MS)
        late = Window(self.window.start_ms, self.window.end_ms + _FUNDING_LATE_MS)
        room_ms = self.feed.pages["funding"] * HOUR_MS - 2 * _FUNDING_PERIOD_MS
        return cut(late, room_ms)

    def question(self, window: Window) -> Window:
        """What is asked for a page: more hours for funding, since some without it are normal."""
        if self.series != "funding":
            return window
        return Window(window.start_ms - _FUNDING_PERIOD_MS, window.end_ms + _FUNDING_PERIOD_MS)


@dataclass(frozen=True)
class Pulled:
    """What the store holds of one Ask afterwards.

    missing: minutes that the venue did not have, as windows. failure: why it ended early.
    """

    ask: Ask
    calls: int
    rows: int
    missing: tuple[Window, ...] = ()
    duplicates: int = 0
    failure: str | None = None


def plan(
    venues: Sequence[str], markets: Sequence[str], series: Sequence[str], window: Window
) -> tuple[Ask, ...]:
    """Everything to ask, venue by venue. Without `series`: all that a venue serves.

    Raises InputError for an unknown venue, or a series that a venue does not serve.
    """
    if window.end_ms <= window.start_ms:
        raise InputError("the window to pull is empty: its end must be after its start")
    last_ms = -(-window.end_ms // MINUTE_MS) * MINUTE_MS
    whole = Window(floor_minute(window.start_ms), last_ms)
    return tuple(
        Ask(feed, market, name, whole)
        for feed in (_feed(venue) for venue in venues)
        for name in _served(feed, series)
        for market in markets
    )


def pull(
    asks: Sequence[Ask],
    store: Store,
    client_of: Callable[[Feed], Asker],
    retry: Retry,
    now: Callable[[], datetime],
    progress: Callable[[int, int], None] | None = None,
) -> list[Pulled]:
    """Ask what the store does not have yet, writing each page as it lands.

    A market or series that a venue does not have does not stop the others. Raises NetworkError
    where a venue refuses, or still does not answer after the retries: pages that landed stay, the
    next pull goes on there.
    Raises InputError for a window that is not over yet: its last candle would still change.
    """
    if any(ask.window.end_ms > now().timestamp() * 1000 for ask in asks):
        raise InputError("the window to pull is not over yet; pull it when it is")
    clients: dict[str, Asker] = {}
    done = []
    for ask in asks:
        if ask.feed.name not in clients:
            clients[ask.feed.name] = client_of(ask.feed)
        done.append(_Series(ask, store, clients[ask.feed.name], retry, now=now).pull())
        if progress is not None:
            progress(len(done), len(asks))
    return done


@dataclass
class _Series:
    """The pull of one Ask, and its counts."""

    ask: Ask
    store: Store
    client: Asker
    retry: Retry
    now: Callable[[], datetime]
    calls: int = 0
    duplicates: int = 0

    def pull(self) -> Pulled:
        failure = None
        try:
            for window in self.store.missing(self.ask.dataset, self.ask.pages):
                self._land(window)
        except NotServedError as error:
            failure = str(error)
        return self._stored(failure)

    def _land(self, window: Window) -> None:
        if self.ask.series == "funding":
            frame = self._funding_page(window)
        else:
            frame = self._candle_page(window).frame(self.ask.dataset.market)
        origin = Origin(self.client.place, self.now())
        self.store.write_part(self.ask.dataset, frame, window, origin)

    def _candle_page(self, window: Window) -> Page:
        """The page of a window; what an answer left open is asked again while that helps."""
        page = self._asked(Page({}), window)
        if not page.rows:
            page = self._asked(page, window)
        if not page.rows:
            raise NotServedError(_nothing(self.ask, window))
        before = -1
        while (gaps := missing_runs(window, page.rows)) and len(page.rows) > before:
            before = len(page.rows)
            page = self._asked(page, Window(gaps[0].start_ms, gaps[-1].end_ms))
        self.duplicates += page.duplicates
        return page

    def _asked(self, page: Page, window: Window) -> Page:
        def question() -> list[Row]:
            self.calls += 1
            return self.client.candles(self.ask.market, self.ask.series, window)

        return add(page, self.retry.call(question), window, self.ask.name)

    def _funding_page(self, window: Window) -> pl.DataFrame:
        """Funding inside the window; a wider question with no answer at all is an error."""
        asked = self.ask.question(window)

        def question() -> list[Rate]:
            self.calls += 1
            return self.client.funding(self.ask.market, asked)

        rates = self.retry.call(question)
        if not any(asked.start_ms <= rate.time_ms < asked.end_ms for rate in rates):
            raise NotServedError(_nothing(self.ask, asked))
        inside = [rate for rate in rates if window.start_ms <= rate.time_ms < window.end_ms]
        return self._funding_frame(inside)

    def _funding_frame(self, rates: list[Rate]) -> pl.DataFrame:
        unique = {rate.time_ms: rate for rate in rates}
        if set(unique.values()) != set(rates):
            raise NetworkError(f"{self.ask.name}: two different funding rates for one time")
        self.duplicates += len(rates) - len(unique)
        times = sorted(unique)
        return pl.DataFrame(
            {
                "time": pl.from_epoch(pl.Series(times, dtype=pl.Int64), time_unit="ms").cast(TIME),
                "market": [self.ask.dataset.market] * len(times),
                "funding_rate": [unique[time_ms].funding_rate for time_ms in times],
            },
            schema={"time": TIME, "market": pl.String, "funding_rate": pl.Float64},
        )

    def _stored(self, failure: str | None) -> Pulled:
        """Counts of what the store now holds of the window, whenever it was asked."""
        times = self._stored_times_ms()
        missing = () if self.ask.series == "funding" else missing_runs(self.ask.window, times)
        return Pulled(
            self.ask, self.calls, len(times), missing, duplicates=self.duplicates, failure=failure
        )

    def _stored_times_ms(self) -> list[int]:
        """Distinct times of the dataset in the window; not by `store.read`, which looks at all."""
        start_ms, end_ms = self.ask.window.start_ms, self.ask.pages[-1].end_ms
        info = self.store.info(self.ask.dataset)
        paths = [
            path
            for part, path in zip(info.parts, self.store.part_paths(info), strict=True)
            if part.rows and part.start_ms < end_ms and part.end_ms > start_ms
        ]
        if not paths:
            return []
        at = pl.col("time").dt.epoch("ms")
        found = (
            pl.scan_parquet(paths)
            .select(at)
            .filter((pl.col("time") >= start_ms) & (pl.col("time") < end_ms))
        )
        return found.unique().sort("time").collect()["time"].to_list()


def expected_rows(ask: Ask) -> int | None:
    """How many rows the window must have; None for funding, whose period differs by market."""
    return None if ask.series == "funding" else len(minutes(ask.window))


def _feed(venue: str) -> Feed:
    if venue not in FEEDS:
        raise InputError(f"venue {venue!r} cannot be pulled; those that can: {', '.join(FEEDS)}")
    return FEEDS[venue]


def _served(feed: Feed, series: Sequence[str]) -> tuple[str, ...]:
    unknown = [name for name in series if name not in SERIES]
    if unknown:
        raise InputError(f"series {unknown[0]!r} is not one of {', '.join(SERIES)}")
    absent = [name for name in series if name not in feed.series]
    if absent:
        raise InputError(
            f"{feed.title} serves no {absent[0]} history; it has {', '.join(feed.series)}"
        )
    return tuple(name for name in feed.series if not series or name in series)


def _nothing(ask: Ask, window: Window) -> str:
    start, end = (utc_words(ms)[:16] for ms in (window.start_ms, window.end_ms))
    limit = ask.feed.limits.get(ask.series, "the market may not have been listed then")
    return (
        f"{ask.name}: the venue answered, but with nothing between {start} and"
        f" {end} UTC ({limit}). {archive_route(ask.feed, ask.series)}"
    )
