"""What `crashsim doctor` looks at: everything that a replay needs of this computer."""

import os
import platform
import re
import shutil
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module, metadata
from pathlib import Path
from typing import Literal

import crashsim
from crashsim.data.store.store import Store, open_store
from crashsim.lab.computer import memory
from crashsim.lab.replay import RUNS
from crashsim.scenarios.errors import InputError

State = Literal["ok", "note", "problem"]

MIN_PYTHON = (3, 11)
MIN_FREE_DISK_MB = 200  # a run of oct11 takes 5 to 20
MIN_FREE_MEMORY_MB = 600  # a replay of oct11 takes about 250

# What each package is for, as its distribution, its module and its work.
_OF_A_REPLAY = (
    ("numpy", "numpy", "replay"),
    ("polars", "polars", "replay"),
    ("pyarrow", "pyarrow.parquet", "Parquet files"),
    ("pydantic", "pydantic", "scenarios and venues"),
    ("rich", "rich.table", "tables in the terminal"),
)
_OF_THE_REST = (
    ("jinja2", "jinja2", "crashsim report"),
    ("resvg-py", "resvg_py", "charts as PNG"),
    ("ccxt", "ccxt", "crashsim data pull"),
    ("obstore", "obstore", "crashsim data fetch"),
    ("lz4", "lz4.frame", "Hyperliquid archives"),
    ("msgspec", "msgspec", "JSON lines"),
    ("platformdirs", "platformdirs", "place of the store"),
)


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. A `problem` would break a replay; a `note` would not."""

    area: str
    state: State
    text: str


def examine(store: Path | None) -> list[Finding]:
    """Look at everything; nothing is changed, and no error escapes."""
    return [
        *_versions(),
        *_packages(_OF_A_REPLAY, "problem"),
        *_packages(_OF_THE_REST, "note"),
        *_bundled(),
        _test_replay(),
        *_store(open_store(store)),
        _disk("runs", RUNS.absolute()),
        _disk("store", open_store(store).root),
        _memory(),
        *_terminal(),
    ]


def _versions() -> Iterator[Finding]:
    python = platform.python_version()
    fits = sys.version_info >= MIN_PYTHON
    yield Finding("crashsim", "ok", f"{crashsim.__version__}, {os.cpu_count()} cores")
    wanted = "" if fits else f"; {MIN_PYTHON[0]}.{MIN_PYTHON[1]} or later is needed"
    yield Finding("python", "ok" if fits else "problem", f"{python} on {platform.system()}{wanted}")


def _packages(wanted: Sequence[tuple[str, str, str]], if_missing: State) -> Iterator[Finding]:
    floors = _floors()
    for name, module, purpose in wanted:
        try:
            import_module(module)
            found = metadata.version(name)
        except Exception as error:  # noqa: BLE001 - a broken package may raise anything
            yield Finding(name, if_missing, f"cannot be used ({error}); needed for {purpose}")
            continue
        floor = floors.get(name)
        if floor and _numbers(found) < _numbers(floor):
            text = f"{found} is too old for {purpose}; pip install '{name}>={floor}'"
            yield Finding(name, if_missing, text)
        else:
            yield Finding(name, "ok", f"{found} ({purpose})")


def _floors() -> dict[str, str]:
    """The oldest version of each package that will do; empty where crashsim is not installed."""
    try:
        wanted = metadata.requires("crashsim") or []
    except metadata.PackageNotFoundError:
        return {}
    found = (re.match(r"([\w.-]+).*?>=\s*([\d.]+)", requirement) for requirement in wanted)
    return {match[1].lower(): match[2] for match in found if match}


def _numbers(version: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", version)[:3]]


def _bundled() -> Iterator[Finding]:
    from crashsim import scenarios

    broken = []
    names = [found.name for found in scenarios.bundled_scenarios()]
    venues = [found.name for found in scenarios.bundled_venues()]
    for kind, listed in (("scenario", names), ("venue", venues)):
        load = scenarios.load if kind == "scenario" else scenarios.venue_sheet
        for name in listed:
            try:
                load(name)
            except InputError as error:
                broken.append(f"{kind} {name}: {error}")
    if broken or not names or not venues:
        text = "; ".join(broken) or "no scenarios or venues are installed"
        yield Finding("bundled data", "problem", f"{text}; install crashsim again")
    else:
        yield Finding("bundled data", "ok", f"scenarios {', '.join(names)}; {len(venues)} venues")


def _test_replay() -> Finding:
    from crashsim import data, engine, scenarios

    try:
        scenario = scenarios.load("toy")
        inputs = data.read_inputs(scenario)
        outcome = engine.replay(inputs.tape, inputs.book, inputs.flows, scenario.venue)
    except Exception as error:  # noqa: BLE001 - whatever breaks it is what the user came to see
        return Finding("test replay", "problem", f"toy failed: {type(error).__name__}: {error}")
    if not outcome.accounts["was_in_debt"].any():
        return Finding("test replay", "problem", "toy ran, and nobody was in debt: a wrong result")
    return Finding("test replay", "ok", "toy ran, money and sizes add up")


def _store(store: Store) -> Iterator[Finding]:
    from crashsim.lab.computer.store_coverage import coverage

    if not store.root.is_dir():
        yield Finding("store", "note", "empty: replays use the bundled reconstruction")
        return
    try:
        infos = store.datasets()
        covered = coverage(store)
    except InputError as error:
        yield Finding("store", "problem", f"{error}")
        return
    markets = {info.dataset.market for info in infos}
    rows = sum(info.rows for info in infos)
    yield Finding("store", "ok", f"{len(infos)} datasets, {len(markets)} markets, {rows:,} rows")
    for each in covered:
        yield Finding("store", "ok" if each.whole else "note", each.text)


def _disk(what: str, folder: Path) -> Finding:
    existing = next(place for place in (folder, *folder.parents) if place.exists())
    if not os.access(existing, os.W_OK):
        return Finding(f"disk ({what})", "problem", f"{_shown(existing)} cannot be written to")
    free_mb = shutil.disk_usage(existing).free / 1e6
    enough = free_mb >= MIN_FREE_DISK_MB
    wanted = "" if enough else f"; {MIN_FREE_DISK_MB} MB are needed"
    text = f"{free_mb / 1000:,.1f} GB free in {_shown(existing)}{wanted}"
    return Finding(f"disk ({what})", "ok" if enough else "problem", text)


def _shown(path: Path) -> str:
    home = Path.home()
    return str("~" / path.relative_to(home)) if path.is_relative_to(home) else str(path)


def _memory() -> Finding:
    free_mb = memory.available_mb()
    if free_mb is None:
        return Finding("memory", "note", "how much is free is not known on this system")
    enough = free_mb >= MIN_FREE_MEMORY_MB
    wanted = "" if enough else f"; a replay of oct11 needs {MIN_FREE_MEMORY_MB} MB"
    text = f"{free_mb / 1000:,.1f} GB free{wanted}"
    return Finding("memory", "ok" if enough else "problem", text)


def _terminal() -> Iterator[Finding]:
    encoding = sys.stdout.encoding or "ascii"
    try:
        "▁█–".encode(encoding)
    except UnicodeEncodeError:
        text = f"{encoding} cannot show the output; set PYTHONUTF8=1"
        yield Finding("terminal", "problem", text)
        return
    if not sys.stdout.isatty():
        yield Finding("terminal", "ok", f"output is not a terminal: plain text in {encoding}")
        return
    width = shutil.get_terminal_size().columns
    colour = "NO_COLOR is set" if os.environ.get("NO_COLOR") else "colours"
    state: State = "ok" if width >= 80 else "note"
    narrow = "" if width >= 80 else "; tables are made for 80"
    yield Finding("terminal", state, f"{width} columns{narrow}, {encoding}, {colour}")
