"""Where rows to be checked come from: files as they are, or the store."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import polars as pl

from crashsim.data.checked.recorded_closings import (
    CLOSING_KINDS,
    closings_by_minute,
    joined_closings,
)
from crashsim.data.loaders.format import Batch, Options
from crashsim.data.loaders.freqtrade_names import interval_named
from crashsim.data.loaders.importer import read_file
from crashsim.data.loaders.meaning.bar_lengths import NamedLengthError
from crashsim.data.loaders.reading.blob import Blob
from crashsim.data.store.check import MarketCheck, check_rows, fund_notes
from crashsim.data.store.datasets import MANY_MARKETS, Window
from crashsim.data.store.kinds import KINDS
from crashsim.data.store.store import Store

_Series = tuple[str, str, int | None]  # source, kind, length of a bar in seconds
_ALL_TIME_MS = (0, 2**52)


@dataclass(frozen=True)
class CheckReport:
    """Lines by market, and what was found about files themselves (damage, reader's notes).

    damage is a finding, in a sentence. notes are none: what a reader of the rows should know.
    closings: recorded liquidations and auto-deleveraging, CLOSING_COLUMNS.
    """

    lines: tuple[MarketCheck, ...]
    damage: tuple[str, ...]
    notes: tuple[str, ...]
    closings: pl.DataFrame = field(default_factory=lambda: joined_closings(()))

    @property
    def is_clean(self) -> bool:
        """Nothing was found."""
        return not self.damage and not self.found

    @property
    def found(self) -> tuple[MarketCheck, ...]:
        """The lines with findings."""
        return tuple(line for line in self.lines if line.findings)

    def clean_series(self) -> tuple[MarketCheck, ...]:
        """One line for the clean markets of each source, kind and length of bar."""
        series: dict[tuple[str, str, int | None], list[MarketCheck]] = {}
        for line in self.lines:
            if not line.findings:
                series.setdefault((line.source, line.kind, line.interval_s), []).append(line)
        return tuple(_together(own) for own in series.values())


def _together(lines: list[MarketCheck]) -> MarketCheck:
    return replace(
        lines[0],
        market=lines[0].market if len(lines) == 1 else f"{len(lines)} markets",
        rows=sum(line.rows for line in lines),
        first_ms=min(line.first_ms for line in lines),
        last_ms=max(line.last_ms for line in lines),
    )


def check_files(
    paths: list[Path],
    options: Options,
    window: Window | None,
    at_file: Callable[[Path], None] = lambda _: None,
) -> CheckReport:
    """Check files as they are, without the store. Raises InputError for one that cannot be read.

    Rows of one format, kind and length of bar are checked together over all files, so that files
    of several days are one series. A file whose name says another length is a finding.
    """
    frames: dict[_Series, list[pl.DataFrame]] = {}
    notes: dict[str, None] = {}
    damage: dict[str, None] = {}
    for path in paths:
        at_file(path)
        try:
            for blob, known, batch in read_file(path, options):
                notes |= {f"{blob.name}: {note}": None for note in batch.notes}
                damage |= dict.fromkeys(_other_length(blob, batch, options))
                key = (batch.source or known.source, batch.kind, batch.interval_s)
                frames.setdefault(key, []).append(batch.rows)
        except NamedLengthError as found:
            damage[str(found)] = None
    whole = ((key, pl.concat(parts)) for key, parts in sorted(frames.items(), key=str))
    return _report(whole, window, tuple(damage), tuple(notes))


def _other_length(blob: Blob, batch: Batch, options: Options) -> Iterator[str]:
    """What a file's name says of its bars, where the file itself says otherwise."""
    named = None if options.interval_s else interval_named(blob)
    if batch.interval_s and named and named != batch.interval_s:
        yield f"{blob.path}: its name says bars of {named} s, they are of {batch.interval_s} s"


def check_store(store: Store, source: str | None, window: Window | None) -> CheckReport:
    """Check every dataset of the store, or those of one source: its files first, then its rows."""
    named = [i for i in store.datasets() if source in (None, i.dataset.source)]
    infos = [i for i in named if i.dataset.kind in KINDS]
    unread = sorted({i.dataset.kind for i in named} - set(KINDS))
    damage = [
        f"{i.dataset.source} {i.dataset.kind} {i.dataset.market}: {file} is gone or was changed"
        for i in infos
        for file in store.damaged_parts(i)
    ]
    series = dict.fromkeys((i.dataset.source, i.dataset.kind, i.dataset.interval_s) for i in infos)
    what = "nothing in crashsim reads these rows; delete their folders"
    notes = tuple(f"{kind}: {what}" for kind in unread)
    stored = ((each, _stored(store, each)) for each in (() if damage else series))
    return _report(stored, window, tuple(damage), notes)


def _stored(store: Store, series: _Series) -> pl.DataFrame:
    source, kind, length = series
    rows = store.scan(source, MANY_MARKETS, kind, *_ALL_TIME_MS, length)
    # The store sorts when it is read, so the order of its parts is no finding.
    return rows.collect().sort("time", maintain_order=True)


def _report(
    series: Iterable[tuple[_Series, pl.DataFrame]],
    window: Window | None,
    damage: tuple[str, ...],
    notes: tuple[str, ...],
) -> CheckReport:
    lines: list[MarketCheck] = []
    closings: list[pl.DataFrame] = []
    for (source, kind, length), rows in series:
        lines += check_rows(rows, source, kind, length, window)
        if kind in CLOSING_KINDS:
            closings.append(closings_by_minute(rows, source, kind))
        if kind == "fund":
            notes += fund_notes(rows, source, window)
    return CheckReport(tuple(lines), damage, notes, joined_closings(closings))
