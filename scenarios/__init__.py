"""Facts: scenarios, venues and their models.

    from crashsim import scenarios
    scenario = scenarios.load("oct11", overrides=scenarios.Overrides(venue="binance"))

The names below are imported when first used: `crashsim.scenarios.errors` must stay cheap, because
the command line loads it before it knows what it is asked for.
"""

from typing import TYPE_CHECKING

from crashsim.lazy import attach

if TYPE_CHECKING:
    from crashsim.scenarios.bundled import Listing as Listing
    from crashsim.scenarios.bundled import bundled_losses as bundled_losses
    from crashsim.scenarios.bundled import bundled_scenarios as bundled_scenarios
    from crashsim.scenarios.bundled import bundled_venues as bundled_venues
    from crashsim.scenarios.facts import FactSheet as FactSheet
    from crashsim.scenarios.facts import margin_sheet as margin_sheet
    from crashsim.scenarios.facts import scenario_sheet as scenario_sheet
    from crashsim.scenarios.facts import venue_sheet as venue_sheet
    from crashsim.scenarios.files.loading import load as load
    from crashsim.scenarios.files.loading import load_loss as load_loss
    from crashsim.scenarios.files.loading import load_venue as load_venue
    from crashsim.scenarios.files.overrides import Overrides as Overrides
    from crashsim.scenarios.files.starter import new_scenario as new_scenario
    from crashsim.scenarios.models.sources import Fact as Fact
else:
    __getattr__, __dir__, __all__ = attach(__name__, __file__)
