"""A scenario: which night, which inputs, which venue. Field names are the keys of `scenario.toml`."""

from datetime import datetime
from pathlib import Path

from pydantic import Field

from crashsim.scenarios.generate import Anchors, FlowSample, Population
from crashsim.scenarios.venue import Rules, Venue


class ScenarioHead(Rules):
    """`[scenario]`: name, window (inclusive, UTC), grid step, venue and seed."""

    name: str = Field(min_length=1)
    title: str = ""
    start: datetime
    end: datetime
    step: str = "native"
    venue: str
    seed: int = Field(default=0, ge=0)


class PriceSource(Rules):
    """`[prices]`: a file, or the bundled reconstruction from anchors."""

    path: Path | None = None
    source: str | None = None
    anchors: Anchors = Anchors()
    volume_path: Path | None = None
    price_kind: str | None = None
    default_volume_usd: float | None = Field(default=None, ge=0)
    volume_scale: float = Field(default=1.0, ge=0)
    mark_smoothing_s: float = Field(default=0.0, ge=0)


class BookSource(Rules):
    """`[book]`: a folder with accounts and positions, or a seeded population."""

    path: Path | None = None
    generate: Population | None = None


class FlowSource(Rules):
    """`[flows]`: a file, or a seeded sample."""

    path: Path | None = None
    generate: FlowSample | None = None


class Scenario(Rules):
    """A resolved scenario: all paths absolute, overrides applied, the venue loaded."""

    scenario: ScenarioHead
    prices: PriceSource
    book: BookSource
    flows: FlowSource = FlowSource()
    venue: Venue
    overlays: tuple[Path, ...] = ()  # --prices: laid over the scenario's own, market by market
    extra_book: tuple[Path, ...] = ()  # --with: accounts and positions added to the book
