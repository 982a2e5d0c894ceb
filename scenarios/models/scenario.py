"""A scenario: which night, inputs and venue. Field names are the keys of `scenario.toml`."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

from crashsim.scenarios.instruments.market_names import VENUES
from crashsim.scenarios.models.generate import Anchors, FlowSample, Population
from crashsim.scenarios.models.rules import Rules
from crashsim.scenarios.models.sources import Sourced
from crashsim.scenarios.models.venue import Venue, python_function

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)
_DURATION = re.compile(r"(\d+)(ms|s|m|h)")
_UNIT_MS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000}


def duration_ms(text: str) -> int | None:
    """Milliseconds of a duration such as "500ms", "1s", "5m" or "1h"; None if it is not one."""
    match = _DURATION.fullmatch(text)
    return int(match[1]) * _UNIT_MS[match[2]] if match else None


def _written_time(value: object) -> object:
    if isinstance(value, date) and not isinstance(value, datetime):
        return datetime(value.year, value.month, value.day)  # noqa: DTZ001 - no zone is UTC
    if not isinstance(value, str):
        return value
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        return value  # the type check names what it found


def _utc_time(value: datetime) -> datetime:
    if value.microsecond % 1000:
        raise ValueError(f"times are whole milliseconds, found {value.isoformat()}")
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


UtcTime = Annotated[datetime, BeforeValidator(_written_time), AfterValidator(_utc_time)]


def _step(value: str) -> str:
    if value != "native" and not duration_ms(value):
        raise ValueError(
            f'found "{value}", expected "native" or a duration such as "1s", "500ms" or "1m"'
        )
    return value


def _spelling(value: str) -> str:
    house, _, part = value.partition("-")
    if house not in VENUES or part not in ("", "spot", "contracts"):
        raise ValueError(
            f'found "{value}", expected one of {", ".join(VENUES)}, also with -spot or -contracts '
            "behind it"
        )
    return value


class ScenarioHead(Rules):
    """`[scenario]`: name, window (inclusive, UTC), grid step, venue and seed."""

    name: str = Field(min_length=1)
    title: str = ""
    start: UtcTime
    end: UtcTime
    step: Annotated[str, AfterValidator(_step)] = "native"
    venue: str = Field(min_length=1)
    seed: int = Field(default=0, ge=0)
    names_of: Annotated[str, AfterValidator(_spelling)] | None = None  # of markets in files

    @field_validator("end")
    @classmethod
    def _not_before_start(cls, end: datetime, info: ValidationInfo) -> datetime:
        start = info.data.get("start", end)
        if end < start:
            raise ValueError(
                f"found {end.isoformat()}, expected a time not before start, {start.isoformat()}"
            )
        return end


# How the content of a file is known; where it is not said, what was fetched is recorded and any
# other file yours. A generator says so itself.
Provenance = Literal["recorded", "yours", "reconstructed", "assumed"]


_PRICE_SOURCE = re.compile(r"anchors|store:[^/]+(/(mark|last|index))?")


class PriceSource(Rules):
    """`[prices]`: a file, the local store, or the bundled reconstruction from anchors."""

    path: Path | None = None
    provenance: Provenance | None = None
    source: str | None = None  # "anchors", or a source of the local store: "store:binance"
    anchors: Anchors = Anchors()
    volume_path: Path | None = None
    price_kind: Literal["mark", "index", "last"] | None = None
    default_volume_usd: float | None = Field(default=None, ge=0)
    volume_scale: float = Field(default=1.0, ge=0)
    mark_smoothing_s: float = Field(default=0.0, ge=0)

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.path is None) == (self.source is None):
            found = "neither" if self.path is None else "both"
            raise ValueError(f'give exactly one of path and source = "anchors", found {found}')
        if self.source is not None and not _PRICE_SOURCE.fullmatch(self.source):
            raise ValueError(
                f'source: found "{self.source}", expected "anchors", or "store:NAME" with a source'
                ' of the local store (`crashsim data ls`), as "store:binance"'
            )
        return self


class BookSource(Rules):
    """`[book]`: a folder with accounts and positions, or a seeded population."""

    path: Path | None = None
    provenance: Provenance | None = None
    allow_implausible: bool | None = None
    generate: Population | None = None

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.path is None) == (self.generate is None):
            found = "neither" if self.path is None else "both"
            raise ValueError(f"give exactly one of path and [book.generate], found {found}")
        return self


class FlowSource(Rules):
    """`[flows]`: a file, or a seeded sample; none of them where nobody deposits or withdraws."""

    path: Path | None = None
    provenance: Provenance | None = None
    generate: FlowSample | None = None

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if self.path is not None and self.generate is not None:
            raise ValueError("give one of path and [flows.generate], found both")
        return self


class ScenarioFile(Sourced):
    """The tables of a `scenario.toml`."""

    scenario: ScenarioHead
    prices: PriceSource
    book: BookSource
    flows: FlowSource = FlowSource()


class Scenario(ScenarioFile):
    """A resolved scenario: all paths absolute, overrides applied, the venue loaded."""

    venue: Venue
    overlays: tuple[Path, ...] = ()  # --prices: laid over the scenario's own, market by market
    overlay_provenance: Provenance | None = None  # how the user says that they are known
    extra_book: tuple[Path, ...] = ()  # --with: accounts and positions added to the book

    def __repr__(self) -> str:
        """One line: fields and `facts` have the rest."""
        head = self.scenario
        window = f"{head.start:%Y-%m-%d %H:%M:%S} to {head.end:%Y-%m-%d %H:%M:%S} UTC"
        return f"Scenario {self.name} under {self.venue.name}: {window}, seed {self.seed}"

    __str__ = __repr__

    @property
    def name(self) -> str:
        """The scenario's name."""
        return self.scenario.name

    @property
    def seed(self) -> int:
        """Seed of everything random in the run."""
        return self.scenario.seed

    @property
    def start_ms(self) -> int:
        """First time of the window, UTC milliseconds."""
        return (self.scenario.start - _EPOCH) // _MS

    @property
    def end_ms(self) -> int:
        """Last time of the window (inclusive), UTC milliseconds."""
        return (self.scenario.end - _EPOCH) // _MS

    @property
    def step_ms(self) -> int | None:
        """Grid step in milliseconds; None for "native", the times of the price file."""
        return None if self.scenario.step == "native" else duration_ms(self.scenario.step)

    @property
    def fitted(self) -> Mapping[str, str]:
        """Metric -> the recorded figure that the scenario's values were chosen to come near.

        Empty where a value that bears on results is another one than the scenario's, and where
        prices or accounts were added: what comes out then was fitted to nothing.
        """
        facts = (*self.facts(), *self.venue.facts())
        others = {fact.key for fact in facts if not (fact.source or fact.assumption)}
        is_changed = bool(others - {"scenario.seed"} or self.overlays or self.extra_book)
        return {} if is_changed else self._fitted

    def resolved(self, markets: Sequence[str]) -> dict[str, object]:
        """The whole as JSON-safe tables under the files' own keys, for a run's manifest.

        markets: of the run; of the margin tables those that serve one of them are kept. Files are
        named without their folders: a manifest tells nobody where its author keeps them.
        """
        margin = self.venue.margin.serving(markets)
        venue = self.venue.model_copy(update={"margin": margin})
        whole = self.model_copy(update={"venue": venue})
        tables = whole.model_dump(by_alias=True, exclude_none=True)
        tables["scenario"]["venue"] = Path(self.scenario.venue).name
        for table, key in (("adl", "score"), ("loss", "rule")):
            if python_function(rule := tables["venue"][table][key]):
                tables["venue"][table][key] = Path(rule).name
        return {key: _json_safe(value) for key, value in tables.items()}

    def stated(self) -> dict[str, object]:
        """What was given, under the keys of the file; defaults are left out."""
        own = set(ScenarioFile.model_fields)
        return self.model_dump(by_alias=True, exclude_unset=True, include=own)


def _json_safe(value: object) -> object:
    if isinstance(value, dict):
        return {str(key): _json_safe(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_json_safe(item) for item in value]
    if isinstance(value, Path):
        return value.name
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return value
