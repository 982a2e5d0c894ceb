"""What a store says about its parts: dataset names, origins and the manifest file."""

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

import polars as pl

from crashsim.data.clock import utc_ms, utc_text
from crashsim.scenarios.errors import InputError
from crashsim.scenarios.files.beside import beside

MANIFEST = "manifest.json"
MANIFEST_VERSION = 1
_HASH_BYTES = 16 * 2**20
MANY_MARKETS = "*"  # the market of a dataset whose rows are of several markets


@dataclass(frozen=True)
class Dataset:
    """The name of one dataset. `market` is `*` for rows of several markets (or of none).

    interval_s is the length of a bar in seconds; None for what is not bars.
    """

    source: str
    market: str
    kind: str
    interval_s: int | None = None


def kind_text(kind: str, interval_s: int | None) -> str:
    """A kind with the length of its bars: `last 1m`, `mark 1h`, `trades`."""
    if interval_s is None:
        return kind
    for unit, seconds in (("d", 86_400), ("h", 3600), ("m", 60)):
        if interval_s % seconds == 0:
            return f"{kind} {interval_s // seconds}{unit}"
    return f"{kind} {interval_s}s"


@dataclass(frozen=True)
class Window:
    """What one part covers: the half-open range [start_ms, end_ms) in UTC milliseconds."""

    start_ms: int
    end_ms: int


@dataclass(frozen=True)
class Origin:
    """Where the rows of a part came from.

    place: URL without its query, or a bare file name: never a path of this computer.
    retrieved_at: given by the caller, aware; the store reads no clock.
    sha256: of the file as it was given, where there is one.
    number: counts the parts that were made of one file.
    """

    place: str
    retrieved_at: datetime
    sha256: str | None = None
    number: int = 0


@dataclass(frozen=True)
class Part:
    """One Parquet file of a dataset, as its manifest lists it."""

    file: str
    start_ms: int
    end_ms: int
    rows: int
    first_ms: int | None
    last_ms: int | None
    sha256: str
    place: str
    place_sha256: str | None
    retrieved_at: str


@dataclass(frozen=True)
class DatasetInfo:
    """A dataset and its parts, ordered by window."""

    dataset: Dataset
    parts: tuple[Part, ...]

    @property
    def rows(self) -> int:
        """Number of rows over all parts (a row that two parts share counts twice)."""
        return sum(part.rows for part in self.parts)

    @property
    def first_ms(self) -> int | None:
        """Time of the earliest row, UTC ms; None without rows."""
        return min(
            (part.first_ms for part in self.parts if part.first_ms is not None), default=None
        )

    @property
    def last_ms(self) -> int | None:
        """Time of the latest row, UTC ms; None without rows."""
        return max((part.last_ms for part in self.parts if part.last_ms is not None), default=None)


def read_manifest(path: Path) -> DatasetInfo:
    """The dataset and parts of a manifest file; InputError where it is none of this program's."""
    try:
        known = json.loads(path.read_text(encoding="utf-8"))
        if known["version"] != MANIFEST_VERSION:
            raise InputError(f"{path.name}: version {known['version']} is not {MANIFEST_VERSION}")
        dataset = Dataset(known["source"], known["market"], known["kind"], known["interval_s"])
        return DatasetInfo(dataset, tuple(Part(**part) for part in known["parts"]))
    except (ValueError, KeyError, TypeError) as error:
        shown = "/".join(path.parts[-4:])
        raise InputError(
            f"store: {shown} is not a manifest of this program ({error}); delete its folder and"
            " import or pull again"
        ) from None


def write_manifest(path: Path, info: DatasetInfo) -> None:
    """Write a manifest beside and rename it."""
    known = {
        "version": MANIFEST_VERSION,
        **asdict(info.dataset),
        "rows": info.rows,
        "first_ms": info.first_ms,
        "last_ms": info.last_ms,
        "parts": [asdict(part) for part in info.parts],
    }
    with beside(path) as made:
        made.write_text(json.dumps(known, indent=1) + "\n", encoding="utf-8")


def public_place(place: str) -> str:
    """A URL without credentials, query and fragment, or the bare name of a file."""
    url = urlsplit(place)
    if url.scheme and url.netloc:
        return urlunsplit((url.scheme, url.netloc.rsplit("@", 1)[-1], url.path, "", ""))
    return Path(place).name


def safe_name(name: str) -> str:
    """A folder name for any market name; `*`, `/` and `:` are escaped, `.` and `..` impossible."""
    escaped = quote(name, safe="-_@ ")
    return escaped if escaped.strip(".") else escaped.replace(".", "%2E")


def describe_part(path: Path, times: pl.Series, window: Window, origin: Origin) -> Part:
    """The manifest's line for a Parquet file that was just written. times: its `time` column."""
    first_ms, last_ms = time_range_ms(times)
    place = public_place(origin.place)
    # The origin is part of the name: two files may cover one window. Its number keeps the parts of
    # one file in their order where they begin in the same millisecond.
    tag = hashlib.sha256(f"{place}|{origin.sha256 or ''}".encode()).hexdigest()[:8]
    name = f"{window.start_ms}-{tag}-{origin.number:05d}-{window.end_ms}.parquet"
    return Part(
        file=name,
        start_ms=window.start_ms,
        end_ms=window.end_ms,
        rows=len(times),
        first_ms=first_ms,
        last_ms=last_ms,
        sha256=file_sha256(path),
        place=place,
        place_sha256=origin.sha256,
        retrieved_at=utc_text(utc_ms(origin.retrieved_at)),
    )


def time_range_ms(times: pl.Series) -> tuple[int | None, int | None]:
    """Earliest and latest of a time column, UTC ms; None of an empty one."""
    at = times.dt.epoch("ms")
    first, last = at.min(), at.max()
    return (
        first if isinstance(first, int) else None,
        last if isinstance(last, int) else None,
    )


def file_sha256(*paths: Path) -> str:
    """SHA-256 of a file's bytes, or of its parts' together.

    Read in blocks, large ones: after each this thread waits for those that compute meanwhile.
    """
    digest, block = hashlib.sha256(), memoryview(bytearray(_HASH_BYTES))
    for path in paths:
        with path.open("rb", buffering=0) as stream:
            while count := stream.readinto(block):
                digest.update(block[:count])
    return digest.hexdigest()
