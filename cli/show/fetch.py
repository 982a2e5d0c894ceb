"""Runs a fetch and prints it: the list of archives, the files, the price, and what came."""

import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import typer
from rich.table import Table
from rich.text import Text

from crashsim.cli import exits, output
from crashsim.cli.progress import progress_bar
from crashsim.cli.target import Target
from crashsim.data.fetch.archives import ARCHIVES, Archive
from crashsim.data.fetch.bundle import Fetched, Order, cost_usd, fetch, order_for
from crashsim.data.fetch.remote import Endpoint, Remote
from crashsim.data.fetch.remote_files import RemoteFile, archive_named, files_for
from crashsim.data.retry import Retry
from crashsim.data.store.store import user_data_folder


@dataclass(frozen=True)
class Errand:
    """The files of an archive that a window needs, and the folder they go to."""

    archive: Archive
    files: tuple[RemoteFile, ...]
    folder: Path


@dataclass(frozen=True)
class Consent:
    """What the user agreed to pay: anything (`yes`), up to max_usd, or nothing."""

    yes: bool
    max_usd: float | None


def errand(name: str, wanted: Target, out: Path | None) -> Errand:
    """What to get. Raises InputError for an unknown archive or without markets where it needs them."""
    archive = archive_named(name)
    files = files_for(archive, wanted.markets, wanted.start, wanted.end)
    return Errand(archive, files, out or user_data_folder() / "archives" / name)


def print_archives(*, as_json: bool) -> None:
    """Print the table of archives to stdout."""
    if as_json:
        output.emit_json([_archive_json(archive) for archive in ARCHIVES.values()])
        return
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("archive", "what", "one file per", "$ per GB"):
        table.add_column(name, justify="right" if name == "$ per GB" else "left")
    for archive in ARCHIVES.values():
        period = f"market, {archive.every}" if archive.market else archive.every
        price = f"{archive.usd_per_gb:.3f}" if archive.paid else "free"
        table.add_row(archive.name, archive.what, period, price)
    hint = (
        "Fetch one: crashsim data fetch ARCHIVE SCENARIO. Terms of each: --json, docs/pulling.md."
    )
    output.emit_rendered(output.console(), table, Text(f"\n{hint}", style="dim"))


def print_files(errand: Errand, *, as_json: bool) -> None:
    """Print the addresses of the files to stdout; asks nothing."""
    urls = [file.url for file in errand.files]
    if as_json:
        output.emit_json({"archive": errand.archive.name, "urls": urls})
        return
    output.emit("".join(f"{url}{'*' if url.endswith('/') else ''}\n" for url in urls))
    if errand.archive.paid:
        _note("sizes and price are asked for, and printed, before anything is downloaded")


def run(errand: Errand, mirror: str | None, consent: Consent, *, as_json: bool) -> int:
    """Fetch, print, and give the exit code. Raises NetworkError, InputError, typer.BadParameter."""
    errand.folder.mkdir(parents=True, exist_ok=True)
    retry = Retry(report=_note)
    remote = Remote(errand.archive, Endpoint(mirror) if mirror else None)
    order = order_for(remote, errand.files, errand.folder, retry)
    _agree(errand.archive, order, consent)
    with progress_bar(f"fetching {errand.archive.name}") as progress:
        done = fetch(remote, order, errand.folder, retry, lambda: datetime.now(UTC), progress)
    if as_json:
        output.emit_json(_fetched_json(errand, done))
    else:
        _print_done(errand, done)
    for url in done.absent:
        _note(f"{url} is not in the archive")
    return exits.NETWORK if done.absent else 0


def _agree(archive: Archive, order: Order, consent: Consent) -> None:
    """Print the price of a paid order to stderr and stop where it was not agreed to."""
    if not archive.paid or not order.items:
        return
    usd = cost_usd(archive, order)
    _note(
        f"{archive.name}: {len(order.items)} files, {_size(order.bytes)}, about ${usd:.2f} on your AWS"
        f" bill (${archive.usd_per_gb:.3f} per GB out of {archive.region}; free inside that region)"
    )
    if consent.max_usd is not None and usd > consent.max_usd:
        raise typer.BadParameter(f"this costs more than --max-cost {consent.max_usd:g}")
    if not consent.yes and consent.max_usd is None:
        raise typer.BadParameter("nothing was downloaded: agree with --yes, or with --max-cost USD")


def _print_done(errand: Errand, done: Fetched) -> None:
    fresh = f"{_size(done.new_bytes)} new" if done.new_bytes else "nothing new"
    output.emit(f"{len(done.files)} files of {errand.archive.name} in {errand.folder} ({fresh})\n")
    output.emit(f"Terms: {errand.archive.terms}.\n")
    if done.files:
        output.emit(f"Next: crashsim data import {errand.folder}\n")


def _fetched_json(errand: Errand, done: Fetched) -> dict[str, object]:
    return {
        "archive": errand.archive.name,
        "folder": str(errand.folder),
        "files": [str(path.relative_to(errand.folder)) for path in done.files],
        "new_bytes": done.new_bytes,
        "absent": list(done.absent),
        "terms": errand.archive.terms,
    }


def _archive_json(archive: Archive) -> dict[str, object]:
    return {
        "name": archive.name,
        "what": archive.what,
        "where": f"{archive.base}/{archive.pattern}",
        "every": archive.every,
        "usd_per_gb": archive.usd_per_gb,
        "terms": archive.terms,
    }


def _size(count: int) -> str:
    return f"{count / 1e9:.2f} GB" if count >= 1e9 else f"{count / 1e6:.1f} MB"


def _note(line: str) -> None:
    print(line, file=sys.stderr)
