"""Every choice of a venue, sharing rule and metric is reached by a case worked by hand.

cases.toml names them. A case proves itself: it passes, and it fails once the choice is another one
(`plugin.py`), so a name that is wrong, or a case that does not turn on the choice, is found out.
"""

import json
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.choices.plugin import LEFT, LISTED, listed, wanted

ROOT = Path(__file__).parents[2]


def unproved(cases: Iterable[str], left: Path, listing: Path | None = None) -> list[str]:
    """Run the cases with the plugin; what they do not tell apart."""
    plugin = ("-p", "tests.choices.plugin", "-p", "no:cacheprovider", "-p", "no:xdist")
    command = [sys.executable, "-m", "pytest", "-q", *plugin, *dict.fromkeys(cases)]
    environment = {"PATH": "", "PYTHONPATH": str(ROOT), LEFT: str(left)}
    if listing:
        environment[LISTED] = str(listing)
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False, env=environment
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    found: list[str] = json.loads(left.read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize("table", ["venue", "sharing", "metrics"])
def test_every_choice_has_a_case(table: str) -> None:
    have, want = listed()[table].keys(), wanted()[table].keys()
    assert sorted(want - have) == [], f"add a case worked by hand, and name it in {table}"
    assert sorted(have - want) == [], "no such choice is left"


def test_each_case_fails_once_its_choice_is_another(tmp_path: Path) -> None:
    cases = [case for names in listed().values() for found in names.values() for case in found]
    assert unproved(cases, tmp_path / "left") == []


def test_a_case_that_does_not_turn_on_its_choice_is_found_out(tmp_path: Path) -> None:
    case = (
        "tests/engine/test_matrix_adl.py::test_without_adl_the_bankrupt_stays_under_water[engine]"
    )
    metric = "tests/engine/test_metrics.py::test_debts_are_counted_at_the_end_and_at_their_peak"
    listing = tmp_path / "cases.toml"
    listing.write_text(
        f'[venue]\n"adl.lot" = ["{case}"]\n"adl.enabled = False" = ["{case}"]\n'
        f'[sharing]\nqueue = ["{case}"]\n'
        f'[metrics]\nshared_usd = ["{metric}"]\ndebt_usd = ["{metric}"]\n',
        encoding="utf-8",
    )
    assert unproved([case, metric], tmp_path / "left", listing) == [
        "adl.lot: no case of it fails with None",
        "queue: no case of it fails with pro_rata",
        "shared_usd: no case of it fails with another value",
    ]
