"""How much of the bundled nights the store holds."""

from dataclasses import dataclass

from crashsim import scenarios
from crashsim.data.store.datasets import DatasetInfo
from crashsim.data.store.store import Store
from crashsim.scenarios.models.scenario import Scenario

_PRICES = ("last", "mark")


@dataclass(frozen=True)
class Coverage:
    """How many markets of one source and kind reach over the whole window of a scenario."""

    source: str
    kind: str
    scenario: str
    covered: int
    markets: int

    @property
    def whole(self) -> bool:
        """Whether every market of the source does."""
        return self.covered == self.markets

    @property
    def text(self) -> str:
        """A line for people."""
        return (
            f"{self.source} {self.kind}: {self.covered} of {self.markets} markets reach over the "
            f"window of {self.scenario}"
        )


def coverage(store: Store) -> list[Coverage]:
    """What each source of prices has of each bundled window; gaps are `crashsim data check`'s."""
    kinds: dict[tuple[str, str], list[DatasetInfo]] = {}
    for info in store.datasets():
        if info.dataset.kind in _PRICES:
            kinds.setdefault((info.dataset.source, info.dataset.kind), []).append(info)
    windows = [scenarios.load(found.name) for found in scenarios.bundled_scenarios()]
    return [
        Coverage(
            source,
            kind,
            scenario.name,
            sum(_reaches(i, scenario) for i in infos),
            markets=len(infos),
        )
        for (source, kind), infos in sorted(kinds.items())
        for scenario in windows
        if any(_overlaps(info, scenario) for info in infos) and scenario.name != "toy"
    ]


def _overlaps(info: DatasetInfo, scenario: Scenario) -> bool:
    first, last = info.first_ms, info.last_ms
    if first is None or last is None:
        return False
    return first <= scenario.end_ms and last >= scenario.start_ms


def _reaches(info: DatasetInfo, scenario: Scenario) -> bool:
    """Whether the rows reach from before the window to its end; a bar counts to its close."""
    first, last = info.first_ms, info.last_ms
    width_ms = 1000 * (info.dataset.interval_s or 0)
    if first is None or last is None:
        return False
    return first <= scenario.start_ms and last + width_ms >= scenario.end_ms
