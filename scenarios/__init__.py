"""Facts: scenarios, venues and their models.

    from crashsim import scenarios
    scenario = scenarios.load("oct11", overrides=scenarios.Overrides(venue="binance"))

The names below are imported when first used: `crashsim.scenarios.errors` must stay cheap, because
the command line loads it before it knows what it is asked for.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from crashsim.scenarios.bundled import (
        Listing,
        bundled_losses,
        bundled_scenarios,
        bundled_venues,
    )
    from crashsim.scenarios.facts import FactSheet, scenario_sheet, venue_sheet
    from crashsim.scenarios.files.loading import load, load_loss, load_venue
    from crashsim.scenarios.files.overrides import Overrides
    from crashsim.scenarios.files.starter import new_scenario
    from crashsim.scenarios.models.sources import Fact

__all__ = [
    "Fact",
    "FactSheet",
    "Listing",
    "Overrides",
    "bundled_losses",
    "bundled_scenarios",
    "bundled_venues",
    "load",
    "load_loss",
    "load_venue",
    "new_scenario",
    "scenario_sheet",
    "venue_sheet",
]

_HOMES = {
    "Fact": "models.sources",
    "FactSheet": "facts",
    "Listing": "bundled",
    "Overrides": "files.overrides",
    "bundled_losses": "bundled",
    "bundled_scenarios": "bundled",
    "bundled_venues": "bundled",
    "load": "files.loading",
    "load_loss": "files.loading",
    "load_venue": "files.loading",
    "new_scenario": "files.starter",
    "scenario_sheet": "facts",
    "venue_sheet": "facts",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
