"""The crashes that are measured: the bundled night with fewer or more accounts."""

from functools import cache
from typing import Literal

from crashsim import data, engine, scenarios
from crashsim.data import Inputs
from crashsim.engine import Outcome
from crashsim.scenarios import Overrides
from crashsim.scenarios.models.scenario import Scenario


@cache
def oct11(accounts: int) -> tuple[Scenario, Inputs]:
    """The night with this many synthetic accounts, read once."""
    changed = Overrides(set=(f"book.generate.accounts={accounts}",))
    scenario = scenarios.load("oct11", overrides=changed)
    return scenario, data.read_inputs(scenario)


def replay(accounts: int, search: Literal["pruned", "dense"] = "pruned") -> Outcome:
    """Replay it, without reading."""
    scenario, inputs = oct11(accounts)
    return engine.replay(
        inputs.tape,
        inputs.book,
        inputs.flows,
        scenario.venue,
        seed=scenario.seed,
        search=search,
    )
