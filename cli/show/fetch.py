"""What `crashsim data fetch` prints: the archives, the files, the price, and what came."""

from collections.abc import Sequence
from pathlib import Path

from rich.text import Text

from crashsim.cli import output
from crashsim.cli.sheet import Sheet
from crashsim.data.fetch.archives import ARCHIVES, Archive
from crashsim.data.fetch.bundle import Fetched, Order
from crashsim.data.fetch.remote_files import RemoteFile
from crashsim.lab.figures import megabytes


def print_archives(*, as_json: bool) -> None:
    """Print the table of archives to stdout."""
    rows = [
        [
            archive.name,
            archive.what,
            f"market, {archive.every}" if archive.market else archive.every,
            f"{archive.usd_per_gb:.3f}" if archive.paid else "free",
        ]
        for archive in ARCHIVES.values()
    ]
    table = Sheet(["archive", "what", "one file per", "$ per GB"], rows, frozenset({3}))
    hint = (
        "Fetch one: crashsim data fetch ARCHIVE SCENARIO. Terms of each: --json, docs/pulling.md."
    )
    content = [_archive_json(archive) for archive in ARCHIVES.values()]
    shown = [table.rendered(), Text(f"\n{hint}", style="dim")]
    output.emit_result(content, shown, as_json=as_json)


def print_files(archive: Archive, files: Sequence[RemoteFile], *, as_json: bool) -> None:
    """Print the addresses of the files to stdout; asks nothing."""
    urls = [file.url for file in files]
    if as_json:
        return output.emit_json({"archive": archive.name, "urls": urls})
    output.emit("".join(f"{url}{'*' if url.endswith('/') else ''}\n" for url in urls))
    if archive.paid:
        output.note("sizes and price are asked for, and printed, before anything is downloaded")


def note_price(archive: Archive, order: Order, usd: float) -> None:
    """Print what a paid order costs, to stderr."""
    size = megabytes(order.bytes)
    output.note(
        f"{archive.name}: {len(order.items)} files, {size}, about ${usd:.2f} on your AWS bill "
        f"(${archive.usd_per_gb:.3f} per GB out of {archive.region}; free inside that region)"
    )


def print_fetched(archive: Archive, folder: Path, done: Fetched, *, as_json: bool) -> None:
    """Print what is in the folder now to stdout, and what the archive lacks to stderr."""
    if as_json:
        output.emit_json(_fetched_json(archive, folder, done))
    else:
        fresh = f"{megabytes(done.new_bytes)} new" if done.new_bytes else "nothing new"
        output.emit(f"{len(done.files)} files of {archive.name} in {folder} ({fresh})\n")
        output.emit(f"Terms: {archive.terms}.\n")
        if done.files:
            output.emit(f"Next: crashsim data import {folder}\n")
    for url in done.absent:
        output.note(f"{url} is not in the archive")


def _fetched_json(archive: Archive, folder: Path, done: Fetched) -> dict[str, object]:
    return {
        "archive": archive.name,
        "folder": str(folder),
        "files": [str(path.relative_to(folder)) for path in done.files],
        "new_bytes": done.new_bytes,
        "absent": list(done.absent),
        "terms": archive.terms,
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
