"""This tree against an older commit, in one run: CPU seconds as ratios, peak memory, same bytes.

    python -m benchmarks.against [--old COMMIT] [--what tables|metrics] [--rounds N] [NIGHT ...]

Both trees replay the same inputs, turn by turn, each in a process of its own; the least of the
rounds counts, since other work on the machine can only add to it.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.nights import NIGHTS, SMALL

ROOT = Path(__file__).parent.parent
# The sum of adl_capacity is taken in another order since, so its last digits differ.
KNOWN = {"adl_capacity.capacity_usd"}


def _tree(commit: str, folder: Path) -> Path:
    packed = subprocess.run(
        ["git", "archive", commit], cwd=ROOT, check=True, capture_output=True
    ).stdout
    subprocess.run(["tar", "-x", "-C", folder], input=packed, check=True)
    return folder


def _run(tree: Path, *arguments: str) -> str:
    """Run `benchmarks.one_night` of this tree on the engine of that one."""
    script = (
        "import runpy, sys; sys.path[:0] = [sys.argv[1]]; import crashsim; "
        "sys.path[0] = sys.argv[2]; sys.argv[1:] = sys.argv[3:]; "
        "runpy.run_module('benchmarks.one_night', run_name='__main__')"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", script, str(tree), str(ROOT), *arguments],
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
        cwd=tempfile.gettempdir(),
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    )
    return done.stdout


def _measure(trees: list[Path], name: str, what: str, rounds: int) -> list[dict[str, Any]]:
    """What each tree needed for one night; small nights are taken in turns."""
    oct11, turns = str(trees[0] / "oct11.pickle"), 2 if name in SMALL else 1
    found = [
        [json.loads(_run(tree, name, what, str(rounds), oct11)) for tree in trees]
        for _ in range(turns)
    ]
    return [
        min((turn[place] for turn in found), key=lambda one: float(one["cpu_s"]))
        for place in range(len(trees))
    ]


def _differing(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """Columns that both have with other bytes."""
    pairs = ((table, old[table], new[table]) for table in old.keys() & new.keys())
    found = {
        f"{table}.{column}"
        for table, left, right in pairs
        for column in left.keys() & right.keys()
        if left[column] != right[column]
    }
    return sorted(found - KNOWN)


def _row(name: str, old: dict[str, Any], new: dict[str, Any]) -> str:
    differing = _differing(old["digests"], new["digests"])
    return (
        f"{name:28}{old['cpu_s']:9.2f}{new['cpu_s']:9.2f}{new['cpu_s'] / old['cpu_s']:8.2f}"
        f"{old['peak_mb']:9.0f}{new['peak_mb']:9.0f}{new['rows']['adl_fills']:10,}"
        f"{new['rows']['liquidations']:10,}{new['rows']['adl_capacity']:10,}  "
        + (", ".join(differing) if differing else "same bytes")
    )


def main() -> None:
    """Measure the nights asked for, the small ones unless said otherwise."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--old", default="33436bf")
    options.add_argument("--what", choices=("tables", "metrics"), default="tables")
    options.add_argument("--rounds", type=int, default=2)
    options.add_argument("nights", nargs="*", default=SMALL, metavar="NIGHT")
    asked = options.parse_args()
    nights = list(NIGHTS) if asked.nights == ["all"] else asked.nights
    print(f"{'CPU seconds with ' + asked.what:28}{asked.old[:8]:>9}{'now':>9}{'ratio':>8}", end="")
    print(f"{'MB':>9}{'now':>9}{'fills':>10}{'closings':>10}{'rankings':>10}")
    with tempfile.TemporaryDirectory() as folder:
        old = _tree(asked.old, Path(folder))
        if "oct11" in nights:
            _run(old, "keep", str(old / "oct11.pickle"))
        for name in nights:
            found = _measure([old, ROOT], name, asked.what, asked.rounds)
            print(_row(name, *found), flush=True)


if __name__ == "__main__":
    main()
