"""What a format module gives to the registry, and what flows out of it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import polars as pl

from crashsim.data.loaders.reading.blob import Blob
from crashsim.data.loaders.reading.sample import Sample


@dataclass(frozen=True)
class Options:
    """What the user said about a file, where its content does not say it.

    market, kind: for files that do not name their own. columns: file's column -> ours (`--map`).
    time_unit: s, ms, us or ns. tz: zone of times that carry none. interval_s: length of a bar.
    contract_sizes: base units (USD for inverse ones) a contract, by market; `*` for all.
    decimal: `,` or `.`.
    """

    market: str | None = None
    kind: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    time_unit: str | None = None
    tz: str = "UTC"
    interval_s: int | None = None
    contract_sizes: Mapping[str, float] = field(default_factory=dict)
    decimal: str | None = None


@dataclass(frozen=True)
class Columns:
    """Which of a file's columns were read. used: theirs -> ours. unused: theirs."""

    used: Mapping[str, str] = field(default_factory=dict)
    unused: tuple[str, ...] = ()


@dataclass(frozen=True)
class Batch:
    """Some rows of one kind (columns of `kinds.KINDS`) and what the reader has to say of them.

    interval_s: length of a bar; None for what is not bars. notes: findings, each once a file.
    source: where the file names the venue; None for the format's own. columns: which of the file's
    were read, where their names are people's own; of other tables the blob knows it.
    """

    kind: str
    rows: pl.DataFrame
    interval_s: int | None = None
    notes: tuple[str, ...] = ()
    source: str | None = None
    columns: Columns = Columns()


@dataclass(frozen=True)
class Format:
    """One file format.

    source: the name its rows get in the store. sniff: is this content of the format? read: rows in
    batches of bounded size; raises InputError for what it cannot read, nothing else.
    """

    id: str
    source: str
    sniff: Callable[[Sample], bool]
    read: Callable[[Blob, Options], Iterator[Batch]]
