"""A reconstructed tape against recorded bars: as it is, or with each market left out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
import polars as pl

from crashsim.data.clock import utc_text
from crashsim.data.schema import Tape
from crashsim.data.synthetic.anchors import MarketAnchors
from crashsim.data.synthetic.reconstruct import Published, read_published, tape_through
from crashsim.data.tape.grid import Floats, Ints, fixed_grid
from crashsim.lab.price_check.price_errors import by_market, by_minute, errors_by_bar, over_all
from crashsim.lab.price_check.price_fit import fitted, slopes, stepped
from crashsim.lab.price_check.tape_bars import (
    RecordedBars,
    bars_of_path,
    read_recorded,
    within,
)
from crashsim.scenarios.errors import InputError
from crashsim.scenarios.models.generate import Anchors
from crashsim.scenarios.models.scenario import Scenario

_AROUND_MS = 600_000
_STEP_MS = 1_000  # that of the path, whatever the scenario reads off
Kind = Literal["last", "mark"]
Progress = Callable[[int, int], None]
FITTED = ("fall_power", "factor_noise", "thinning")


@dataclass(frozen=True)
class Asked:
    """What to hold a tape against. first_ms, end_ms: UTC; None for ten minutes around the low."""

    against: Sequence[Path]
    kind: Kind = "last"
    leave_one_out: bool = False
    first_ms: int | None = None
    end_ms: int | None = None


@dataclass(frozen=True)
class PriceCheck:
    """What was found.

    bars: one row a recorded bar, by market and time; the other tables and `total` sum it up.
    stated: the scenario's values of FITTED; fit: what all bars would choose; used: with
    leave_one_out, what the bars and anchors of the others chose, by market.
    """

    kind: Kind
    leave_one_out: bool
    first_ms: int
    end_ms: int
    bars: pl.DataFrame
    markets: pl.DataFrame
    minutes: pl.DataFrame
    total: dict[str, float | None]
    stated: dict[str, float]
    fit: dict[str, float]
    used: dict[str, dict[str, float]]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Night:
    """A scenario's reconstruction."""

    published: Published
    anchors: Anchors
    time_ms: Ints
    seed: int

    def tape(self, anchors: Anchors | None = None, without: str | None = None) -> Tape:
        """The tape; without: the market that is known by the hour alone."""
        return tape_through(
            replace(self.published, markets=self.markets(without)),
            anchors or self.anchors,
            self.time_ms,
            self.seed,
        )

    def markets(self, without: str | None = None) -> tuple[MarketAnchors, ...]:
        """The anchors, of the market left out by the hour alone."""
        markets = self.published.markets
        return tuple(each.by_the_hour() if each.market == without else each for each in markets)


def check_prices(scenario: Scenario, asked: Asked, progress: Progress | None = None) -> PriceCheck:
    """Hold the tape of a scenario that is reconstructed from anchors against recorded bars.

    Raises InputError for any other scenario, and for files without bars of its markets.
    """
    night = _night(scenario, asked.kind)
    tape = night.tape()
    recorded = _recorded(scenario, tape, asked)
    first_ms, end_ms = _window(tape, asked)
    recorded = within(recorded, first_ms, end_ms)
    if recorded.bars.is_empty():
        window = f"{utc_text(first_ms)} to {utc_text(end_ms)}"
        raise InputError(f"no bar of a market that moved lies in {window}: change --start or --end")
    plain = _compared(night, tape, recorded.bars, asked.kind)
    further = _compared(night, night.tape(stepped(night.anchors)), recorded.bars, asked.kind)
    found = slopes(plain, further)
    fit = fitted(night.anchors, night.markets(), found)
    used: dict[str, dict[str, float]] = {}
    if asked.leave_one_out:
        parts = []
        for done, market in enumerate(recorded.markets):
            settings = fitted(night.anchors, night.markets(market), found, market)
            used[market] = _values(settings)
            own = recorded.bars.filter(pl.col("market") == market)
            rebuilt = night.tape(settings, market)
            parts.append(_compared(night, rebuilt, own, asked.kind, by_the_hour=True))
            if progress:
                progress(done + 1, len(recorded.markets))
        plain = pl.concat(parts)
    markets = by_market(plain)
    return PriceCheck(
        kind=asked.kind,
        leave_one_out=asked.leave_one_out,
        first_ms=first_ms,
        end_ms=end_ms,
        bars=plain,
        markets=markets,
        minutes=by_minute(plain),
        total=over_all(markets),
        stated=_values(night.anchors),
        fit=_values(fit),
        used=used,
        notes=recorded.notes,
    )


def _values(anchors: Anchors) -> dict[str, float]:
    return {name: float(getattr(anchors, name)) for name in FITTED}


def _night(scenario: Scenario, kind: Kind) -> _Night:
    prices = scenario.prices
    if prices.source != "anchors":
        raise InputError(
            f"{scenario.name}: its prices are not reconstructed, so there is nothing to check; "
            'expected prices.source = "anchors"'
        )
    anchors = prices.anchors
    if prices.price_kind in ("index", "last"):
        anchors = anchors.model_copy(update={"mark_path": None})
    if kind == "mark" and anchors.mark_path is None:
        raise InputError(f"{scenario.name}: has no marks beside its prices, expected --kind last")
    grid = fixed_grid(scenario.start_ms, scenario.end_ms, _STEP_MS)
    return _Night(read_published(anchors), anchors, grid.time_ms, scenario.seed)


def _recorded(scenario: Scenario, tape: Tape, asked: Asked) -> RecordedBars:
    """The recorded bars that lie whole in the scenario's window."""
    recorded = read_recorded(asked.against, tape.markets)
    end = pl.col("time_ms") + pl.col("length_ms")
    whole = (pl.col("time_ms") >= scenario.start_ms) & (end <= scenario.end_ms)
    return replace(recorded, bars=recorded.bars.filter(whole))


def _window(tape: Tape, asked: Asked) -> tuple[int, int]:
    """The window asked for, else the ten minutes before and after the median low's ten."""
    prices = tape.mark if tape.last is None else tape.last
    low_ms = int(np.median(tape.time_ms[np.argmin(prices, axis=0)]))
    middle_ms = low_ms // _AROUND_MS * _AROUND_MS
    first_ms = middle_ms - _AROUND_MS if asked.first_ms is None else asked.first_ms
    end_ms = middle_ms + _AROUND_MS if asked.end_ms is None else asked.end_ms
    return first_ms, end_ms


def _compared(
    night: _Night, tape: Tape, bars: pl.DataFrame, kind: Kind, *, by_the_hour: bool = False
) -> pl.DataFrame:
    """The errors of these bars' markets, by market and time."""
    facts_of = {facts.market: facts for facts in night.published.markets}
    parts = []
    for (market,), own in bars.group_by("market", maintain_order=True):
        column, facts = tape.markets.index(str(market)), facts_of[str(market)]
        price = (tape.mark if kind == "mark" or tape.last is None else tape.last)[:, column]
        hourly = by_the_hour or kind == "mark"
        line = _line(price, tape.time_ms, facts.by_the_hour() if hourly else facts)
        window = night.published.volumes[facts.market]
        seconds = (window.end_ms - window.start_ms) / 1000
        steps_s = np.diff(tape.time_ms, prepend=tape.time_ms[:1]) / 1000
        parts.append(
            errors_by_bar(
                own,
                bars_of_path(price, tape.volume_usd[:, column], tape.time_ms, own),
                bars_of_path(line, steps_s * window.volume_usd / seconds, tape.time_ms, own),
            )
        )
    return pl.concat(parts)


def _line(price: Floats, time_ms: Ints, facts: MarketAnchors) -> Floats:
    """Straight lines in log price between a path's values at anchors and at its low, (T,)."""
    known = np.isin(time_ms, facts.time_ms)
    known[[0, -1, int(np.argmin(price))]] = True
    return np.asarray(np.exp(np.interp(time_ms, time_ms[known], np.log(price[known]))))
