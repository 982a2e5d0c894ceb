"""A scenario with single numbers replaced, as `--set` would, without reading its files again."""

from collections.abc import Mapping
from typing import TypeVar

from crashsim.scenarios.files.documents import Document
from crashsim.scenarios.files.overrides import apply, parse_setting, setting_text
from crashsim.scenarios.files.problems import Problems
from crashsim.scenarios.models.scenario import Scenario, ScenarioFile
from crashsim.scenarios.models.sources import Sourced
from crashsim.scenarios.models.venue import Venue

Kind = TypeVar("Kind", bound=Sourced)


def with_numbers(scenario: Scenario, values: Mapping[str, float]) -> Scenario:
    """The scenario and its venue with these numbers, checked; values: dotted key -> number.

    Raises InputError where the rules of a key, or of several together, refuse them.
    """
    problems = Problems()
    own = {
        key: value for key, value in values.items() if _section(key) in ScenarioFile.model_fields
    }
    rest = {key: value for key, value in values.items() if key not in own}
    file = _replaced(ScenarioFile, scenario.stated(), own, problems)
    venue = _replaced(Venue, scenario.venue.stated(), rest, problems)
    problems.raise_any()
    assert file is not None and venue is not None
    changed = {name: getattr(file, name) for name in ScenarioFile.model_fields}
    return scenario.model_copy(update={**changed, "venue": venue})


def _section(key: str) -> str:
    return key.partition(".")[0]


def _replaced(
    model: type[Kind], stated: dict[str, object], values: Mapping[str, float], problems: Problems
) -> Kind | None:
    settings = [parse_setting(setting_text(key, value)) for key, value in values.items()]
    return problems.validated(model, apply(Document(model.__name__, stated), settings))
