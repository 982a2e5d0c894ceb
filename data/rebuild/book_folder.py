"""A rebuilt book as a folder that a replay takes."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path

from crashsim.data.loaders.reading.packed.parts import parts_of
from crashsim.data.rebuild.record import Record
from crashsim.data.rebuild.venue_book import VenueBook
from crashsim.data.store.datasets import file_sha256
from crashsim.scenarios.bundled import venue_files
from crashsim.scenarios.errors import InputError
from crashsim.scenarios.files.beside import beside
from crashsim.scenarios.models.margin_tables import TierTable


def write_book(book: VenueBook, out: Path, record: Record, at_ms: int, inputs: list[Path]) -> None:
    """Write accounts, positions, flows (Parquet), venue.toml and book.json; all or nothing.

    venue.toml: the bundled venue with the maintenance rates of the day. Raises InputError where the
    folder is there already and not empty.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise InputError(f"--out {out}: is there already and not empty; name a new folder")
    out.parent.mkdir(parents=True, exist_ok=True)
    with beside(out) as folder:
        folder.mkdir()
        book.accounts.write_parquet(folder / "accounts.parquet")
        book.positions.write_parquet(folder / "positions.parquet")
        book.flows.write_parquet(folder / "flows.parquet")
        (folder / "venue.toml").write_text(_venue(book, record), encoding="utf-8")
        known = {
            "at_ms": at_ms,
            "snapshot_ms": record.snapshot_ms,
            "accounts": book.accounts.height,
            "positions": book.positions.height,
            "flows": book.flows.height,
            "notes": list(book.notes),
            "inputs": [_input(part) for path in inputs for part in parts_of(path)],
        }
        (folder / "book.json").write_text(json.dumps(known, indent=1) + "\n", encoding="utf-8")


def _input(path: Path) -> dict[str, str]:
    return {"file": path.name, "sha256": file_sha256(path)}


def _venue(book: VenueBook, record: Record) -> str:
    """The bundled file, its tables of the markets that the snapshot knows replaced."""
    text = venue_files()["hyperliquid"].read_text(encoding="utf-8")
    for market in book.tables.own:
        own = rf"\[margin\.markets\.\"?{re.escape(market)}\"?\]\n(?:(?!\[).+\n)*\n?"
        text = re.sub(own, "", text)
    at = datetime.fromtimestamp(record.snapshot_ms / 1000, UTC)
    return text + "".join(_table(*each, at) for each in book.tables.own.items())


def _table(market: str, table: TierTable, at: datetime) -> str:
    tiers = ", ".join(f"{{from = {tier.from_:.0f}, rate = {tier.rate!r}}}" for tier in table.tiers)
    return (
        f'\n[margin.markets."{market}"]\nkind = "tiers"\ntiers = [{tiers}]\n'
        f'\n[facts."margin.markets.{market}"]\nunit = "USD (from), fraction of notional (rate)"\n'
        f"since = {at:%Y-%m-%d}\n"
        f'source = "liquidation prices of the snapshot of {at:%H:%M:%S} UTC"\n'
    )
