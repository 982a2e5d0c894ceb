"""The runs under `runs/`, one entry each."""

from typing import Any

from crashsim.lab.folders import run_folder
from crashsim.lab.folders.run_folder import RunFolder
from crashsim.lab.folders.run_names import run_paths
from crashsim.scenarios.errors import InputError

MAIN_METRICS = ("liquidated_notional_usd", "adl_notional_usd", "debt_peak_usd")


def entries() -> list[dict[str, Any]]:
    """Name, scenario, venue, accounts, start and metrics of each run; `broken` where unreadable."""
    found = []
    for path in run_paths():
        try:
            found.append(_entry(run_folder.read(path)))
        except InputError as error:
            found.append({"run": path.name, "broken": str(error)})
    return found


def _entry(folder: RunFolder) -> dict[str, Any]:
    manifest = folder.manifest
    return {
        "run": folder.path.name,
        "scenario": manifest.scenario.scenario.name,
        "venue": manifest.venue.name,
        "accounts": manifest.window.accounts,
        "started_at": folder.started_at,
        **{name: folder.summary[name]["value"] for name in MAIN_METRICS},
    }
