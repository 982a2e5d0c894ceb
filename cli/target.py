"""The window and the markets that data are got for: a scenario's, or those of the options."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from crashsim.scenarios.models.scenario import Scenario


@dataclass(frozen=True)
class Target:
    """What to get data for. markets is empty where neither a scenario nor an option names any."""

    start: datetime
    end: datetime
    markets: tuple[str, ...]


def target(
    scenario: str | None, markets: Sequence[str], start: str | None, end: str | None
) -> Target:
    """The scenario's window and markets, with what the options say instead.

    Raises typer.BadParameter where the window is not known, InputError for a scenario that cannot
    be read.
    """
    first = None if start is None else typed_time(start, "--start")
    last = None if end is None else typed_time(end, "--end")
    if scenario is None:
        if first is None or last is None:
            raise typer.BadParameter("name a SCENARIO, or give --start and --end")
        return Target(first, last, tuple(markets))
    from crashsim.scenarios import load

    loaded = load(scenario)
    return Target(
        first or loaded.scenario.start,
        last or loaded.scenario.end,
        tuple(markets) or _markets_of(scenario, loaded),
    )


def _markets_of(name: str, scenario: "Scenario") -> tuple[str, ...]:
    from crashsim.data import read_tape
    from crashsim.scenarios.errors import InputError

    try:
        return read_tape(scenario).markets
    except InputError as error:
        what = f"the markets of {name} cannot be read from its prices"
        raise InputError(f"{what}; name them with --market\n{error}") from None


def typed_time(text: str, option: str) -> datetime:
    """A time as typed, UTC where it says no zone. Raises typer.BadParameter."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(
            f"{option} {text!r} is not a time such as 2025-10-10T20:00Z"
        ) from None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
