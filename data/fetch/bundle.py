"""Fetch the files of a window: what is here stays, the cost is known before anything moves."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from crashsim.data.clock import utc_second_text
from crashsim.data.fetch.archives import Archive
from crashsim.data.fetch.download import Landed, download, published_sha256
from crashsim.data.fetch.receipt import Entry, read_record, write_entry
from crashsim.data.fetch.remote import AbsentError, Remote
from crashsim.data.fetch.remote_files import RemoteFile
from crashsim.data.retry import Retry
from crashsim.data.store.datasets import file_sha256
from crashsim.scenarios.errors import InputError

Progress = Callable[[int, int], None]

# Amazon's list price of a GET or HEAD in Tokyo is $0.37 a million, of a LIST $4.70 a million.
_USD_PER_REQUEST = 4.7e-6


@dataclass(frozen=True)
class Item:
    """A file that is still to fetch. size: bytes, None where the archive was not asked for it."""

    file: RemoteFile
    size: int | None = None


@dataclass(frozen=True)
class Order:
    """What a fetch would do: the files to get, those already here, and those that do not exist."""

    items: tuple[Item, ...]
    here: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()

    @property
    def bytes(self) -> int:
        """Bytes to transfer, as far as sizes are known."""
        return sum(item.size or 0 for item in self.items)


@dataclass(frozen=True)
class Fetched:
    """What is on disk afterwards. absent: URLs that the archive does not have."""

    files: tuple[Path, ...]
    new_bytes: int
    absent: tuple[str, ...]


def cost_usd(archive: Archive, order: Order) -> float:
    """What the transfer of an order costs the one who asks, at the archive's stated price."""
    requests = 2 * len(order.items) + 1
    price = order.bytes / 1e9 * archive.usd_per_gb
    return price + (requests * _USD_PER_REQUEST if archive.paid else 0.0)


def order_for(remote: Remote, files: Sequence[RemoteFile], folder: Path, retry: Retry) -> Order:
    """What is still to fetch. A paid archive is asked for sizes and listings, a free one is not."""
    record = read_record(folder)
    items: list[Item] = []
    here: list[str] = []
    absent: list[str] = []
    for file in files:
        if not file.is_folder and _is_here(folder, file.key, record):
            here.append(file.key)
            continue
        found = _sized(remote, file, retry)
        if not found:
            absent.append(file.url)
        for item in found:
            if _is_here(folder, item.file.key, record):
                here.append(item.file.key)
            else:
                items.append(item)
    return Order(tuple(items), tuple(here), tuple(absent))


def fetch(
    remote: Remote,
    order: Order,
    folder: Path,
    retry: Retry,
    now: Callable[[], datetime],
    progress: Progress | None = None,
) -> Fetched:
    """Get every file of an order. One that the archive lacks does not stop the others.

    progress hears (done, all) in thousandths of files.
    """
    files = [folder / name for name in order.here]
    absent = list(order.absent)
    new_bytes = 0
    for place, item in enumerate(order.items):
        target = folder / item.file.key
        stamp = utc_second_text(now())
        landed = _thousandths(progress, place, len(order.items))
        try:
            if target.exists():
                entry = _adopt(remote, item.file, target, retry, stamp)
            else:
                body = download(remote, item.file, target, retry, landed)
                entry = Entry(
                    item.file.url, body.bytes, body.sha256, body.checked, fetched_at=stamp
                )
        except AbsentError:
            absent.append(item.file.url)
            continue
        write_entry(folder, item.file.key, entry)
        files.append(target)
        new_bytes += entry.bytes
    return Fetched(tuple(sorted(files)), new_bytes, tuple(absent))


def _thousandths(progress: Progress | None, place: int, files: int) -> Landed:
    def landed(here: int, size: int) -> None:
        if progress is not None:
            progress(1000 * place + 1000 * here // max(1, size), 1000 * files)

    return landed


def _adopt(remote: Remote, file: RemoteFile, target: Path, retry: Retry, stamp: str) -> Entry:
    """A file that nobody recorded, or that changed: kept if it is the archive's, else refused."""
    digest, size = file_sha256(target), target.stat().st_size
    told = published_sha256(remote, file, retry)
    same = told == digest if told else size == retry.call(lambda: remote.head(file)).size
    if not same:
        raise InputError(
            f"{target.name} is here already but is not the archive's file ({size} bytes, SHA-256"
            f" {digest[:12]}...); nothing was overwritten. Move it away and fetch again"
        )
    return Entry(file.url, size, digest, told is not None, fetched_at=stamp)


def _sized(remote: Remote, file: RemoteFile, retry: Retry) -> list[Item]:
    if file.is_folder:
        return [Item(found, meta.size) for found, meta in retry.call(lambda: remote.listing(file))]
    if not file.archive.paid:
        return [Item(file)]
    try:
        return [Item(file, retry.call(lambda: remote.head(file)).size)]
    except AbsentError:
        return []


def _is_here(folder: Path, key: str, record: dict[str, Entry]) -> bool:
    """Whether the file is on disk with the size and bytes that its record says."""
    path, entry = folder / key, record.get(key)
    return (
        entry is not None
        and path.is_file()
        and path.stat().st_size == entry.bytes
        and file_sha256(path) == entry.sha256
    )
