"""One draw replayed and measured, or why it could not be; nothing of it is kept but its figures."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import as_completed
from typing import TypeVar

from crashsim.engine.errors import ConservationError, PolicyError
from crashsim.engine.measure.metrics import Value
from crashsim.engine.replay import Progress
from crashsim.lab.computer.pool import process_pool
from crashsim.lab.replay import run
from crashsim.scenarios.errors import InputError
from crashsim.scenarios.files.replaced import with_numbers
from crashsim.scenarios.models.scenario import Scenario

Work = TypeVar("Work")
Found = TypeVar("Found")

# What a number within its range can lead to; anything else is a bug and ends the run.
FAILURES = (InputError, PolicyError, ConservationError)


def figures(asked: tuple[Scenario, int, Mapping[str, float]]) -> Mapping[str, Value] | str:
    """The metrics of a scenario with another seed and numbers; a sentence where it has none."""
    scenario, seed, values = asked
    try:
        return run(reseeded(with_numbers(scenario, values), seed)).metrics
    except FAILURES as error:
        return str(error)


def reseeded(scenario: Scenario, seed: int) -> Scenario:
    """The scenario with another seed."""
    head = scenario.scenario.model_copy(update={"seed": seed})
    return scenario.model_copy(update={"scenario": head})


def _nothing() -> None:
    """A worker begins with nothing: each item brings all that it needs."""


def all_of(
    work: Callable[[Work], Found],
    items: Sequence[Work],
    workers: int,
    progress: Progress | None = None,
) -> list[Found]:
    """`work(item)` of every item, in their order, whatever the number of processes.

    `progress(done, total)` is called after each. work: a function of a module, for processes.
    """
    told = progress or (lambda _done, _total: None)
    found: list[Found] = []
    if workers <= 1:
        for item in items:
            found.append(work(item))
            told(len(found), len(items))
        return found
    with process_pool(min(workers, len(items)), _nothing) as pool:
        futures = [pool.submit(work, item) for item in items]
        for done, _ in enumerate(as_completed(futures), start=1):
            told(done, len(items))
        return [future.result() for future in futures]
